import ImportModel

/// Rows that are faulty.
extension JSONRun {
  /// What becomes of a record that is too long, not whole, or wrong.
  @inline(never)
  mutating func broken(
    _ outcome: JSONScan.Outcome, at item: Int, line: Int64, indent: Int
  ) -> Stop? {
    memory.unescaped.remove(from: firstFieldOfRow)
    let seen =
      switch outcome {
      case .whole: scan.at
      case .incomplete: input.count
      case .faulty: scan.problem.offset
      }
    let limit = input.limits.maxRowBytes
    if seen - item > limit {
      return recover(
        input.form.broken, item, line: line, indent: indent,
        problem: JSONProblem(kind: .endsInside, offset: item + limit), isTooLong: true)
    }
    if case .incomplete = outcome, !input.isEnd { return .bytes }
    return recover(input.form.broken, item, line: line, indent: indent, problem: scan.problem)
  }

  /// What becomes of a record behind which something stands that must not.
  @inline(never)
  mutating func bad(
    _ kind: JSONProblem.Kind, at offset: Int, item: Int, line: Int64, indent: Int
  ) -> Stop? {
    memory.unescaped.remove(from: firstFieldOfRow)
    let problem = JSONProblem(kind: kind, offset: offset)
    if kind == .textBehindRecord {
      return recover(.line, item, line: line, indent: indent, problem: problem)
    }
    let end = kind == .endsBeforeArrayDoes ? input.count : scan.at
    appendFault(.syntax(message: message(problem, item..<end, line: line)), item..<end, line)
    return nil
  }

  @inline(never)
  mutating func appendNoObject(
    _ item: Int, _ line: Int64, _ end: Int, _ lines: Int64
  ) -> Stop? {
    memory.unescaped.remove(from: firstFieldOfRow)
    let problem = JSONProblem(kind: .notAnObject, offset: item)
    appendFault(.syntax(message: problem.text(at: rest(item, end))), item..<end, line)
    return nil
  }

  mutating func recover(
    _ kind: JSONRecovery.Kind, _ item: Int, line: Int64, indent: Int, problem: JSONProblem,
    isTooLong: Bool = false
  ) -> Stop? {
    let limit = input.limits.maxRowBytes
    var recovery = JSONRecovery(kind, indent: indent, required: problem.offset - item)
    let end: Int
    switch recovery.find(in: rest(item, input.count), isEnd: input.isEnd) {
    case .found(let offset): end = item + offset
    case .further(let looked):
      guard input.isEnd else {
        if input.count - item <= limit + Self.lookahead { return .bytes }
        let fault = fault(problem, item..<input.count, line: line, isTooLong: isTooLong)
        return .broken(
          Broken(fault: fault, item: item, line: line, looked: item + looked, recovery: recovery))
      }
      if kind != .line && input.count - item > limit { return .lost(line: line + 1) }
      end = input.count
    }
    appendFault(
      fault(problem, item..<end, line: line, isTooLong: isTooLong), item..<end, line)
    return nil
  }

  func fault(
    _ problem: JSONProblem, _ region: Range<Int>, line: Int64, isTooLong: Bool
  ) -> RowFault {
    if isTooLong { return .tooLong(limit: input.limits.maxRowBytes) }
    if problem.kind == .badEncoding { return .badEncoding }
    return .syntax(message: message(problem, region, line: line))
  }

  /// The problem and its place, counted in characters of the row, or of a line of it.
  func message(_ problem: JSONProblem, _ region: Range<Int>, line: Int64) -> String {
    let text = problem.text(at: rest(problem.offset, region.upperBound))
    guard problem.hasPlace else { return text }
    var (start, lines) = (region.lowerBound, Int64(0))
    var index = region.lowerBound
    while index < problem.offset {
      let byte = input.bytes[index]
      if byte == .lf || byte == .cr {
        if byte == .lf || input.bytes[index + 1] != .lf { lines += 1 }
        start = index + 1
      }
      index += 1
    }
    let before = (start..<problem.offset).count { !input.bytes[$0].isContinuation }
    let place = lines > 0 ? " of line \(line + lines + 1)" : ""
    return "\(text) (character \(before + 1)\(place))"
  }

  func rest(_ start: Int, _ end: Int) -> UnsafeBufferPointer<UInt8> {
    UnsafeBufferPointer(start: input.bytes + start, count: max(end - start, 0))
  }

  /// Makes a faulty row of some bytes, without the white space at their end.
  mutating func appendFault(_ fault: RowFault, _ region: Range<Int>, _ line: Int64) {
    let fields = input.fields + rowCount * input.columns
    fields.initialize(
      repeating: FieldSlice(offset: region.lowerBound, count: 0, isQuoted: false),
      count: input.columns)
    var count = region.count
    if count > input.limits.maxRowBytes { count = input.limits.maxRawBytes }
    while count > 0 && input.bytes[region.lowerBound + count - 1].isJSONSpace { count -= 1 }
    let all = rest(region.lowerBound, region.upperBound)
    if all.contains(where: { $0 == 0 || $0 >= 0x80 }) { isASCII = false }
    (input.rows + rowCount).initialize(
      to: RecordRow(
        number: input.firstRow + Int64(rowCount), line: line + 1, rawOffset: region.lowerBound,
        rawCount: count, fault: fault))
    endRow(
      at: region.upperBound,
      line: line + JSONBytes.lineEnds(in: rest(region.lowerBound, region.upperBound)))
  }
}

extension JSONForm {
  /// How reading goes on behind a record that is broken.
  fileprivate var broken: JSONRecovery.Kind {
    switch self {
    case .lines: .line
    case .concatenated: .concatenated
    case .array: .element
    }
  }
}
