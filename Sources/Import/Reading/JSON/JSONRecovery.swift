/// Finds where reading goes on behind a record that is broken.
///
/// - Of lines: at the next line.
/// - Else the brackets outside strings are counted from the record's start, a line end closing any string,
///   until the bracket comes that closes the record. Reading goes on before that, at a line that begins
///   with `{` no deeper than the record itself: not further indented where the record begins a line of its
///   own, else by one character at most. Such a line is the next record, and the broken one has lost a
///   bracket or a quote. So no object within a broken record is taken for a record.
/// - Behind the end of an array: nowhere.
///
/// It never goes on before the place of the problem, so no byte is looked at more than twice, but for
/// records that do not fit into one reading of the source.
struct JSONRecovery {
  /// What can be found.
  enum Place {
    /// Reading goes on here.
    case found(Int)
    /// All bytes before this offset have been looked at and are of no more use.
    case further(Int)
  }

  /// What has broken.
  enum Kind {
    case line
    case concatenated
    case element
    /// What stands behind an array.
    case rest
  }

  /// Deepest indentation that is looked at, in bytes.
  static let maxIndent = 1024

  private let kind: Kind
  private let maxIndent: Int
  /// Bytes that are left before the problem.
  private var required: Int
  private var isFirst = true
  /// Brackets that are open, `{` being false. Deeper ones are only counted.
  private var isArray: [Bool] = []
  private var openArrays = 0
  private var deeper = 0
  private var isInString = false
  private var isEscaped = false
  /// Where the line end before this line is, while nothing but white space has come behind it.
  private var lineEnd: Int?
  private var indent = 0

  /// - Parameters:
  ///   - indent: of the record's own line, or 1 where it does not begin a line.
  ///   - required: bytes between the record's start and the problem.
  init(_ kind: Kind, indent: Int, required: Int) {
    self.kind = kind
    maxIndent = min(indent, Self.maxIndent)
    self.required = required
  }

  /// Looks at more bytes. The offsets that it returns are counted from the first of them.
  ///
  /// - Parameters:
  ///   - bytes: from the record's first byte on, or from where the call before said.
  ///   - isEnd: whether the file ends behind them.
  mutating func find(in bytes: UnsafeBufferPointer<UInt8>, isEnd: Bool) -> Place {
    let count = bytes.count
    var index = 0
    defer { required -= index }
    lineEnd = nil
    while index < count {
      let byte = bytes[index]
      if byte == .lf || byte == .cr {
        if byte == .cr && index + 1 == count && !isEnd { return .further(index) }
        let next = byte == .cr && index + 1 < count && bytes[index + 1] == .lf ? 2 : 1
        if kind == .line && index >= required { return .found(index + next) }
        (isInString, isEscaped, lineEnd, indent) = (false, false, index, 0)
        index += next
        continue
      }
      if kind != .line && kind != .rest {
        let canStop = index >= required && !isFirst
        if let place = take(byte, at: index, canStop: canStop) { return place }
      }
      isFirst = false
      index += 1
    }
    // A line that has only white space so far may yet turn out to begin a record.
    if let lineEnd, !isEnd, indent <= Self.maxIndent {
      index = lineEnd
      return .further(lineEnd)
    }
    return .further(count)
  }

  /// Takes a byte that is no line end; returns where reading goes on, if that is known.
  private mutating func take(_ byte: UInt8, at index: Int, canStop: Bool) -> Place? {
    let line = lineEnd
    if line != nil {
      if byte == .space || byte == .tab {
        indent += 1
        return nil
      }
      lineEnd = nil
    }
    if isInString {
      if isEscaped {
        isEscaped = false
      } else if byte == .backslash {
        isEscaped = true
      } else if byte == .doubleQuote {
        isInString = false
      }
      return nil
    }
    let isOutside = isArray.isEmpty && deeper == 0
    switch byte {
    case .doubleQuote: isInString = true
    case .openBrace:
      if let line, canStop, indent <= maxIndent { return .found(line) }
      if isOutside && kind == .concatenated && canStop { return .found(index) }
      open(isArray: false)
    case .openBracket: open(isArray: true)
    case .closeBrace, .closeBracket:
      if isOutside {
        return byte == .closeBracket && kind == .element && canStop ? .found(index) : nil
      }
      close(isArray: byte == .closeBracket)
      if isArray.isEmpty && deeper == 0 { return .found(index + 1) }
    case .comma:
      if isOutside && kind == .element && canStop { return .found(index) }
    default: break
    }
    return nil
  }

  private mutating func open(isArray: Bool) {
    if self.isArray.count < JSONScan.maxDepth {
      self.isArray.append(isArray)
      if isArray { openArrays += 1 }
    } else {
      deeper += 1
    }
  }

  /// Closes the innermost bracket of its kind with all that are open within it.
  private mutating func close(isArray: Bool) {
    if deeper > 0 {
      deeper -= 1
    } else if isArray ? openArrays > 0 : self.isArray.count > openArrays {
      while let last = self.isArray.popLast() {
        if last { openArrays -= 1 }
        if last == isArray { return }
      }
    }
  }
}
