/// Goes through the rows of some bytes in any dialect, byte by byte, from one place of structure to the
/// next. It begins at a row's start.
struct StructureWalk {
  /// What it came to. `index` is behind it then.
  enum Event {
    /// The delimiter behind `field`.
    case delimiter
    /// The line end behind `field`, the last one of its row.
    case rowEnd
    /// The end of a comment, which is no row.
    case comment
    /// The end of the bytes, or of those that can be judged. What stands behind the last event is in
    /// `isInQuotes`, `isInComment` and `field`.
    case end
  }

  private let bytes: UnsafePointer<UInt8>
  private let count: Int
  /// Where the bytes end that can be judged.
  private let limit: Int
  private let dialect: CheckedDialect
  /// The bits of `CheckedDialect.ByteClass` to stop at.
  private var wanted = CheckedDialect.ByteClass.structural | CheckedDialect.ByteClass.special
  private var isAtRowStart = true
  private var fieldStart: Int
  private var quotes = 0
  private var firstQuote = 0
  private var lastQuote = 0
  private var hasEscapes = false

  /// The bytes before it are done.
  private(set) var index: Int
  /// The field that the last event ended.
  private(set) var field: FieldSpan
  /// Whether the row goes on within quotes.
  private(set) var isInQuotes = false
  /// Whether a comment goes on.
  private(set) var isInComment = false
  /// Line ends that were passed in this row, or comment, the last one with them.
  private(set) var lines: Int64 = 0
  /// The first byte that is zero or above 0x7F, if there is one among those done.
  private(set) var firstSpecial = Int.max

  /// - Parameters:
  ///   - start: where to begin.
  ///   - isEnd: whether the file ends behind the bytes.
  init(
    _ bytes: UnsafePointer<UInt8>, from start: Int, to count: Int, isEnd: Bool,
    dialect: CheckedDialect
  ) {
    self.bytes = bytes
    self.count = count
    self.dialect = dialect
    limit = isEnd ? count : count - dialect.lookahead
    index = start
    fieldStart = start
    field = FieldSpan(start: start, end: start, coding: .none)
  }

  /// Goes on to the next place of structure.
  mutating func next() -> Event {
    if isAtRowStart && index < limit { beginRow() }
    if isInComment { return passComment() }
    let classes = dialect.classes
    while index < limit {
      let byte = bytes[index]
      let found = classes[Int(byte)] & wanted
      if found == 0 {
        index &+= 1
      } else if found & CheckedDialect.ByteClass.special != 0 {
        noteSpecial()
      } else if byte == .lf || byte == .cr {
        guard let event = passLineEnd(byte) else { continue }
        return event
      } else if byte == dialect.escape {
        passEscape()
      } else if byte == dialect.dialect.quote {
        passQuote()
      } else if !isInQuotes && isDelimiter {
        endField()
        index &+= dialect.delimiter.count
        fieldStart = index
        return .delimiter
      } else {
        index &+= 1
      }
    }
    endField()
    return .end
  }

  private mutating func beginRow() {
    isAtRowStart = false
    fieldStart = index
    lines = 0
    isInComment = !dialect.comment.isEmpty && matches(dialect.comment)
  }

  /// Goes to the end of a comment, in which quotes and escapes mean nothing.
  private mutating func passComment() -> Event {
    while index < limit {
      let byte = bytes[index]
      if byte == .lf || byte == .cr {
        guard let length = lineEndLength(byte) else { return .end }
        index &+= length
        return endComment(lines: 1)
      }
      if byte == 0 || byte > 0x7F { noteSpecial() }
      index &+= 1
    }
    return limit == count ? endComment(lines: 0) : .end
  }

  private mutating func endComment(lines count: Int64) -> Event {
    lines = count
    isInComment = false
    isAtRowStart = true
    return .comment
  }

  private mutating func noteSpecial() {
    firstSpecial = min(firstSpecial, index)
    wanted = CheckedDialect.ByteClass.structural
  }

  /// Returns nil where the line end stands within quotes.
  private mutating func passLineEnd(_ byte: UInt8) -> Event? {
    guard let length = lineEndLength(byte) else {
      endField()
      return .end
    }
    lines &+= 1
    if isInQuotes {
      index &+= length
      return nil
    }
    endField()
    index &+= length
    isAtRowStart = true
    return .rowEnd
  }

  /// Whether the line end at `index` is CRLF or a single byte; nil where it is not known yet.
  private func lineEndLength(_ byte: UInt8) -> Int? {
    let isPair = byte == .cr && index &+ 1 < count && bytes[index &+ 1] == .lf
    guard isPair else { return 1 }
    return index &+ 2 <= limit ? 2 : nil
  }

  /// The byte behind is data, and so is a whole CRLF.
  private mutating func passEscape() {
    hasEscapes = true
    index &+= 1
    guard index < count else { return }
    let byte = bytes[index]
    if byte == 0 || byte > 0x7F { noteSpecial() }
    index &+= 1
    guard byte == .lf || byte == .cr else { return }
    lines &+= 1
    if byte == .cr && index < count && bytes[index] == .lf { index &+= 1 }
  }

  private mutating func passQuote() {
    if quotes == 0 { firstQuote = index }
    lastQuote = index
    quotes &+= 1
    isInQuotes.toggle()
    index &+= 1
  }

  private var isDelimiter: Bool { dialect.delimiter.count == 1 || matches(dialect.delimiter) }

  private func matches(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
    guard text.count <= count &- index else { return false }
    for offset in text.indices where bytes[index &+ offset] != text[offset] { return false }
    return true
  }

  /// Makes `field` of what stands between `fieldStart` and `index`.
  private mutating func endField() {
    field = FieldSpan(start: fieldStart, end: index, coding: coding)
    quotes = 0
    hasEscapes = false
  }

  private var coding: FieldSpan.Coding {
    if hasEscapes { return isNull ? .null : .mixed }
    if quotes == 0 { return .none }
    return quotes == 2 && firstQuote == fieldStart && lastQuote == index &- 1 ? .quoted : .mixed
  }

  private var isNull: Bool {
    dialect.hasSequences && index &- fieldStart == 2 && bytes[fieldStart] == dialect.escape
      && bytes[fieldStart &+ 1] == UInt8(ascii: "N")
  }
}

/// The text of a field, and what has to be done to it to have its value.
struct FieldSpan {
  enum Coding {
    /// Nothing.
    case none
    /// The quotes around it are left out.
    case quoted
    /// Quotes or escapes have to be taken out of it.
    case mixed
    /// It says that it is NULL.
    case null
  }

  var start: Int
  var end: Int
  var coding: Coding
}
