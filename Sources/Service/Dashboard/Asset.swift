/// A file of the dashboard, as it is served.
struct Asset: Sendable {
  /// The content.
  let bytes: [UInt8]
  /// Its media type.
  let type: String
  /// Its strong entity tag, quotes included: the same content always has the same one.
  let tag: String

  init(_ bytes: [UInt8], type: String) {
    self.bytes = bytes
    self.type = type
    tag = "\"\(String(Asset.digest(bytes), radix: 16))-\(bytes.count)\""
  }

  static func script(_ bytes: [UInt8]) -> Asset {
    Asset(bytes, type: "text/javascript; charset=utf-8")
  }

  static func style(_ bytes: [UInt8]) -> Asset {
    Asset(bytes, type: "text/css; charset=utf-8")
  }

  /// Whether the fields of `If-None-Match` name this content.
  ///
  /// Source: RFC 9110, section 13.1.2: a list of tags, compared weakly, or `*`.
  func isKnown(to fields: [String]) -> Bool {
    fields.flatMap { $0.split(separator: ",") }.contains { candidate in
      let name = candidate.filter { $0 != " " && $0 != "\t" }
      return name == "*" || name == tag || name == "W/\(tag)"
    }
  }

  /// FNV-1a, 64 bits: it tells versions of our own files apart and guards against nobody.
  private static func digest(_ bytes: [UInt8]) -> UInt64 {
    bytes.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
  }
}
