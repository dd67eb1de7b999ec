import ImportModel
import Testing

@Suite("The room of a report")
struct RejectRoomTests {
  /// A fault with ten bytes of text.
  private static func fault(_ row: Int64) -> Reject {
    Reject(
      row: row, line: row + 1, column: "a", code: .type, message: "12345", value: "678",
      raw: Array("90".utf8))
  }

  @Test("takes whole rows, as many as there is room for")
  func rows() {
    var room = RejectRoom(rows: 2, bytes: 1000)
    let taken = room.take([1, 1, 2, 3, 3].map(Self.fault))
    #expect(taken.map(\.row) == [1, 1, 2])
    #expect(room.rows == 0)
    #expect(room.isEmpty)
    #expect(room.take([Self.fault(4)]).isEmpty)
  }

  @Test("ends with the row that uses up the bytes, for good")
  func bytes() {
    var room = RejectRoom(rows: 100, bytes: 25)
    #expect(room.take([1, 2].map(Self.fault)).count == 2)
    #expect(room.bytes == 5)
    #expect(room.take([3, 4].map(Self.fault)).map(\.row) == [3])
    #expect(room.isEmpty)
    #expect(room.take([Self.fault(5)]).isEmpty)
  }

  @Test("is a hundred thousand rows and 256 MiB unless told otherwise")
  func standard() {
    #expect(RejectRoom.standard == RejectRoom(rows: 100_000, bytes: 268_435_456))
    #expect(!RejectRoom.standard.isEmpty)
    #expect(RejectRoom(rows: 0).isEmpty)
  }
}
