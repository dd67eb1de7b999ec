import FoundationEssentials
import ImportModel
import Reading
import Testing

/// From the stored bytes to the rows, through all that lies between: container, encoding, detection, reader.
@Suite("A file of any kind, torn into random blocks by its storage")
struct TornFileTests {
  /// A kind of file, and what is in one.
  struct Kind: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let bytes: @Sendable (inout SeededGenerator) throws -> [UInt8]
  }

  static let kinds = [
    Kind(testDescription: "CSV") { Array(table(&$0).utf8) },
    Kind(testDescription: "CSV with broken bytes") { random in
      var bytes = Array(table(&random).utf8)
      for _ in 0..<5 { bytes[Int.random(in: 0..<bytes.count, using: &random)] = 0xFF }
      return bytes
    },
    Kind(testDescription: "UTF-16 behind lines of its own") { random in
      [0xFF, 0xFE]
        + ("Report\r\nof today\r\n\r\n" + table(&random)).utf16.flatMap {
          [UInt8(truncatingIfNeeded: $0), UInt8(truncatingIfNeeded: $0 >> 8)]
        }
    },
    Kind(testDescription: "Windows-1252") { random in
      Array(table(&random).unicodeScalars.map { UInt8(truncatingIfNeeded: min($0.value, 0xFF)) })
    },
    Kind(testDescription: "gzip") { try packed(table(&$0), "gzip.compress(text, mtime=0)") },
    Kind(testDescription: "gzip of many members") {
      try packed(
        table(&$0),
        "b''.join(gzip.compress(text[i:i + 100], mtime=0) for i in range(0, len(text), 100))")
    },
    Kind(testDescription: "zstd") { zstd(Array(table(&$0).utf8), &$0) },
    Kind(testDescription: "ZIP") { random in
      let text = base64(of: Array(table(&random).utf8))
      return try python(
        """
        import base64
        file = io.BytesIO()
        with zipfile.ZipFile(file, 'w', zipfile.ZIP_DEFLATED) as archive:
            archive.writestr('a.csv', base64.b64decode('\(text)'))
        out.write(file.getvalue())
        """)
    },
    Kind(testDescription: "JSON lines") { Array(records(&$0).joined(separator: "\n").utf8) },
    Kind(testDescription: "a JSON array") {
      Array("[\(records(&$0).joined(separator: ", \n"))]".utf8)
    },
    Kind(testDescription: "a workbook") { random in
      let rows = (2...120).map { row in
        "<row r=\"\(row)\"><c r=\"A\(row)\"><v>\(Int.random(in: 0...9999, using: &random))</v></c>"
          + "<c r=\"B\(row)\" t=\"s\"><v>\(row % 2 + 2)</v></c></row>"
      }
      let header = "<row r=\"1\"><c t=\"s\"><v>0</v></c><c t=\"s\"><v>1</v></c></row>"
      return TestWorkbook(
        header + rows.joined(), strings: "<si><t>n</t></si><si><t>ä</t></si><si><t>x</t></si><si/>"
      ).bytes
    },
  ]

  @Test("what is found in it and what is read from it stay the same", arguments: kinds)
  func torn(kind: Kind) throws {
    for seed in UInt64(1)...4 {
      var random = SeededGenerator(seed: seed)
      let bytes = try kind.bytes(&random)
      let limits = ReadingLimits(
        blockBytes: [64, 1000, 1 << 16].randomElement(using: &random) ?? 64)
      let whole = try Self.read(MemoryFile(bytes), ReadingLimits())
      #expect(whole.lines.count > 20)
      for largest in [1, 7, 300, 5000] {
        let torn = TornFile(bytes: bytes, seed: random.next(), largest: largest)
        #expect(try Self.read(torn, limits) == whole, "seed \(seed), blocks of up to \(largest)")
      }
    }
  }

  /// What is to be the same.
  private struct Outcome: Equatable {
    var plan: FilePlan
    var names: [String]
    var lines: [String]
    var ends: [FilePosition]
  }

  private static func read(_ file: any FileBytes, _ limits: ReadingLimits) throws -> Outcome {
    let scratch = FileManager.default.temporaryDirectory.path
    let plan = try FileInspector(file, limits: limits, scratch: scratch).plan(.whole)
    let reader = try plan.reader(of: file, limits: limits, scratch: scratch)
    var outcome = Outcome(plan: plan, names: try reader.readHeader().names, lines: [], ends: [])
    let batch = RecordBatch(capacity: 64)
    while try reader.read(into: batch, maxBytes: 700, maxRows: 20) {
      outcome.ends.append(batch.end)
      for (index, row) in batch.rows.enumerated() {
        let fields = batch.fields[
          (index * batch.fieldsPerRow)..<((index + 1) * batch.fieldsPerRow)]
        let values = fields.map { field in
          row.fault == nil ? Array(batch.bytes(of: field)) + [field.isQuoted ? 1 : 0] : []
        }
        outcome.lines.append(
          "\(row.number) \(row.line) \(values) \(Array(batch.raw(of: row))) \(String(describing: row.fault))"
        )
      }
    }
    return outcome
  }
}

