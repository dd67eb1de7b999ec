import HTTP
import ImportModel
import Postgres
import Spool
import Validation

/// The one table from errors to answers: contract, section 2.
enum Problems {
  static func unknownImport(_ id: String) -> Problem {
    Problem(
      status: 404, code: "not_found", detail: "there is no import \(shown(id))")
  }

  static func badOption(_ name: String, _ detail: String, hint: String? = nil) -> Problem {
    Problem(
      status: 422, code: "bad_option", detail: "`\(shown(name))` \(detail)", hint: hint)
  }

  static func zero(_ name: String) -> Problem {
    badOption(name, "holds a zero character (U+0000), which no text in Postgres may")
  }

  static func notYet(option name: String, hint: String? = nil) -> Problem {
    badOption(
      name, "is part of the contract, but not there yet in this version",
      hint: hint ?? "leave it out")
  }

  static func notYet(_ what: String) -> Problem {
    Problem(
      status: 501, code: "not_implemented",
      detail: "\(what) is part of the contract, but not there yet in this version")
  }

  static func unsupportedFormat(_ type: String) -> Problem {
    Problem(
      status: 415, code: "unsupported_format",
      detail: "a body of type \(shown(type)) is no file that can be imported",
      hint: "send it as application/octet-stream, or as the part `file` of multipart/form-data")
  }

  static let lengthRequired = Problem(
    status: 411, code: "length_required",
    detail:
      "the request says neither by Content-Length nor by Transfer-Encoding that it has a body",
    hint: "send the file, with Content-Length or Transfer-Encoding: chunked")

  static func unknownTarget(_ name: String) -> Problem {
    Problem(
      status: 422, code: "unknown_target",
      detail: "there is no table \(shown(name)) that may be imported into",
      hint: "GET /targets lists those that may")
  }

  static func unusableTarget(_ error: TargetError) -> Problem {
    Problem(
      status: 422, code: "unknown_target", detail: error.message, hint: error.hint)
  }

  static func notADryRun(_ id: ImportID) -> Problem {
    Problem(
      status: 409, code: "not_a_dry_run", detail: "import \(id) is no dry run",
      hint: "send the file with dry_run=true to see what its import would do")
  }

  static func notFinished(_ id: ImportID, _ state: ImportState) -> Problem {
    Problem(
      status: 409, code: "not_finished",
      detail: "the dry run \(id) is \(state.rawValue), and not done yet",
      hint: "wait until its status is done")
  }

  /// A dry run that failed or was called off.
  static func noResult(_ id: ImportID, _ state: ImportState) -> Problem {
    Problem(
      status: 409, code: "already_finished",
      detail: "the dry run \(id) is \(state.rawValue): it came to no result",
      hint: "send the file again")
  }

  static func dryRunExpired(_ id: ImportID) -> Problem {
    Problem(
      status: 409, code: "already_finished",
      detail:
        "the dry run \(id) ended more than \(ImportDiff.commitSeconds / 3600) hours ago, and is not kept any more",
      hint: "send the file again, with force=true where it is to be a dry run again")
  }

  static let keyReused = Problem(
    status: 422, code: "idempotency_key_reused",
    detail: "this Idempotency-Key was used for another request",
    hint: "send the same file and options as then, or another key")

  static let queueFull = Problem(
    status: 429, code: "queue_full",
    detail: "as many imports wait as may wait", hint: "try again later",
    headers: [("Retry-After", "10")])

  static let tooManyUploads = Problem(
    status: 429, code: "too_many_uploads",
    detail: "as many files are being received as may be at once", hint: "try again later",
    headers: [("Retry-After", "5")])

  static let databaseUnavailable = Problem(
    status: 503, code: "database_unavailable",
    detail: "the database cannot be reached now", hint: "try again later",
    headers: [("Retry-After", "5")])

  static let databaseIsShort = Problem(
    status: 503, code: "database_unavailable",
    detail: "the database has no room, memory or sessions left now", hint: "try again later",
    headers: [("Retry-After", "5")])

  /// The answer to whatever a handler has thrown; nil where it is an error of the program.
  static func problem(for error: any Error) -> Problem? {
    switch error {
    case let problem as Problem: problem
    case let failure as ImportFailure: problem(for: failure)
    case let error as OptionError: badOption(error.option, error.message, hint: error.hint)
    case let error as SpoolError: problem(for: error)
    case let error as HTTPBodyError: problem(for: error)
    case let error as PostgresError
    where error.isConnectionLoss || [.poolTimeout, .timeout, .cancelled].contains(error.code):
      databaseUnavailable
    case let error as PostgresError where error.isShortage: databaseIsShort
    default: nil
    }
  }

  private static func problem(for failure: ImportFailure) -> Problem? {
    let answer: (status: Int, code: String)? =
      switch failure.code {
      case .unknownColumn, .missingColumn: (422, "unknown_column")
      case .noKey: (422, "no_key")
      case .unknownTarget: (422, "unknown_target")
      case .unreadableFile: (415, "unsupported_format")
      case .badOption, .ambiguousValues: (422, "bad_option")
      case .tooManyRejects, .constraint, .database, .spool, .targetChanged, .attemptsExhausted,
        .notConserved, .internal:
        nil
      }
    guard let answer else { return nil }
    // Messages and hints may name every column of a file.
    return Problem(
      status: answer.status, code: answer.code, detail: shown(failure.message, limit: 2000),
      hint: failure.hint.map { shown($0, limit: 2000) })
  }

  private static func problem(for error: SpoolError) -> Problem? {
    switch error.code {
    case .tooLarge:
      .tooLarge("the file is larger than this server takes")
    case .noSpace:
      Problem(
        status: 507, code: "no_space",
        detail: "there is no room for the file on the server's disk now",
        hint: "try again later", headers: [("Retry-After", "60")])
    case .full:
      Problem(
        status: 507, code: "spool_full",
        detail: "the files that wait take as much room as they may",
        hint: "try again later, when imports have ended", headers: [("Retry-After", "60")])
    default: nil
    }
  }

  private static func problem(for error: HTTPBodyError) -> Problem? {
    error == .tooLarge ? .tooLarge("the file is larger than this server takes") : nil
  }
}
