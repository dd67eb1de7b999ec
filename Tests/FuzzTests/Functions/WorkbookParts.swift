/// The parts of a workbook out of an input, put into an archive; what the input leaves out is as usual.
enum WorkbookParts {
  private static let main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
  private static let relations =
    "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
  private static let package = "http://schemas.openxmlformats.org/package/2006/relationships"

  /// In the order in which an input has them.
  private static let usual: [(name: String, content: String)] = [
    ("xl/worksheets/sheet1.xml", "<worksheet xmlns=\"\(main)\"><sheetData/></worksheet>"),
    ("xl/sharedStrings.xml", "<sst xmlns=\"\(main)\"><si><t>a</t></si><si><t>b</t></si></sst>"),
    (
      "xl/styles.xml",
      "<styleSheet xmlns=\"\(main)\"><cellXfs><xf/><xf numFmtId=\"14\"/><xf numFmtId=\"20\"/>"
        + "</cellXfs></styleSheet>"
    ),
    (
      "xl/workbook.xml",
      "<workbook xmlns=\"\(main)\" xmlns:r=\"\(relations)\"><sheets>"
        + "<sheet name=\"A\" sheetId=\"1\" r:id=\"r1\"/></sheets></workbook>"
    ),
    (
      "xl/_rels/workbook.xml.rels",
      relationships([
        ("worksheet", "worksheets/sheet1.xml"), ("sharedStrings", "sharedStrings.xml"),
        ("styles", "styles.xml"),
      ])
    ),
    ("_rels/.rels", relationships([("officeDocument", "xl/workbook.xml")])),
    ("[Content_Types].xml", ""),
  ]

  private static func relationships(_ targets: [(kind: String, target: String)]) -> String {
    let entries = targets.enumerated().map { index, entry in
      "<Relationship Id=\"r\(index + 1)\" Type=\"\(relations)/\(entry.kind)\" "
        + "Target=\"\(entry.target)\"/>"
    }
    return "<Relationships xmlns=\"\(package)\">\(entries.joined())</Relationships>"
  }

  /// The archive.
  static func archive(_ input: inout FuzzInput) -> [UInt8] {
    var archive = StoredArchive()
    for (name, content) in usual {
      let told = input.piece(upTo: 0)
      archive.add(name, told.isEmpty ? Array(content.utf8) : told)
    }
    return archive.bytes
  }
}

/// Writes a ZIP archive whose files are stored as they are (APPNOTE.TXT, sections 4.3.7, 4.3.12, 4.3.16).
struct StoredArchive {
  private var content: [UInt8] = []
  private var directory: [UInt8] = []
  private var count: UInt16 = 0

  /// Adds a file.
  mutating func add(_ name: String, _ bytes: [UInt8]) {
    var fields: [UInt8] = []
    for number in [0, 0, 0, Self.crc32(bytes), UInt32(bytes.count), UInt32(bytes.count)] {
      fields += Self.bytes(of: number)
    }
    // Flags and method have two bytes each, and so have the lengths of name and extra field.
    fields = Array(fields.dropFirst(4)) + Self.bytes(of: UInt16(name.utf8.count)) + [0, 0]
    directory += [0x50, 0x4B, 1, 2, 20, 0, 20, 0] + fields + [UInt8](repeating: 0, count: 10)
    directory += Self.bytes(of: UInt32(content.count)) + Array(name.utf8)
    content += [0x50, 0x4B, 3, 4, 20, 0] + fields + Array(name.utf8) + bytes
    count += 1
  }

  /// The archive.
  var bytes: [UInt8] {
    content + directory + [0x50, 0x4B, 5, 6, 0, 0, 0, 0] + Self.bytes(of: count)
      + Self.bytes(of: count) + Self.bytes(of: UInt32(directory.count))
      + Self.bytes(of: UInt32(content.count)) + [0, 0]
  }

  private static func bytes(of number: some FixedWidthInteger) -> [UInt8] {
    withUnsafeBytes(of: number.littleEndian) { Array($0) }
  }

  private static let table: [UInt32] = (0..<256).map { index in
    (0..<8).reduce(UInt32(index)) { sum, _ in sum & 1 == 1 ? sum >> 1 ^ 0xEDB8_8320 : sum >> 1 }
  }

  private static func crc32(_ bytes: [UInt8]) -> UInt32 {
    ~bytes.reduce(0xFFFF_FFFF) { $0 >> 8 ^ table[Int(UInt8(truncatingIfNeeded: $0) ^ $1)] }
  }
}
