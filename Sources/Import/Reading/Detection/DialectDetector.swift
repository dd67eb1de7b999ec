/// Finds the dialect of delimiter-separated text: candidates are scored by how the reader itself takes a
/// sample apart with them.
///
/// The score is that of van den Burg, Nazábal and Sutton (2019): rows of one width, and cells that look
/// like something. What the caller has said is not tried otherwise.
public struct DialectDetector: Sendable {
  /// How much of the text is looked at.
  public static let sampleBytes = 128 << 10
  /// More lines than this before the header are no preamble, but a file of another kind.
  private static let maxPreamble = 30
  private static let maxRows = 400

  private let request: DialectRequest
  private let limits: ReadingLimits

  /// Prepares to find what is not said.
  public init(_ request: DialectRequest = DialectRequest(), limits: ReadingLimits = ReadingLimits())
  {
    self.request = request
    self.limits = limits
  }

  /// Looks at the start of a text.
  ///
  /// - Parameters:
  ///   - text: its first bytes in UTF-8, without a byte order mark.
  ///   - isWhole: whether that is all of it.
  /// - Throws: `ReadingError` where what was said contradicts itself, or there is nothing to read.
  public func detect(_ text: [UInt8], isWhole: Bool) throws -> DialectGuess {
    let sample = Sample(text, isWhole: isWhole, maxLines: Self.maxRows)
    var guess = DialectGuess(dialect: CSVDialect(), isSure: true, notes: [])
    let separator = request.delimiter == nil ? SeparatorLine(sample.bytes) : nil
    var best: Candidate?
    var second: Candidate?
    for dialect in candidates(for: sample, separator) {
      guard let candidate = try score(dialect, on: sample, startingAt: separator == nil ? 0 : 1)
      else { continue }
      if candidate.isBetter(than: best) {
        if let best, best.dialect.delimiter != candidate.dialect.delimiter { second = best }
        best = candidate
      } else if candidate.dialect.delimiter != best?.dialect.delimiter,
        candidate.isBetter(than: second)
      {
        second = candidate
      }
    }
    guard let best else { return try fallback(separator) }
    guess.dialect = best.dialect
    describe(best, second, sample, into: &guess)
    guess.dialect.hasHeader = hasHeader(best, into: &guess)
    return guess
  }

  // MARK: Candidates

  private func candidates(for sample: Sample, _ separator: SeparatorLine?) -> [CSVDialect] {
    let delimiters =
      (request.delimiter ?? separator?.delimiter).map { [$0] } ?? sample.delimiters
    let quotings = quotes(in: sample).map { ($0, escapes(in: sample, quote: $0)) }
    var dialects: [CSVDialect] = []
    for delimiter in delimiters {
      for (quote, escapes) in quotings where quote.map({ [$0] != delimiter }) ?? true {
        for escape in escapes {
          dialects.append(
            CSVDialect(
              delimiter: delimiter, quote: quote, escape: escape, comment: request.comment,
              skipRows: request.skipRows ?? 0))
        }
      }
    }
    return dialects
  }

  private func quotes(in sample: Sample) -> [UInt8?] {
    if let told = request.quote { return [told] }
    // Inches and seconds of arc quote nothing.
    let usual = UInt8(ascii: "\"")
    let isStray =
      sample.bytes.contains(usual) && !sample.opensField(with: usual, behind: request.delimiter)
    var quotes: [UInt8?] = [isStray ? nil : usual]
    if sample.hasQuotedFields(by: UInt8(ascii: "'")) { quotes.append(UInt8(ascii: "'")) }
    return quotes
  }

  private func escapes(in sample: Sample, quote: UInt8?) -> [CSVDialect.Escape] {
    if let told = request.escape { return [told] }
    guard let quote, sample.contains([UInt8(ascii: "\\"), quote]) else { return [.doubling] }
    return [.doubling, .character(UInt8(ascii: "\\"))]
  }

  // MARK: Scores

  private struct Candidate {
    var dialect: CSVDialect
    let table: SampleTable
    let score: Double

    /// Candidates are tried in the order of their likelihood: the one that comes later has to be better.
    func isBetter(than other: Candidate?) -> Bool {
      guard let other else { return true }
      return score > other.score * (1 + 1e-9)
    }
  }

