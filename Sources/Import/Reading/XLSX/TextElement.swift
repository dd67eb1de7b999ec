/// The text of an `si` or `is` element: that of its `t` and of the `t` of its runs `r`, one after the
/// other, with all white space (ECMA-376 part 1, section 18.4.8).
struct TextElement: ~Copyable {
  /// The text so far.
  var value = ByteBuffer(capacity: 1024)
  private let maxBytes: Int
  private var level = 0
  private var isInRun = false
  private var isInText = false
  private var isPlainText = false

  /// - Parameter maxBytes: one more byte than this is kept at most.
  init(maxBytes: Int) {
    self.maxBytes = maxBytes
  }

  /// The element itself begins.
  mutating func begin() {
    value.count = 0
    level = 1
    isInRun = false
    isInText = false
  }

  /// An element within it begins.
  mutating func start(_ name: XMLName) {
    level += 1
    if level == 2 {
      isInRun = name.isOnly("r")
      isInText = name.isOnly("t")
      isPlainText = isInText
    } else if level == 3, isInRun, name.isOnly("t") {
      isInText = true
      isPlainText = false
    }
  }

  /// An element ends; returns true where it is the element itself.
  mutating func end() -> Bool {
    level -= 1
    if isInText, level < (isPlainText ? 2 : 3) { isInText = false }
    return level == 0
  }

  /// Text, or a piece of it.
  @inline(__always)
  mutating func text(_ bytes: UnsafeRawBufferPointer) {
    guard isInText else { return }
    let room = maxBytes + 1 - value.count
    if bytes.count <= room {
      value.append(bytes)
    } else if room > 0 {
      value.append(UnsafeRawBufferPointer(rebasing: bytes[..<room]))
    }
  }
}