// MARK: Files

extension TornFileTests {
  private static func table(_ random: inout SeededGenerator) -> String {
    let parts = ["a", "ü", "x y", "\"\"", ";", "\r\n", "1.234,5"]
    var text = "id;name;day\r\n"
    for row in 1...Int.random(in: 40...120, using: &random) {
      let name = (0..<Int.random(in: 0...6, using: &random)).map { _ in
        parts.randomElement(using: &random) ?? ""
      }
      text += "\(row);\"\(name.joined())\";\(row % 28 + 1).02.2024"
      text += Int.random(in: 0..<15, using: &random) == 0 ? ";\r\n" : "\r\n"
    }
    return text
  }

  private static func records(_ random: inout SeededGenerator) -> [String] {
    (1...Int.random(in: 40...120, using: &random)).map { row in
      switch Int.random(in: 0..<10, using: &random) {
      case 0: "{\"id\": \(row), \"name\": \"\\u00e9\\n\", \"more\": {\"a\": [\(row), null]}}"
      case 1: "{\"id\": \(row),, \"name\": 1}"
      case 2: "{\"name\": \"ä \\\" \(row)\", \"id\": 1.50e3}"
      default: "{\"id\": \(row), \"name\": null}"
      }
    }
  }

  private static func base64(of bytes: [UInt8]) -> String { Data(bytes).base64EncodedString() }

  private static func packed(_ text: String, _ expression: String) throws -> [UInt8] {
    try python(
      "import base64\ntext = base64.b64decode('\(base64(of: Array(text.utf8)))')\nout.write(\(expression))"
    )
  }

  /// Frames of stored blocks (RFC 8878, sections 3.1.1.1 and 3.1.1.2): a window of 1 MiB, no checksum.
  private static func zstd(_ bytes: [UInt8], _ random: inout SeededGenerator) -> [UInt8] {
    var frames: [UInt8] = []
    var rest = bytes[...]
    while !rest.isEmpty {
      let blocks = (0..<Int.random(in: 1...3, using: &random)).map { _ in
        let block = rest.prefix(Int.random(in: 1...400, using: &random))
        rest = rest.dropFirst(block.count)
        return block
      }
      frames += [0x28, 0xB5, 0x2F, 0xFD, 0x00, 0x50]
      for (index, block) in blocks.enumerated() {
        let head = block.count << 3 | (index == blocks.count - 1 ? 1 : 0)
        frames += [UInt8(head & 0xFF), UInt8(head >> 8 & 0xFF), UInt8(head >> 16)] + block
      }
    }
    return frames
  }
}

/// A stored file that hands out as many bytes at once as it likes; at one place, always as many.
private struct TornFile: FileBytes {
  let bytes: [UInt8]
  let seed: UInt64
  let largest: Int

  var size: Int64 { Int64(bytes.count) }

  func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int64) -> Int {
    var random = SeededGenerator(seed: seed &+ UInt64(offset))
    let start = min(Int(offset), bytes.count)
    let most = min(buffer.count, bytes.count - start)
    let count = min(most, Int.random(in: 1...largest, using: &random))
    buffer.copyBytes(from: bytes[start..<(start + count)])
    return count
  }
}
