import API
import HTTP
import ImportModel
import Reading
import Validation

/// The options of an import that a command line has, and what they mean for a file.
struct ToldOptions {
  let options: ImportOptions
  let target: String?
  let fileRequest: FileRequest
  let formats: ValueFormats
}

extension Arguments {
  /// The options of an import among these, read as the API reads them.
  ///
  /// - Parameter own: those that are the command's own.
  /// - Throws: `UsageError`.
  func importOptions(except own: Set<String> = []) throws -> ToldOptions {
    var parser = OptionParser()
    do {
      for (name, given) in values.sorted(by: { $0.key < $1.key }) where !own.contains(name) {
        for value in given { try parser.take(name.replacing("-", with: "_"), value) }
      }
      return ToldOptions(
        options: parser.options, target: parser.target,
        fileRequest: try FileRequest(parser.options), formats: try ValueFormats(parser.options))
    } catch let problem as Problem {
      throw wrong(problem.detail + (problem.hint.map { " (\($0))" } ?? ""))
    } catch let error as OptionError {
      throw wrong("`\(error.option)` \(error.message)" + (error.hint.map { " (\($0))" } ?? ""))
    }
  }
}
