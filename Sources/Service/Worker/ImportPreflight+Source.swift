public import ImportModel
import Reading
import Validation

extension ImportPreflight {
  /// The file as its import's object describes it: what is known of its bytes, and how they are read.
  public func described(as known: ImportSource) -> ImportSource {
    var source = known
    source.format = plan.format.rawValue
    // A workbook is XML in UTF-8, whoever made it.
    source.encoding = plan.encoding?.name ?? TextEncoding.utf8.name
    source.dialect = ImportSource.Dialect(plan.content)
    source.reading = ImportSource.Reading(
      containers: plan.containers.map(\.rawValue), isSure: plan.isSure, notes: plan.notes)
    return source
  }

  /// The first line of a report of rejected rows as they stood: the header of the file; where it has none,
  /// the columns that its fields go into. Empty for JSON, whose records name their own.
  public var reportHeader: [UInt8] {
    guard plan.format != .json, header.raw.isEmpty else { return header.raw }
    var names = header.names
    for mapped in mapping { names[mapped.field] = mapped.column.name }
    let dialect = ImportSource.Dialect(plan.content)
    return Array(
      names.map { dialect.quoted($0) }.joined(separator: dialect.delimiter ?? ",").utf8)
  }
}

extension ImportSource.Dialect {
  init(_ content: FilePlan.Content) {
    switch content {
    case .csv(let dialect):
      self.init(
        delimiter: String(decoding: dialect.delimiter, as: UTF8.self),
        quote: dialect.quote.map { String(UnicodeScalar($0)) } ?? "none",
        escape: dialect.escapeName,
        comment: dialect.comment.map { String(decoding: $0, as: UTF8.self) },
        header: dialect.hasHeader, skipRows: dialect.skipRows)
    case .json(let form, _):
      self.init(form: form.rawValue)
    case .xlsx(let sheet, let skipRows, let hasHeader):
      self.init(header: hasHeader, skipRows: skipRows, sheet: sheet.number)
    }
  }
}

extension CSVDialect {
  /// As the option `escape` has it.
  fileprivate var escapeName: String? {
    switch escape {
    case .doubling: quote.map { String(UnicodeScalar($0)) }
    case .character(let byte): String(UnicodeScalar(byte))
    case .backslash: "copy"
    }
  }
}

extension SheetChoice {
  /// Its place, where it is chosen by that: a plan always does.
  fileprivate var number: Int? {
    if case .index(let number) = self { number } else { nil }
  }
}
