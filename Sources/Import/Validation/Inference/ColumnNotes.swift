/// What a person should know of a column that was found in a file.
struct ColumnNotes {
  /// So few values of another kind are worth a word: they may be slips, or mean NULL.
  private static let slipShare = 20

  let notices: [SurveyNotice]
  let formats: ValueFormats
  let writing: WritingEvidence
  let values: FieldEvidence

  /// Sentences, each with the option that says it better in brackets.
  var texts: [String] {
    var notes = notices.map { "\($0.message) (\($0.hint))" }
    switch values.type {
    case .text where notices.isEmpty: notes += ofText
    case .integer, .bigint, .numeric, .doublePrecision: notes += ofNumbers
    case .date, .timestamp, .timestamptz: notes += ofDates
    default: break
    }
    if values.brokenCount > 0 {
      let count = values.brokenCount == 1 ? "1 value is" : "\(values.brokenCount) values are"
      notes.append("\(count) no text in the encoding of the file (encoding)")
    }
    return notes
  }

  private var ofText: [String] {
    if let misfit = values.misfit {
      let what = values.kind == .date ? "dates" : "numbers"
      return [slip(values.misfitCount, of: values.valueCount, what, misfit)]
    }
    if let identifier = writing.identifier, writing.numbers.otherCount == 0 {
      let reason = identifier.text.hasPrefix("+") ? "its plus signs" : "its leading zeros"
      return ["is kept as text for \(reason), as in \(identifier)"]
    }
    let count =
      writing.textCount + writing.literalNumbers + writing.literalWords + writing.literalDates
    if let first = writing.firstNoNumber, isFew(writing.numbers.otherCount, of: count) {
      return [slip(Int64(writing.numbers.otherCount), of: Int64(count), "numbers", first)]
    }
    if let first = writing.firstNoDate, isFew(writing.dates.otherCount, of: count) {
      return [slip(Int64(writing.dates.otherCount), of: Int64(count), "dates", first)]
    }
    return []
  }

  private func isFew(_ others: Int, of count: Int) -> Bool {
    others > 0 && others < count && others * Self.slipShare <= count
  }

  private func slip(_ count: Int64, of all: Int64, _ what: String, _ first: Quotation) -> String {
    let some = count == 1 ? "1 of \(all) values is" : "\(count) of \(all) values are"
    return "\(some) not among the \(what) that the others are: \(first) (null, if it means nothing)"
  }

  private var ofNumbers: [String] {
    var notes: [String] = []
    if values.writtenNumbers > 0 { notes.append("has numbers that are written as texts") }
    if values.numbers.isBinary { notes.append("has only 0 and 1, which boolean would take too") }
    if writing.numbers.signedCount > 0, formats.decimal == .comma || formats.thousands != nil {
      let groups = formats.thousands.map { ", \"\($0.rawValue)\" between groups of digits" } ?? ""
      notes.append(
        "is read with the decimal sign \"\(formats.effectiveDecimal.rawValue)\"\(groups) "
          + "(decimal, thousands)")
    }
    return notes
  }

  private var ofDates: [String] {
    var notes: [String] = []
    if writing.dates.orderedCount > 0, let order = formats.dateOrder, notices.isEmpty {
      notes.append("is read in the order \(order.rawValue) (date_order)")
    }
    if values.moments.isMixed {
      notes.append("has times without a zone, which are read in that of the database (timezone)")
    }
    return notes
  }
}
