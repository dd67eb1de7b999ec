import TestSupport
import Testing

@testable import HTTP

@Suite("the outbox of a WebSocket")
struct WebSocketOutboxTests {
  private func drain(_ outbox: inout WebSocketOutbox) -> [String] {
    var texts: [String] = []
    while let text = outbox.next() { texts.append(text) }
    return texts
  }

  @Test("messages leave in the order they came")
  func order() {
    var outbox = WebSocketOutbox(limit: 8)
    for text in ["a", "b", "c"] { #expect(outbox.put(text, replacing: nil) == .queued) }
    #expect(drain(&outbox) == ["a", "b", "c"])
    #expect(outbox.isEmpty)
  }

  @Test("a newer message takes the place of the waiting one with its key")
  func replacement() {
    var outbox = WebSocketOutbox(limit: 8)
    _ = outbox.put("x1", replacing: "x")
    _ = outbox.put("plain", replacing: nil)
    _ = outbox.put("y1", replacing: "y")
    #expect(outbox.put("x2", replacing: "x") == .replaced)
    #expect(outbox.count == 3)
    #expect(outbox.next() == "x2")
    #expect(outbox.put("y2", replacing: "y") == .replaced)
    #expect(outbox.put("x3", replacing: "x") == .queued)
    #expect(drain(&outbox) == ["plain", "y2", "x3"])
  }

  @Test("a full outbox drops its oldest message that has a key, and says which")
  func overflowDropsKeyed() {
    var outbox = WebSocketOutbox(limit: 3)
    _ = outbox.put("plain", replacing: nil)
    _ = outbox.put("x1", replacing: "x")
    _ = outbox.put("y1", replacing: "y")
    #expect(outbox.put("z1", replacing: "z") == .queuedDropping(key: "x"))
    #expect(outbox.put("y2", replacing: "y") == .replaced)
    #expect(outbox.put("x2", replacing: "x") == .queuedDropping(key: "y"))
    #expect(outbox.put("z2", replacing: "z") == .replaced)
    #expect(drain(&outbox) == ["plain", "z2", "x2"])
  }

  @Test("a full outbox without keys overflows, and takes nothing more")
  func overflow() {
    var outbox = WebSocketOutbox(limit: 2)
    _ = outbox.put("a", replacing: nil)
    _ = outbox.put("b", replacing: nil)
    #expect(outbox.put("c", replacing: "k") == .overflow)
    #expect(outbox.put("d", replacing: nil) == .closed)
    #expect(outbox.isEmpty)
  }

  @Test("a closed outbox still gives what waits")
  func closed() {
    var outbox = WebSocketOutbox(limit: 2)
    _ = outbox.put("a", replacing: nil)
    outbox.close()
    #expect(outbox.put("b", replacing: nil) == .closed)
    #expect(drain(&outbox) == ["a"])
  }

  @Test("agrees with a plain list, whatever comes", arguments: [UInt64(1), 7, 42, 1234])
  func agreesWithModel(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    var outbox = WebSocketOutbox(limit: 5)
    var model: [(text: String, key: String?)] = []
    for step in 0..<2000 {
      if random.next() % 3 == 0 {
        #expect(outbox.next() == (model.isEmpty ? nil : model.removeFirst().text))
        continue
      }
      let key = random.next() % 8
      // At most four messages without key, so that it never overflows.
      let plain = model.count { $0.key == nil }
      let name = key == 0 && plain < 4 ? nil : "k\(key)"
      _ = outbox.put("\(step)", replacing: name)
      if let name, let place = model.firstIndex(where: { $0.key == name }) {
        model[place].text = "\(step)"
      } else {
        if model.count == 5, let oldest = model.firstIndex(where: { $0.key != nil }) {
          model.remove(at: oldest)
        }
        model.append(("\(step)", name))
      }
      #expect(outbox.count == model.count)
    }
  }
}
