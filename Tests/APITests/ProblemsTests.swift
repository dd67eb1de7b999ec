import HTTP
import ImportModel
import Testing

@testable import API

@Suite("Errors and their answers")
struct ProblemsTests {
  static let failures: [(ImportFailure.Code, Int, String)] = [
    (.unknownColumn, 422, "unknown_column"), (.missingColumn, 422, "unknown_column"),
    (.noKey, 422, "no_key"), (.unknownTarget, 422, "unknown_target"),
    (.unreadableFile, 415, "unsupported_format"),
  ]

  @Test("what the caller can mend is told with its code, detail and hint", arguments: failures)
  func failure(code: ImportFailure.Code, status: Int, name: String) throws {
    let failure = ImportFailure(code, "what", hint: "how")
    let problem = try #require(Problems.problem(for: failure))
    #expect(problem.status == status)
    #expect(problem.code == name)
    #expect(problem.detail == "what")
    #expect(problem.hint == "how")
  }

  @Test(
    "what the caller cannot mend stays inside",
    arguments: [ImportFailure.Code.internal, .database, .notConserved, .spool])
  func inside(code: ImportFailure.Code) {
    #expect(Problems.problem(for: ImportFailure(code, "SELECT secret")) == nil)
  }

  @Test("a problem answers for itself; an unknown error has no answer of its own")
  func others() throws {
    struct Strange: Error {}
    #expect(Problems.problem(for: Strange()) == nil)
    #expect(Problems.problem(for: Problems.queueFull)?.code == "queue_full")
  }

  @Test("answers that ask to come again say when")
  func retryAfter() {
    for problem in [Problems.queueFull, Problems.databaseUnavailable, Problems.databaseIsShort] {
      #expect(problem.headers.contains { $0.0 == "Retry-After" && Int($0.1) != nil })
    }
    #expect(Problems.queueFull.status == 429)
    #expect(Problems.databaseUnavailable.status == 503)
    #expect(Problems.databaseUnavailable.code == "database_unavailable")
  }

  @Test("the title is the status code's phrase, and so the same for each answer of a code")
  func titles() throws {
    let conflict = Problem(status: 409, code: "x", detail: "d")
    #expect(conflict.title == "Conflict")
    #expect(Problems.unknownImport("x").title == Problem.notFound("y").title)
    #expect(Problems.badOption("a", "b").title == "Unprocessable Content")
    for code in [ImportFailure.Code.unknownColumn, .missingColumn, .noKey] {
      let problem = try #require(Problems.problem(for: ImportFailure(code, "what")))
      #expect(problem.title == "Unprocessable Content")
    }
  }

  @Test("long words of a caller, or long lists of a file's columns, are cut")
  func lengths() throws {
    let long = String(repeating: "a", count: 10_000)
    let failure = ImportFailure(.unknownColumn, long, hint: long)
    let problem = try #require(Problems.problem(for: failure))
    #expect(problem.detail.utf8.count < 2100)
    #expect((problem.hint ?? "").utf8.count < 2100)
    #expect(Problems.unknownTarget(long).detail.utf8.count < 300)
    #expect(Problems.unknownImport(long).detail.utf8.count < 300)
    #expect(Problems.unsupportedFormat(long).detail.utf8.count < 300)
  }

  @Test("the others have the status and code of the contract")
  func table() {
    let all: [(Problem, Int, String)] = [
      (Problems.unknownImport("x"), 404, "not_found"),
      (Problems.unknownTarget("a.b"), 422, "unknown_target"),
      (Problems.keyReused, 422, "idempotency_key_reused"),
      (Problems.unsupportedFormat("x/y"), 415, "unsupported_format"),
      (Problems.badOption("o", "is bad"), 422, "bad_option"),
      (Problems.lengthRequired, 411, "length_required"),
    ]
    for (problem, status, code) in all {
      #expect(problem.status == status)
      #expect(problem.code == code)
    }
  }
}
