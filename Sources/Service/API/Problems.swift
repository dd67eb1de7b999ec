import HTTP
import ImportModel
import Postgres
import Spool
import Validation

/// The one table from errors to answers: contract, section 2.
enum Problems {
  static func unknownImport(_ id: String) -> Problem {
    Problem(
      status: 404, code: "not_found", title: "Not found", detail: "there is no import \(id)")
  }

  static func badOption(_ name: String, _ detail: String, hint: String? = nil) -> Problem {
    Problem(
      status: 422, code: "bad_option", title: "Bad option", detail: "`\(name)` \(detail)",
      hint: hint)
  }

  static func notYet(option name: String, hint: String? = nil) -> Problem {
    badOption(
      name, "is part of the contract, but not there yet in this version",
      hint: hint ?? "leave it out")
  }

  static func notYet(_ what: String) -> Problem {
    Problem(
      status: 501, code: "not_implemented", title: "Not there yet",
      detail: "\(what) is part of the contract, but not there yet in this version")
  }

  static func unsupportedFormat(_ type: String) -> Problem {
    Problem(
      status: 415, code: "unsupported_format", title: "Unsupported format",
      detail: "a body of type \(type) cannot be imported in this version",
      hint: "send text/csv, application/octet-stream with CSV in it, or multipart/form-data")
  }

  static func unknownTarget(_ name: String) -> Problem {
    Problem(
      status: 422, code: "unknown_target", title: "Unknown target",
      detail: "there is no table \(name) that may be imported into",
      hint: "GET /targets lists those that may")
  }

  static func unusableTarget(_ error: TargetError) -> Problem {
    Problem(
      status: 422, code: "unknown_target", title: "Unknown target", detail: error.message,
      hint: "GET /targets lists the tables that may be imported into")
  }

  static let keyReused = Problem(
    status: 422, code: "idempotency_key_reused", title: "Idempotency key reused",
    detail: "this Idempotency-Key was used for another request",
    hint: "send the same file and options as then, or another key")

  static let queueFull = Problem(
    status: 429, code: "queue_full", title: "Queue full",
    detail: "as many imports wait as may wait", hint: "try again later",
    headers: [("Retry-After", "10")])

  static let databaseUnavailable = Problem(
    status: 503, code: "database_unavailable", title: "Database unavailable",
    detail: "the database cannot be reached now", hint: "try again later",
    headers: [("Retry-After", "5")])

  /// The answer to whatever a handler has thrown; nil where it is an error of the program.
  static func problem(for error: any Error) -> Problem? {
    switch error {
    case let problem as Problem: problem
    case let failure as ImportFailure: problem(for: failure)
    case let error as SpoolError: problem(for: error)
    case let error as HTTPBodyError: problem(for: error)
    case let error as PostgresError
    where error.isConnectionLoss || [.poolTimeout, .timeout, .cancelled].contains(error.code):
      databaseUnavailable
    default: nil
    }
  }

  private static func problem(for failure: ImportFailure) -> Problem? {
    let (status, code, title) =
      switch failure.code {
      case .unknownColumn: (422, "unknown_column", "Unknown column")
      case .missingColumn: (422, "unknown_column", "Missing column")
      case .noKey: (422, "no_key", "No key")
      case .unknownTarget: (422, "unknown_target", "Unknown target")
      case .unreadableFile: (415, "unsupported_format", "Unreadable file")
      case .tooManyRejects, .constraint, .database, .spool, .attemptsExhausted, .notConserved,
        .internal:
        (500, "internal", "Internal error")
      }
    guard status != 500 else { return nil }
    return Problem(
      status: status, code: code, title: title, detail: failure.message, hint: failure.hint)
  }

  private static func problem(for error: SpoolError) -> Problem? {
    switch error.code {
    case .tooLarge:
      .tooLarge("the file is larger than this server takes")
    case .noSpace:
      Problem(
        status: 507, code: "no_space", title: "No space",
        detail: "there is no room for the file on the server's disk now",
        hint: "try again later", headers: [("Retry-After", "60")])
    default: nil
    }
  }

  private static func problem(for error: HTTPBodyError) -> Problem? {
    error == .tooLarge ? .tooLarge("the file is larger than this server takes") : nil
  }
}
