public import ImportModel

/// Writes rows as plain CSV (RFC 4180): commas, and double quotes where they are needed, whatever the
/// file was that they were read from.
///
/// An empty field without quotes is NULL and one with quotes is the empty string, as in Postgres's
/// `COPY … (FORMAT csv)`. Lines end with LF, which every reader of CSV takes.
public struct CSVPrinter: Sendable {
  /// What was written since it was taken last.
  public private(set) var bytes: [UInt8] = []

  /// Has written nothing.
  public init() {}

  /// Writes a line of names.
  public mutating func append(names: [String]) {
    for (index, name) in names.enumerated() {
      if index > 0 { bytes.append(UInt8(ascii: ",")) }
      var name = name
      name.withUTF8 { append(UnsafeRawBufferPointer($0), isNull: false, isOnly: names.count == 1) }
    }
    bytes.append(.lf)
  }

  /// Writes a row of a batch that has no fault.
  public mutating func append(row index: Int, of batch: RecordBatch) {
    let width = batch.fieldsPerRow
    for column in 0..<width {
      if column > 0 { bytes.append(UInt8(ascii: ",")) }
      let field = batch.fields[index * width + column]
      append(
        batch.bytes(of: field), isNull: field.count == 0 && !field.isQuoted, isOnly: width == 1)
    }
    bytes.append(.lf)
  }

  /// Forgets what was written, and keeps the memory.
  public mutating func removeAll() {
    bytes.removeAll(keepingCapacity: true)
  }

  private mutating func append(_ field: UnsafeRawBufferPointer, isNull: Bool, isOnly: Bool) {
    // An empty line would be no row.
    if isNull && !isOnly { return }
    guard field.isEmpty || CSVPrinter.needsQuotes(field) else {
      bytes.append(contentsOf: field)
      return
    }
    bytes.append(UInt8(ascii: "\""))
    var start = 0
    for (index, byte) in field.enumerated() where byte == UInt8(ascii: "\"") {
      bytes.append(contentsOf: field[start...index])
      bytes.append(UInt8(ascii: "\""))
      start = index + 1
    }
    bytes.append(contentsOf: field[start...])
    bytes.append(UInt8(ascii: "\""))
  }

  /// What would be taken for structure, and white space at the ends, which some readers drop.
  private static func needsQuotes(_ field: UnsafeRawBufferPointer) -> Bool {
    guard let first = field.first, let last = field.last else { return true }
    if first == 0x20 || first == 0x09 || last == 0x20 || last == 0x09 { return true }
    return field.contains {
      $0 == UInt8(ascii: ",") || $0 == UInt8(ascii: "\"") || $0 == .lf || $0 == .cr
    }
  }
}
