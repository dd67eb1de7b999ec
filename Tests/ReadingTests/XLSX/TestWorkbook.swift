import ImportModel
import Reading

/// A workbook made by hand, with one sheet unless told otherwise.
struct TestWorkbook {
  /// The content of `sheetData`, or a whole document where it begins with `<?xml` or `<worksheet`.
  var sheet: String
  /// The content of `sst`, or nil for none.
  var strings: String?
  /// Number format codes of styles 1 and on; style 0 is General.
  var formats: [String] = []
  /// Styles by number of a built-in format, behind those.
  var builtIns: [Int] = []
  var workbookProperties = ""
  /// Parts in the place of the usual ones, by name.
  var replaced: [String: [UInt8]] = [:]
  /// How the sheet is packed, where it is not just stored.
  var packedSheet: PackedPart?

  init(_ sheet: String, strings: String? = nil) {
    self.sheet = sheet
    self.strings = strings
  }

  static let main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
  static let relations = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
  static let package = "http://schemas.openxmlformats.org/package/2006/relationships"

  /// The file.
  var bytes: [UInt8] {
    var archive = TestArchive()
    for (name, content) in parts where replaced[name] == nil { archive.add(name, content) }
    for (name, content) in replaced.sorted(by: { $0.key < $1.key }) { archive.add(name, content) }
    if let packedSheet { archive.add("xl/worksheets/sheet1.xml", packed: packedSheet) }
    return archive.bytes
  }

  /// The usual parts, by name.
  var parts: [(String, [UInt8])] {
    var parts: [(String, [UInt8])] = [
      ("_rels/.rels", Array(rootRelations.utf8)),
      ("xl/_rels/workbook.xml.rels", Array(workbookRelations.utf8)),
      ("xl/workbook.xml", Array(workbook.utf8)),
      ("xl/styles.xml", Array(styles.utf8)),
    ]
    if let strings {
      parts.append(
        ("xl/sharedStrings.xml", Array("<sst xmlns=\"\(Self.main)\">\(strings)</sst>".utf8)))
    }
    if packedSheet == nil { parts.append(("xl/worksheets/sheet1.xml", Array(sheetXML.utf8))) }
    return parts
  }

  /// The document of the sheet.
  var sheetXML: String {
    if sheet.hasPrefix("<?xml") || sheet.hasPrefix("<worksheet") { return sheet }
    return "<worksheet xmlns=\"\(Self.main)\"><sheetData>\(sheet)</sheetData></worksheet>"
  }

  private var rootRelations: String {
    "<Relationships xmlns=\"\(Self.package)\"><Relationship Id=\"r1\" "
      + "Type=\"\(Self.relations)/officeDocument\" Target=\"xl/workbook.xml\"/></Relationships>"
  }

  private var workbookRelations: String {
    let entries = [
      ("worksheet", "worksheets/sheet1.xml"), ("styles", "styles.xml"),
      ("sharedStrings", "sharedStrings.xml"),
    ]
    let list = entries.enumerated().map { index, entry in
      "<Relationship Id=\"r\(index + 1)\" Type=\"\(Self.relations)/\(entry.0)\" Target=\"\(entry.1)\"/>"
    }
    return "<Relationships xmlns=\"\(Self.package)\">\(list.joined())</Relationships>"
  }

  private var workbook: String {
    "<workbook xmlns=\"\(Self.main)\" xmlns:r=\"\(Self.relations)\">\(workbookProperties)"
      + "<sheets><sheet name=\"Data\" sheetId=\"1\" r:id=\"r1\"/></sheets></workbook>"
  }

  private var styles: String {
    let codes = formats.enumerated().map { index, code in
      "<numFmt numFmtId=\"\(164 + index)\" formatCode=\"\(TestWorkbook.escaped(code))\"/>"
    }
    let ids = [0] + formats.indices.map { 164 + $0 } + builtIns
    let cells = ids.map { "<xf numFmtId=\"\($0)\"/>" }
    return "<styleSheet xmlns=\"\(Self.main)\"><numFmts>\(codes.joined())</numFmts>"
      + "<cellStyleXfs><xf numFmtId=\"14\"/></cellStyleXfs><cellXfs>\(cells.joined())</cellXfs></styleSheet>"
  }

  /// A text as it stands in XML.
  static func escaped(_ text: String) -> String {
    var result = ""
    for character in text {
      switch character {
      case "&": result += "&amp;"
      case "<": result += "&lt;"
      case "\"": result += "&quot;"
      default: result.append(character)
      }
    }
    return result
  }
}

/// A part that was packed elsewhere: its deflated bytes, with runs of zeros told by their length.
struct PackedPart {
  var deflated: [UInt8]
  /// What the archive says its size is.
  var declaredSize: UInt32
}

/// Writes a ZIP archive (APPNOTE.TXT, sections 4.3.7, 4.3.12 and 4.3.16).
struct TestArchive {
  private var content: [UInt8] = []
  private var directory: [UInt8] = []
  private var count: UInt16 = 0

  /// Adds a file as it is.
  mutating func add(_ name: String, _ bytes: [UInt8], flags: UInt16 = 0) {
    add(
      name, bytes, method: 0, size: UInt32(bytes.count), checksum: TestArchive.crc32(bytes),
      flags: flags)
  }

  /// Adds a file that is packed. Its check sum is not right, which shows only at its end.
  mutating func add(_ name: String, packed part: PackedPart) {
    add(name, part.deflated, method: 8, size: part.declaredSize, checksum: 0, flags: 0)
  }

  private mutating func add(
    _ name: String, _ bytes: [UInt8], method: UInt16, size: UInt32, checksum: UInt32, flags: UInt16
  ) {
    let fields =
      number(flags) + number(method) + number(UInt32(0)) + number(checksum)
      + number(UInt32(bytes.count)) + number(size) + number(UInt16(name.utf8.count))
      + number(UInt16(0))
    directory += [0x50, 0x4B, 1, 2] + number(UInt16(20)) + number(UInt16(20)) + fields
    directory += number(UInt16(0)) + number(UInt16(0)) + number(UInt16(0)) + number(UInt32(0))
    directory += number(UInt32(content.count)) + Array(name.utf8)
    content += [0x50, 0x4B, 3, 4] + number(UInt16(20)) + fields + Array(name.utf8) + bytes
    count += 1
  }

  /// The archive.
  var bytes: [UInt8] {
    content + directory + [0x50, 0x4B, 5, 6] + number(UInt16(0)) + number(UInt16(0))
      + number(count) + number(count) + number(UInt32(directory.count))
      + number(UInt32(content.count)) + number(UInt16(0))
  }

  private func number<Number: FixedWidthInteger>(_ value: Number) -> [UInt8] {
    withUnsafeBytes(of: value.littleEndian) { Array($0) }
  }

  private static func crc32(_ bytes: [UInt8]) -> UInt32 {
    var sum: UInt32 = 0xFFFF_FFFF
    for byte in bytes {
      sum ^= UInt32(byte)
      for _ in 0..<8 { sum = sum & 1 == 1 ? sum >> 1 ^ 0xEDB8_8320 : sum >> 1 }
    }
    return ~sum
  }
}
