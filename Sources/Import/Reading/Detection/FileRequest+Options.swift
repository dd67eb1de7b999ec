public import ImportModel

extension FileRequest {
  /// What the options of an import say of its file.
  ///
  /// - Throws: `OptionError`, naming the option.
  public init(_ options: ImportOptions) throws(OptionError) {
    self.init()
    if let name = options.format { format = try FileRequest.format(name) }
    if let name = options.encoding {
      guard let known = TextEncoding(named: name) else {
        throw OptionError(
          "encoding", "names no encoding that is known", hint: "for example UTF-8 or windows-1252")
      }
      encoding = known
    }
    dialect = try DialectRequest(options)
    if let name = options.sheet { sheet = .named(name) }
    wantedNames = options.mapping.map { $0.keys.sorted() } ?? []
  }

  private static func format(_ name: String) throws(OptionError) -> FileFormat {
    // JSON lines go by other names too.
    if ["jsonl", "ndjson"].contains(name) { return .json }
    if let known = FileFormat(rawValue: name) { return known }
    let names = FileFormat.allCases.map(\.rawValue).joined(separator: ", ")
    throw OptionError("format", "is one of \(names)")
  }
}

extension DialectRequest {
  /// What the options of an import say of delimiter-separated text.
  ///
  /// - Throws: `OptionError`, naming the option.
  init(_ options: ImportOptions) throws(OptionError) {
    self.init()
    var told = CSVDialect()
    if let text = options.delimiter {
      told.delimiter = Array(text.utf8)
      delimiter = told.delimiter
      try told.check("delimiter")
    }
    if let text = options.quote {
      told.quote = text == "none" ? nil : try DialectRequest.byte(text, "quote")
      quote = .some(told.quote)
      try told.check("quote")
    }
    if let text = options.escape {
      told.escape = try DialectRequest.escape(text, quote: told.quote)
      escape = told.escape
      try told.check("escape")
    }
    if let text = options.comment {
      told.comment = Array(text.utf8)
      comment = told.comment
      try told.check("comment")
    }
    skipRows = options.skipRows
    hasHeader = options.header
  }

  private static func escape(
    _ text: String, quote: UInt8?
  ) throws(OptionError) -> CSVDialect.Escape {
    if text == "copy" { return .backslash }
    let byte = try byte(text, "escape")
    return byte == quote ? .doubling : .character(byte)
  }

  private static func byte(_ text: String, _ option: String) throws(OptionError) -> UInt8 {
    guard text.utf8.count == 1, let byte = text.utf8.first else {
      throw OptionError(option, "is one ASCII character")
    }
    return byte
  }
}

extension CSVDialect {
  /// Checks what is told so far.
  fileprivate func check(_ option: String) throws(OptionError) {
    do {
      try validate()
    } catch {
      throw OptionError(option, "cannot be as it is told: \(error.message)")
    }
  }
}
