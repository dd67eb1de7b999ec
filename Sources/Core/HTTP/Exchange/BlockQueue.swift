/// Blocks of bytes between one side that puts and another that takes, in order.
///
/// Small pieces are gathered into blocks, so that a sender of single bytes makes no array for each.
struct BlockQueue: Sendable {
  /// The room of a block that gathers small pieces.
  static let gatherBytes = 16 * 1024

  /// How many bytes wait.
  private(set) var bytes = 0
  private var blocks: [[UInt8]] = []
  private var first = 0
  private var offset = 0

  /// Puts bytes at the end.
  mutating func push(_ piece: UnsafeRawBufferPointer) {
    guard !piece.isEmpty else { return }
    bytes += piece.count
    if let last = blocks.indices.last, last >= first,
      blocks[last].count + piece.count <= Self.gatherBytes
    {
      blocks[last].append(contentsOf: piece)
    } else {
      var block: [UInt8] = []
      block.reserveCapacity(piece.count < 4096 ? Self.gatherBytes : piece.count)
      block.append(contentsOf: piece)
      blocks.append(block)
    }
  }

  /// Puts a block at the end.
  mutating func push(_ block: [UInt8]) {
    guard !block.isEmpty else { return }
    bytes += block.count
    blocks.append(block)
  }

  /// Takes the first block.
  mutating func pop() -> [UInt8]? {
    guard first < blocks.count else { return nil }
    let block = offset == 0 ? blocks[first] : Array(blocks[first][offset...])
    bytes -= block.count
    dropFirst()
    return block
  }

  /// Takes as many bytes as there are and fit.
  mutating func take(into target: UnsafeMutableRawBufferPointer) -> Int {
    var taken = 0
    while taken < target.count, first < blocks.count {
      let count = min(target.count - taken, blocks[first].count - offset)
      blocks[first].withUnsafeBytes { source in
        target[taken...].copyMemory(from: .init(rebasing: source[offset..<offset + count]))
      }
      taken += count
      offset += count
      if offset == blocks[first].count { dropFirst() }
    }
    bytes -= taken
    return taken
  }

  /// Drops everything.
  mutating func removeAll() {
    self = BlockQueue()
  }

  private mutating func dropFirst() {
    blocks[first] = []
    offset = 0
    first += 1
    if first == blocks.count {
      blocks.removeAll(keepingCapacity: true)
      first = 0
    } else if first >= 64 {
      blocks.removeFirst(first)
      first = 0
    }
  }
}

extension UnsafeMutableRawBufferPointer.SubSequence {
  fileprivate func copyMemory(from source: UnsafeRawBufferPointer) {
    UnsafeMutableRawBufferPointer(rebasing: self).copyMemory(from: source)
  }
}
