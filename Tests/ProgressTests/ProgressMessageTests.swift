import Foundation
import ImportModel
import Testing

@testable import Progress

@Suite("Messages to clients")
struct ProgressMessageTests {
  private func message(_ kind: ProgressMessage.Kind, _ record: ImportRecord) throws
    -> ProgressMessage
  {
    try ProgressMessage(kind, record, at: ProgressCursor(epoch: "e1", seq: 42))
  }

  @Test("a message has the shape of the contract", arguments: ["snapshot", "progress"])
  func shape(type: String) throws {
    let id = ImportID()
    let kind: ProgressMessage.Kind = type == "snapshot" ? .snapshot : .progress
    let json = try message(kind, record(id, [.queued, .parsing])).json
    let object = try #require(
      try JSONSerialization.jsonObject(with: Data(json.utf8)) as? [String: Any])
    #expect(Set(object.keys) == ["type", "epoch", "seq", "import"])
    #expect(object["type"] as? String == type)
    #expect(object["epoch"] as? String == "e1")
    #expect(object["seq"] as? Int == 42)
    let body = try #require(object["import"] as? [String: Any])
    #expect(body["task_id"] as? String == id.description)
    #expect(body["status"] as? String == "parsing")
    #expect(!json.contains("\\/"), "slashes need no escape")
    #expect(!json.contains("\n"))
  }

  @Test("a newer message replaces one of the same import and state only")
  func replacement() throws {
    let id = ImportID()
    let first = try message(.progress, record(id, [.queued, .parsing], read: 1))
    let second = try message(.progress, record(id, [.queued, .parsing], read: 2))
    let next = try message(.progress, record(id, [.queued, .parsing, .validated]))
    let other = try message(.progress, record(ImportID(), [.queued, .parsing]))
    #expect(first.replacementKey == second.replacementKey)
    #expect(Set([first, next, other].map(\.replacementKey)).count == 3)
  }
}