  private func score(
    _ dialect: CSVDialect, on sample: Sample, startingAt firstLine: Int
  ) throws -> Candidate? {
    var dialect = dialect
    try dialect.validate()
    if request.skipRows == nil { dialect.skipRows = firstLine }
    do {
      var table = try SampleTable(sample.bytes, dialect: dialect, limits: limits)
      if request.skipRows == nil, let start = tableStart(in: table) {
        dialect.skipRows = start
        if request.comment == nil, hasRemarks(table, sample, start: start) {
          dialect.comment = [UInt8(ascii: "#")]
        }
        table = try SampleTable(sample.bytes, dialect: dialect, limits: limits)
      }
      guard !table.rows.isEmpty else { return nil }
      // Whoever leaves lines out has to make more of the rest.
      let used = Double(table.rows.count) / Double(table.rows.count + dialect.skipRows)
      return Candidate(dialect: dialect, table: table, score: table.score * used)
    } catch let error as ReadingError where error.code == .emptyFile {
      return nil
    }
  }

  /// Whether remarks, as there are above the table, go on within it: a line that may be a row is none.
  private func hasRemarks(_ table: SampleTable, _ sample: Sample, start: Int) -> Bool {
    let sign = UInt8(ascii: "#")
    guard sample.lineBegins(with: sign, before: start) else { return false }
    let lines = sample.lines(beginningWith: sign)
    let within = table.rows.filter { $0.line > Int64(start) && lines.contains($0.line) }
    return !within.isEmpty && within.allSatisfy { $0.width != table.commonWidth }
  }

  /// How many lines stand before the table, where some do that cannot belong to it.
  private func tableStart(in table: SampleTable) -> Int? {
    let width = table.commonWidth
    guard width > 1, let begin = table.rows.firstIndex(where: { $0.width == width }), begin > 0,
      begin <= Self.maxPreamble, table.rows[begin].line <= Int64(Self.maxPreamble) + 1
    else { return nil }
    return Int(table.rows[begin].line - 1)
  }

  /// Where no row could be read with any candidate: an empty file, or a header alone that is too long.
  private func fallback(_ separator: SeparatorLine?) throws -> DialectGuess {
    let dialect = CSVDialect(
      delimiter: request.delimiter ?? separator?.delimiter ?? [UInt8(ascii: ",")],
      quote: request.quote ?? UInt8(ascii: "\""), escape: request.escape ?? .doubling,
      comment: request.comment, skipRows: request.skipRows ?? (separator == nil ? 0 : 1),
      hasHeader: request.hasHeader ?? true)
    try dialect.validate()
    return DialectGuess(dialect: dialect, isSure: true, notes: [])
  }

  // MARK: What to tell

  private func describe(
    _ best: Candidate, _ second: Candidate?, _ sample: Sample, into guess: inout DialectGuess
  ) {
    let skipped = best.dialect.skipRows
    if request.skipRows == nil, skipped > 0 {
      guess.notes.append(
        "\(skipped) \(skipped == 1 ? "line" : "lines") before the table passed over (skip_rows)")
    }
    if best.dialect.comment != nil, request.comment == nil {
      guess.notes.append("lines that begin with # are taken as remarks")
    }
    if best.dialect.quote == nil, request.quote == nil {
      guess.notes.append("no field begins with a quote: those within fields stay (quote)")
    }
    guard request.delimiter == nil, let second, best.table.commonWidth > 1,
      second.table.commonWidth > 1, second.score > best.score * 0.8
    else { return }
    guess.isSure = false
    guess.notes.append(
      "the delimiter may be \(name(second.dialect.delimiter)) as well as "
        + "\(name(best.dialect.delimiter)), which was taken (delimiter)")
  }

  private func name(_ delimiter: [UInt8]) -> String {
    delimiter == [0x09] ? "a tab" : "\"\(String(decoding: delimiter, as: UTF8.self))\""
  }

  private func hasHeader(_ candidate: Candidate, into guess: inout DialectGuess) -> Bool {
    if let told = request.hasHeader { return told }
    switch HeaderGuess(candidate.table) {
    case .header: return true
    case .data:
      guess.notes.append(
        "the first row looks like data: the file is read as one without a header (header)")
      return false
    case .unsure:
      guess.notes.append("the first row is taken as the header (header)")
      return true
    }
  }
}
