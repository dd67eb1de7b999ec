import FoundationEssentials
import HTTP

/// The options of a template: a JSON object of what `POST /imports` takes.
struct TemplateOptions: Sendable {
  /// A template that names another one could name itself; a forced import is a matter of one request.
  private static let excluded = ["force", "template"]

  /// Each option as a form would have it, in the order of the names.
  let pairs: [(name: String, value: String)]
  /// The object.
  let object: [String: JSONValue]

  /// Reads an object, and checks it as the options of an import are checked.
  ///
  /// - Throws: `Problem`: `bad_request` where it is no JSON object, `bad_option` naming an option.
  init(json: [UInt8]) throws {
    do {
      object = try JSONDecoder().decode([String: JSONValue].self, from: Data(json))
    } catch {
      throw Problem.badRequest(
        "a template is a JSON object of the options of an import",
        hint: #"for example {"target": "demo.sales", "delimiter": ";"}"#)
    }
    pairs = try object.sorted { $0.key < $1.key }.map { ($0.key, try Self.text($0.key, $0.value)) }
    var parser = OptionParser()
    for (name, value) in pairs { try parser.take(name, value) }
    // What only together is wrong may be mended by what comes with an import.
    try parser.check(isComplete: false)
  }

  private static func text(_ name: String, _ value: JSONValue) throws -> String {
    if excluded.contains(name) {
      throw Problems.badOption(name, "cannot be part of a template", hint: "give it with an import")
    }
    let text =
      switch value {
      case .null: throw Problems.badOption(name, "is null", hint: "leave it out")
      case .bool(let value): "\(value)"
      case .int(let value): "\(value)"
      case .double(let value): "\(value)"
      case .string(let value): value
      case .array: try json(value)
      case .object where name == "mapping": try json(value)
      case .object: throw Problems.badOption(name, "is no object")
      }
    // Neither does Postgres hold one, nor is there an option that could mean it.
    guard !text.utf8.contains(0), !text.contains(#"\u0000"#) else {
      throw Problems.badOption(name, "holds a zero character")
    }
    return text
  }

  private static func json(_ value: JSONValue) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(value), as: UTF8.self)
  }

  /// The object as JSON.
  func json() throws -> String { try TemplateOptions.json(.object(object)) }
}
