import ImportModel

extension RowAssembly {
  /// The row as the names of columns. Empty ones at its end are cut off.
  func header(_ limits: ReadingLimits) throws(ReadingError) -> FileHeader {
    if exceedsLimit {
      throw ReadingError(
        .headerTooLong, "The header is longer than \(limits.maxRowBytes) bytes.")
    }
    var names = texts().map { SheetName.trimmed($0) }
    while names.count > 1, names.last == "" { names.removeLast() }
    try RowAssembly.check(names.count, limits)
    return FileHeader(names: names, raw: rawBytes)
  }

  /// Names for the columns of a sheet without a header: as many as the row has.
  func columnNames(_ limits: ReadingLimits) throws(ReadingError) -> FileHeader {
    try RowAssembly.check(columns, limits)
    return FileHeader(names: (1...columns).map { "column_\($0)" })
  }

  private static func check(_ columns: Int, _ limits: ReadingLimits) throws(ReadingError) {
    guard columns > limits.maxColumns else { return }
    throw ReadingError(
      .tooManyColumns, "The header has \(columns) columns; at most \(limits.maxColumns) are read.")
  }
}

/// The name of a column in a sheet.
enum SheetName {
  /// Without white space around it.
  static func trimmed(_ name: String) -> String {
    let start = name.drop { $0.isWhitespace }
    guard let end = start.lastIndex(where: { !$0.isWhitespace }) else { return "" }
    return String(start[...end])
  }
}

extension RecordBatch {
  /// Whether no byte in use is zero or above 0x7F, looked at eight at a time.
  var isStoragePlain: Bool {
    let bytes = UnsafeRawBufferPointer(rebasing: storage[..<count])
    let high: UInt64 = 0x8080_8080_8080_8080
    let ones: UInt64 = 0x0101_0101_0101_0101
    var found: UInt64 = 0
    var index = 0
    while index + 8 <= bytes.count {
      let word = bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self)
      // The second term has a high bit where a byte was zero, given that none of the first has.
      found |= (word | (word &- ones)) & high
      index += 8
    }
    while index < bytes.count {
      if bytes[index] == 0 || bytes[index] > 0x7F { return false }
      index += 1
    }
    return found == 0
  }
}
