import ImportModel

/// Bytes of a file as text for people: cut to a length, and mended where they are no UTF-8.
enum Excerpt {
  /// The value as a reject keeps it: at most `Reject.valueLimit` bytes.
  static func value(_ text: UnsafeRawBufferPointer) -> String {
    cut(text, to: Reject.valueLimit)
  }

  /// The value as a message quotes it: short, with an ellipsis where something is left out.
  static func quotation(_ text: UnsafeRawBufferPointer) -> String {
    let limit = 200
    return text.count <= limit ? cut(text, to: limit) : cut(text, to: limit) + "…"
  }

  /// A message of Postgres's, which may quote a long value.
  static func message(_ text: String) -> String {
    guard text.utf8.count > Reject.valueLimit else { return text }
    var copy = text
    return copy.withUTF8 { cut(UnsafeRawBufferPointer($0), to: Reject.valueLimit - 3) } + "…"
  }

  /// At most `limit` bytes of UTF-8, ending with a whole character.
  static func cut(_ text: UnsafeRawBufferPointer, to limit: Int) -> String {
    let mended = String(decoding: text.prefix(limit + 4), as: UTF8.self)
    if text.count <= limit, mended.utf8.count <= limit { return mended }
    var kept = 0
    var end = mended.unicodeScalars.startIndex
    while end < mended.unicodeScalars.endIndex {
      let width = UTF8.width(mended.unicodeScalars[end])
      if kept + width > limit { break }
      kept += width
      end = mended.unicodeScalars.index(after: end)
    }
    return String(mended.unicodeScalars[..<end])
  }
}
