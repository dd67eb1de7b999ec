import TestSupport
import Testing

@testable import HTTP

@Suite("the queue of blocks")
struct BlockQueueTests {
  @Test("what goes in comes out, in order, whatever the sizes", arguments: 0..<20)
  func random(seed: Int) {
    var random = SeededGenerator(seed: UInt64(seed))
    var queue = BlockQueue()
    var into: [UInt8] = []
    var out: [UInt8] = []
    for _ in 0..<500 {
      let bytes = (0..<Int.random(in: 0...200, using: &random)).map { _ in
        UInt8.random(in: 0...255, using: &random)
      }
      switch Int.random(in: 0..<4, using: &random) {
      case 0:
        queue.push(bytes)
        into += bytes
      case 1:
        bytes.withUnsafeBytes { queue.push($0) }
        into += bytes
      case 2: out += queue.pop() ?? []
      default:
        var target = [UInt8](repeating: 0, count: bytes.count)
        let count = target.withUnsafeMutableBytes { queue.take(into: $0) }
        out += target.prefix(count)
      }
      #expect(queue.bytes == into.count - out.count)
    }
    while let block = queue.pop() { out += block }
    #expect(out == into)
  }

  @Test("single bytes are gathered into blocks")
  func gathers() {
    var queue = BlockQueue()
    for _ in 0..<10_000 { [UInt8(7)].withUnsafeBytes { queue.push($0) } }
    #expect(queue.pop()?.count == 10_000)
  }
}
