internal import ImportModel

/// A sample of a file as one dialect cuts it up.
struct SampleTable {
  /// How often each number of fields occurs.
  private(set) var widths: [Int: Int] = [:]
  /// The number of fields of each row, in order, with the line on which it begins.
  private(set) var rows: [(line: Int64, width: Int)] = []
  /// Rows of the width of the first one: their cells, as patterns.
  private(set) var patterns: [[CellPattern]] = []
  /// The cells of the first row.
  private(set) var first: [[UInt8]] = []
  /// Whether any row could not be read for another reason than its width.
  private(set) var hasBrokenRows = false

  /// Reads a sample.
  ///
  /// - Parameters:
  ///   - sample: text in UTF-8, cut off behind a line end where the file goes on.
  ///   - dialect: how to read it; its rows are taken as data, whatever it says of a header.
  init(_ sample: [UInt8], dialect: CSVDialect, limits: ReadingLimits) throws {
    var dialect = dialect
    dialect.hasHeader = false
    let reader = CSVReader(source: MemorySource(sample), dialect: dialect, limits: limits)
    let batch = RecordBatch(capacity: sample.count + 64)
    while try reader.read(into: batch, maxBytes: max(sample.count, 1), maxRows: .max) {
      for index in batch.rows.indices { note(index, of: batch) }
    }
  }

  private mutating func note(_ index: Int, of batch: RecordBatch) {
    let row = batch.rows[index]
    switch row.fault {
    case nil:
      add(width: batch.fieldsPerRow, at: row.line)
      let fields = batch.fields[
        (index * batch.fieldsPerRow)..<((index + 1) * batch.fieldsPerRow)]
      if first.isEmpty { first = fields.map { Array(batch.bytes(of: $0)) } }
      patterns.append(
        fields.map { CellPattern(batch.bytes(of: $0), isQuoted: $0.isQuoted && $0.count > 0) })
    case .fieldCount(let found):
      add(width: found, at: row.line)
    default:
      hasBrokenRows = true
      add(width: 0, at: row.line)
    }
  }

  private mutating func add(width: Int, at line: Int64) {
    widths[width, default: 0] += 1
    rows.append((line, width))
  }

  /// The number of fields that most rows have; of several, the largest.
  var commonWidth: Int {
    widths.max { ($0.value, $0.key) < ($1.value, $1.key) }?.key ?? 0
  }

  /// How well rows and cells hang together, from 0 on: the pattern score times the type score.
  var score: Double {
    let patternScore =
      widths.reduce(0.0) { sum, entry in
        let fields = Double(entry.key)
        return entry.key < 1 ? sum : sum + Double(entry.value) * max(fields - 1, 0.001) / fields
      } / Double(max(widths.count, 1))
    let cells = patterns.reduce(0) { $0 + $1.count }
    guard cells > 0 else { return 0 }
    let known = patterns.reduce(0) { $0 + $1.count { $0 != .unknown } }
    return patternScore * max(Double(known) / Double(cells), 1e-10)
  }
}

/// Bytes that are in memory, as a source.
final class MemorySource: ByteSource {
  private let bytes: [UInt8]
  private var offset = 0

  var bytesTaken: Int64 { Int64(offset) }

  init(_ bytes: [UInt8]) {
    self.bytes = bytes
  }

  func read(into buffer: UnsafeMutableRawBufferPointer) -> Int {
    let count = min(buffer.count, bytes.count - offset)
    bytes.withUnsafeBytes { all in
      buffer.copyMemory(from: UnsafeRawBufferPointer(rebasing: all[offset..<(offset + count)]))
    }
    offset += count
    return count
  }
}
