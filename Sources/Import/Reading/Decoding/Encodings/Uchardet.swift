internal import CUchardet

/// What libuchardet takes a text for.
enum Uchardet {
  /// - Returns: an encoding that iconv knows, in the form that programs of today write; nil where the
  ///   library cannot tell.
  static func guess(_ bytes: [UInt8]) -> TextEncoding? {
    guard let detector = uchardet_new() else { return nil }
    defer { uchardet_delete(detector) }
    let failed = bytes.withUnsafeBytes { text in
      uchardet_handle_data(
        detector, text.baseAddress?.assumingMemoryBound(to: CChar.self), text.count)
    }
    guard failed == 0 else { return nil }
    uchardet_data_end(detector)
    guard let name = uchardet_get_charset(detector).map({ String(cString: $0) }) else { return nil }
    return current[name.uppercased()].map(TextEncoding.init(known:)) ?? TextEncoding(named: name)
  }

  /// The library names the standard; the superset that programs write holds it.
  private static let current = [
    "ISO-8859-1": "windows-1252", "ISO-8859-9": "windows-1254", "TIS-620": "windows-874",
    "GB2312": "GB18030", "GBK": "GB18030",
  ]
}
