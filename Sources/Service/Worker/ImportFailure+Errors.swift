import ImportModel
import Postgres
import Reading
import Spool
import Validation

extension ImportFailure {
  /// What a caller may know of an error that ended an import.
  init(describing error: any Error) {
    switch error {
    case let failure as ImportFailure: self = failure
    case let error as ReadingError:
      self.init(.unreadableFile, error.message, hint: error.hint)
    case let error as OptionError:
      self.init(.badOption, "`\(error.option)` \(error.message)", hint: error.hint)
    case let error as MappingError:
      self.init(error.failureCode, error.message, hint: error.hint)
    case let error as TargetError:
      self.init(.unknownTarget, error.message, hint: error.hint)
    case let error as SpoolError where error.code == .missing:
      self.init(.spool, "\(error)", hint: "send the file again")
    case let error as SpoolError: self.init(.spool, "\(error)")
    case let error as PostgresError: self.init(postgres: error)
    default:
      self.init(
        .internal, "an error of the program ended the import",
        hint: "the log of the worker has it, under this import's id")
    }
  }

  private init(postgres error: PostgresError) {
    let state = error.sqlState ?? error.code.rawValue
    let detail = error.detail.map { ": \($0)" } ?? ""
    let message = error.message ?? "the database refused"
    if let constraint = error.constraint {
      self.init(
        .constraint, "\(message)\(detail) (\(state))",
        hint: "the constraint \"\(constraint)\" refuses rows of the file; nothing was changed")
    } else {
      self.init(.database, "\(message)\(detail) (\(state))", hint: error.hint)
    }
  }
}

extension MappingError {
  fileprivate var failureCode: ImportFailure.Code {
    switch code {
    case .required: .missingColumn
    case .badFormats: .badOption
    case .unknownColumn, .unknownHeader, .ambiguous, .duplicate, .generated, .nothingMapped:
      .unknownColumn
    }
  }
}
