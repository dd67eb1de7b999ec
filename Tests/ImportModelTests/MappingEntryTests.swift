import Foundation
import ImportModel
import Testing

@Suite("Entries of a mapping as JSON")
struct MappingEntryTests {
  private func json(_ options: ImportOptions) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(options), as: UTF8.self)
  }

  @Test("a mapping without lookups is written as it always was: fingerprints hang on it")
  func plain() throws {
    var options = ImportOptions()
    options.mapping = ["a": "b", "c": nil]
    let rest = #""mode":"upsert","on_error":"reject","priority":"normal"}"#
    #expect(
      try json(options)
        == #"{"commit":"atomic","duplicates":"last","force":false,"mapping":{"a":"b","c":null},"#
        + rest)
    options.mapping = nil
    #expect(
      try json(options) == #"{"commit":"atomic","duplicates":"last","force":false,"# + rest)
  }

  @Test(
    "what is stored is read again",
    arguments: [
      (#"{"a":"b"}"#, ["a": "b"] as [String: MappingEntry?]),
      (#"{"a":null}"#, ["a": nil]),
      (
        #"{"a":{"column":"b","lookup":"s.t.c"}}"#,
        ["a": MappingEntry(column: "b", lookup: "s.t.c")]
      ),
    ])
  func roundTrip(text: String, mapping: [String: MappingEntry?]) throws {
    let read = try JSONDecoder().decode([String: MappingEntry?].self, from: Data(text.utf8))
    #expect(read == mapping)
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    #expect(String(decoding: try encoder.encode(read), as: UTF8.self) == text)
  }

  @Test(
    "what has another form is refused",
    arguments: [
      #"{"column": "b"}"#, #"{"lookup": "s.t.c"}"#, #"{"column": "b", "lookup": null}"#,
      #"{"column": "b", "lookup": "s.t.c", "x": "y"}"#, "7", #"["b"]"#, "{}",
    ])
  func refused(text: String) {
    #expect(throws: DecodingError.self) {
      try JSONDecoder().decode(MappingEntry.self, from: Data(text.utf8))
    }
  }
}
