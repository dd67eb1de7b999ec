import ImportModel
import Progress
import Testing

@testable import Worker

@Suite("What goes into one chunk")
struct ChunkIntakeTests {
  @Test(
    "it ends behind so many rows, rejects or bytes",
    arguments: [(1, 0, 100), (0, 5000, 0), (1, 0, 64 << 20)])
  func limits(rows: Int, rejects: Int, bytes: Int) async throws {
    let isFull = rejects == 5000 || bytes == 64 << 20
    let reject = Reject(row: 1, line: 2, column: nil, code: .type, message: "", value: nil)
    var first = EncodedBatch(
      rowsBad: rejects, rejects: Array(repeating: reject, count: rejects), start: FilePosition(),
      end: FilePosition())
    (first.rowsOK, first.count) = (rows, bytes)
    let channel = BatchChannel(capacity: 2)
    _ = await channel.send(EncodedBatch())
    let intake = ChunkIntake(
      first: first, channel: channel,
      meter: ImportMeter(lease: Lease(importID: ImportID(), id: "")),
      rowLimit: 100_000)
    #expect(try await intake.next() != nil)
    #expect(try await (intake.next() == nil) == isFull)
  }
}
