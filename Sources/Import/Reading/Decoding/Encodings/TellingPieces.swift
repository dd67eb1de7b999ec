/// The lines of a text that are not valid UTF-8, as far as there is room: they tell the encoding.
struct TellingPieces {
  /// The pieces, each with a line end.
  private(set) var bytes: [UInt8] = []
  /// How much is kept.
  private static let maxBytes = 512 << 10
  /// How far before and behind a byte a line reaches at most.
  private static let reach = 1 << 10
  /// Where in the current block the last piece ends.
  private var end = 0

  var isFull: Bool { bytes.count >= Self.maxBytes }

  mutating func beginBlock() {
    end = 0
  }

  /// Keeps the line around a place in the current block, where it is not kept yet.
  mutating func keep(_ place: Int, of block: UnsafeRawBufferPointer) {
    guard place >= end, !isFull else { return }
    let first = Self.start(before: place, notBefore: end, in: block)
    let limit = min(place + Self.reach, block.count)
    end = block[place..<limit].firstIndex(of: .lf) ?? limit
    bytes.append(contentsOf: block[first..<end])
    bytes.append(.lf)
  }

  /// Behind a line end, or behind a byte that is a character by itself in every encoding of bytes, so that
  /// no character is cut.
  private static func start(
    before place: Int, notBefore: Int, in block: UnsafeRawBufferPointer
  ) -> Int {
    let limit = max(place - reach, notBefore)
    var best = place
    for earlier in stride(from: place - 1, through: limit, by: -1) {
      if block[earlier] == .lf { return earlier + 1 }
      if block[earlier] < 0x30 { best = earlier + 1 }
    }
    return limit == 0 ? 0 : best
  }
}
