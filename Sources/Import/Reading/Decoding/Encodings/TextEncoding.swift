/// How the bytes of a text stand for characters, by its one canonical name.
public struct TextEncoding: Sendable, Hashable, Codable, CustomStringConvertible {
  /// As it is shown and stored: `UTF-8`, `windows-1252`, `Shift_JIS`.
  public let name: String

  /// The encoding that everything else is turned into.
  public static let utf8 = TextEncoding(known: "UTF-8")

  /// Finds an encoding by any usual name, in any case, with or without dashes: `latin1`, `cp1252`, `sjis`.
  ///
  /// Beyond those known here, the names of glibc's iconv are understood. `UTF-16` and `UTF-32` go by the
  /// byte order mark, and without one are little-endian. nil where nobody knows the name.
  public init?(named name: String) {
    let words = name.utf8.prefix(64)
    guard words.count < 64, words.allSatisfy(Self.isNameByte) else { return nil }
    let key = Self.key(name)
    guard !key.isEmpty, !Self.notForFiles.contains(key) else { return nil }
    let found = Self.byKey[key] ?? name.uppercased()
    guard IconvHandle(from: Self.iconvName(of: found)) != nil else { return nil }
    self.name = found
  }

  /// - Parameter known: a canonical name.
  init(known: String) {
    name = known
  }

  /// Reads a name as `init(named:)` understands it.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    let name = try container.decode(String.self)
    guard let encoding = TextEncoding(named: name) else {
      throw DecodingError.dataCorruptedError(
        in: container, debugDescription: "There is no encoding named \(name).")
    }
    self = encoding
  }

  /// Writes the canonical name.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(name)
  }

  /// The canonical name.
  public var description: String { name }

  /// How many bytes a code unit has: what is left out of a text where it cannot be decoded.
  var unitSize: Int {
    if name.hasPrefix("UTF-16") { return 2 }
    return name.hasPrefix("UTF-32") ? 4 : 1
  }

  /// What iconv is asked for: a superset, where files say one thing and hold another.
  var iconvName: String { Self.iconvName(of: name) }

  private static func iconvName(of name: String) -> String {
    table.first { $0.name == name }?.iconv ?? name
  }

  private static func isNameByte(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"),
      UInt8(ascii: "."), UInt8(ascii: ":"), UInt8(ascii: "("), UInt8(ascii: ")"),
      UInt8(ascii: " "):
      true
    default: false
    }
  }

  private static func key(_ name: String) -> String {
    String(name.lowercased().filter { $0.isLetter || $0.isNumber })
  }
}

extension TextEncoding {
  /// What iconv knows but no file is in: its own in-memory forms.
  private static let notForFiles: Set<String> = ["internal", "wchart"]

  /// Canonical names, what iconv is asked for instead, and other names, as `key` makes them.
  private static let table: [(name: String, iconv: String?, others: String)] = [
    ("UTF-8", nil, "utf8sig utf8bom cp65001 65001 unicode11utf8"),
    ("US-ASCII", nil, "ascii ansix341968 iso646us 7bit"),
    ("UTF-16", "UTF-16LE", "unicode ucs2 iso10646ucs2 utf16bom"),
    ("UTF-16LE", nil, "unicodelittle ucs2le cp1200 1200"),
    ("UTF-16BE", nil, "unicodebig unicodefffe ucs2be cp1201 1201"),
    ("UTF-32", "UTF-32LE", "ucs4 iso10646ucs4"),
    ("UTF-32LE", nil, "ucs4le"),
    ("UTF-32BE", nil, "ucs4be"),
    ("windows-1250", nil, "cp1250 1250 win1250 xcp1250"),
    ("windows-1251", nil, "cp1251 1251 win1251 xcp1251"),
    ("windows-1252", nil, "cp1252 1252 win1252 xcp1252 ansi"),
    ("windows-1253", nil, "cp1253 1253 win1253"),
    ("windows-1254", nil, "cp1254 1254 win1254"),
    ("windows-1255", nil, "cp1255 1255 win1255"),
    ("windows-1256", nil, "cp1256 1256 win1256"),
    ("windows-1257", nil, "cp1257 1257 win1257"),
    ("windows-1258", nil, "cp1258 1258 win1258"),
    ("windows-874", "CP874", "cp874 874 ms874"),
    ("ISO-8859-1", nil, "latin1 l1 iso88591 88591 cp819"),
    ("ISO-8859-2", nil, "latin2 l2 88592"),
    ("ISO-8859-3", nil, "latin3 l3 88593"),
    ("ISO-8859-4", nil, "latin4 l4 88594"),
    ("ISO-8859-5", nil, "cyrillic 88595"),
    ("ISO-8859-6", nil, "arabic 88596"),
    ("ISO-8859-7", nil, "greek 88597"),
    ("ISO-8859-8", nil, "hebrew 88598 iso88598i"),
    ("ISO-8859-9", nil, "latin5 l5 88599"),
    ("ISO-8859-10", nil, "latin6 l6 885910"),
    ("ISO-8859-11", nil, "885911"),
    ("ISO-8859-13", nil, "latin7 l7 885913"),
    ("ISO-8859-14", nil, "latin8 l8 885914"),
    ("ISO-8859-15", nil, "latin9 l9 latin0 885915"),
    ("ISO-8859-16", nil, "latin10 l10 885916"),
    ("TIS-620", nil, "tis6200 thai"),
    ("KOI8-R", nil, "koi8"),
    ("KOI8-U", nil, ""),
    ("IBM437", nil, "cp437 437"),
    ("IBM850", nil, "cp850 850"),
    ("IBM852", nil, "cp852 852"),
    ("IBM855", nil, "cp855 855"),
    ("IBM866", nil, "cp866 866 dos866"),
    ("macintosh", nil, "macroman mac xmacroman"),
    ("x-mac-cyrillic", "MAC-CYRILLIC", "maccyrillic"),
    ("x-mac-ce", "MAC-CENTRALEUROPE", "maccentraleurope maccentraleuropean"),
    // Windows writes more characters than the standards have, under their names.
    ("Shift_JIS", "CP932", "sjis shiftjis shiftjisx0213 mskanji ms932 cp932 932 windows31j xsjis"),
    ("EUC-JP", "EUC-JP-MS", "ujis eucjpms cp51932 xeucjp"),
    ("EUC-KR", "CP949", "uhc cp949 949 ksc56011987 ksc5601 korean windows949"),
    ("Big5", nil, "big5 bigfive cp950 950 cnbig5"),
    ("Big5-HKSCS", nil, ""),
    ("GBK", "CP936", "cp936 936 ms936 gb2312 euccn chinese xgbk"),
    ("GB18030", nil, ""),
  ]

  private static let byKey: [String: String] = {
    var found: [String: String] = [:]
    for entry in table {
      found[key(entry.name)] = entry.name
      for other in entry.others.split(separator: " ") { found[String(other)] = entry.name }
    }
    return found
  }()
}
