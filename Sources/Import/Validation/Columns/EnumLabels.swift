/// The labels of an enum, found without making a string.
///
/// An open-addressing table over bytes: `enum_in` of Postgres compares labels byte for byte.
final class EnumLabels {
  private let bytes: UnsafeMutableBufferPointer<UInt8>
  private let slots: UnsafeMutableBufferPointer<ColumnBuffer.Span>
  private let mask: Int

  init(_ labels: [String]) {
    let texts = labels.map { Array($0.utf8) }
    bytes = .allocate(capacity: max(texts.reduce(0) { $0 + $1.count }, 1))
    var capacity = 8
    while capacity < texts.count * 2 { capacity *= 2 }
    mask = capacity - 1
    slots = .allocate(capacity: capacity)
    slots.initialize(repeating: ColumnBuffer.Span(offset: 0, count: 0))
    bytes.initialize(repeating: 0)
    var used = 0
    for text in texts where !text.isEmpty {
      for (index, byte) in text.enumerated() { bytes[used + index] = byte }
      var slot = text.withUnsafeBytes { hash($0) } & mask
      while slots[slot].count > 0 { slot = (slot + 1) & mask }
      slots[slot] = ColumnBuffer.Span(offset: UInt32(used), count: UInt32(text.count))
      used += text.count
    }
  }

  deinit {
    bytes.deallocate()
    slots.deallocate()
  }

  @inline(__always)
  func contains(_ text: UnsafeRawBufferPointer) -> Bool {
    var slot = hash(text) & mask
    while slots[slot].count > 0 {
      if isEqual(slots[slot], text) { return true }
      slot = (slot &+ 1) & mask
    }
    return false
  }

  @inline(__always)
  private func isEqual(_ span: ColumnBuffer.Span, _ text: UnsafeRawBufferPointer) -> Bool {
    guard Int(span.count) == text.count else { return false }
    let start = Int(span.offset)
    for index in 0..<text.count where bytes[start &+ index] != text[index] { return false }
    return true
  }

  /// FNV-1a: labels are short. Not keyed, since a bad choice of labels harms only their owner.
  @inline(__always)
  private func hash(_ text: UnsafeRawBufferPointer) -> Int {
    var hash: UInt32 = 2_166_136_261
    for byte in text { hash = (hash ^ UInt32(byte)) &* 16_777_619 }
    return Int(hash ^ hash >> 15)
  }
}
