import ImportModel

extension JSONInput {
  /// How many lines are tried that do not decide.
  private static let maxLines = 1000

  /// Looks how the records of a file stand, and leaves its bytes where they are, but for what comes before
  /// the first record.
  ///
  /// An array is told by its first byte that is no white space. Else the first line that begins with a
  /// whole value decides: records stand on lines where the value ends its line, and are concatenated where
  /// it does not. Lines that begin with none are passed over. Where the bytes that a record may be long do
  /// not decide, records stand on lines, unless a value goes on behind the first line of them.
  ///
  /// - Throws: `ReadingError.emptyFile`, and whatever the source throws.
  func findForm(limits: ReadingLimits) throws -> JSONForm {
    _ = try passByteOrderMark()
    var wanted = limits.blockBytes
    while true {
      try fetchPending(max(wanted - pending.count, 1))
      pending.drop(pending.bytes.prefix { $0.isJSONSpace }.count)
      if let first = pending.bytes.first {
        if first == .openBracket { return .array }
        let isLast = isAtSourceEnd || pending.count > limits.maxRowBytes
        if let form = form(isLast: isLast) { return form }
      } else if isAtSourceEnd {
        throw JSONReader.emptyFile
      }
      wanted = max(pending.count * 2, limits.blockBytes)
    }
  }

  /// The form that the bytes pending show; nil where they do not, and are not the last to be asked.
  private func form(isLast: Bool) -> JSONForm? {
    let padded = Array(pending.bytes) + Array(repeating: 0, count: JSONBytes.padding)
    let count = pending.count
    return padded.withUnsafeBufferPointer { buffer in
      buffer.baseAddress.flatMap {
        Self.form(of: $0, count: count, hasAll: isAtSourceEnd, isLast: isLast)
      }
    }
  }

  private static func form(
    of bytes: UnsafePointer<UInt8>, count: Int, hasAll: Bool, isLast: Bool
  ) -> JSONForm? {
    let memory = JSONScanMemory(tree: JSONNameTree(), columns: [])
    memory.isEnd = hasAll
    var scan = JSONScan(
      bytes: bytes, end: count, isLines: false, memory: memory, fields: memory.noFields)
    var (start, tried) = (0, 0)
    while start < count && tried < maxLines {
      tried += 1
      switch scan.read(from: start, fields: memory.noFields, firstField: 0) {
      case .whole:
        if scan.lines > 0 { return .concatenated }
        var end = scan.at
        while end < count && (bytes[end] == .space || bytes[end] == .tab) { end += 1 }
        if end == count { return isLast ? .lines : nil }
        if bytes[end] == .lf || bytes[end] == .cr { return .lines }
        if bytes[end] == .openBrace { return .concatenated }
      case .incomplete:
        return isLast ? (scan.lines > 0 && !hasAll ? .concatenated : .lines) : nil
      case .faulty: break
      }
      while start < count && bytes[start] != .lf && bytes[start] != .cr { start += 1 }
      while start < count && bytes[start].isJSONSpace { start += 1 }
    }
    return isLast || tried == maxLines ? .lines : nil
  }
}
