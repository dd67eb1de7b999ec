/// An encoder of values of one width. Its loop is compiled once for each of them.
protocol FixedWidthField {
  /// Bytes of a value.
  static var width: Int { get }
  /// Writes a value, or says why not. The text is never empty.
  func encode(_ text: UnsafeRawBufferPointer, into out: UnsafeMutableRawPointer) -> FieldVerdict
}

/// An encoder of values whose width depends on the value.
protocol VariableWidthField {
  /// Most bytes that a text of `count` bytes can become.
  func maxBytes(forText count: Int) -> Int
  /// Writes a value and its width, or says why not. The text is never empty.
  func encode(
    _ text: UnsafeRawBufferPointer, into out: UnsafeMutableRawPointer, count: inout Int
  ) -> FieldVerdict
}

/// A check of values whose binary form is their text.
protocol TextualField {
  /// Whether bytes that are no text have to be looked for before `check`.
  static var needsUTF8: Bool { get }
  /// Says whether the text is a value. The text is never empty.
  func check(_ text: UnsafeRawBufferPointer) -> FieldVerdict
}
