/// Memory for a value in its plain form, and for its binary form. One thread owns it.
final class ScratchText {
  /// Room for a binary value of 16 bytes.
  let value: UnsafeMutableRawPointer
  private var memory: UnsafeMutableRawPointer
  private var capacity = 256

  init() {
    value = .allocate(byteCount: 16, alignment: 16)
    memory = .allocate(byteCount: capacity, alignment: 16)
  }

  deinit {
    value.deallocate()
    memory.deallocate()
  }

  /// The plain form of a value, valid until the next one; nil where it is not of the format.
  func plain<F: TextFormat>(
    _ text: UnsafeRawBufferPointer, by format: F
  ) -> UnsafeRawBufferPointer? {
    if text.isEmpty { return nil }
    reserve(text.count &+ F.growth)
    var sink = TextSink(memory)
    switch format.rewrite(text, into: &sink) {
    case .plain: return text
    case .rewritten: return UnsafeRawBufferPointer(start: memory, count: sink.count)
    case .misfit: return nil
    }
  }

  private func reserve(_ wanted: Int) {
    guard wanted > capacity else { return }
    capacity = max(wanted, capacity * 2)
    memory.deallocate()
    memory = .allocate(byteCount: capacity, alignment: 16)
  }
}
