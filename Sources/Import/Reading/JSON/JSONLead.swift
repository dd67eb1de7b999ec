/// What stands before a record: white space, and the `[` and the comma of an array.
struct JSONLead {
  /// What stands in the place of a record.
  enum Next {
    /// A record, or something else, that begins here.
    case item
    /// The bytes end here; others may follow.
    case bytes
    /// The file ends, and all is well.
    case end
    /// A problem without any text of its own.
    case problem(JSONProblem.Kind)
    /// There is no array.
    case noArray
  }

  private let form: JSONForm
  /// Whether the array has begun.
  private var isOpen: Bool
  /// Whether it has begun within the bytes that were passed.
  private var hasOpened = false
  private var hasComma = false
  /// Whether the array has ended.
  private(set) var isClosed = false
  /// Whether anything but white space has come, since the file began.
  private(set) var hasText: Bool
  /// Bytes of white space since the last line end; nil where something else came since, or no line end.
  private var spaces: Int?

  /// - Parameter isStart: whether no row comes before.
  init(_ form: JSONForm, isStart: Bool) {
    self.form = form
    isOpen = form != .array || !isStart
    hasText = !isStart
  }

  /// Of the line that the record begins, or 1 where it does not begin one.
  var indent: Int { spaces ?? 1 }

  /// Passes what it can.
  ///
  /// - Parameters:
  ///   - offset: where to begin; becomes where it ended.
  ///   - lines: goes up by the line ends passed.
  mutating func pass(
    _ bytes: UnsafePointer<UInt8>, offset: inout Int, count: Int, isEnd: Bool, lines: inout Int64
  ) -> Next {
    while offset < count {
      let byte = bytes[offset]
      switch byte {
      case .space, .tab: spaces = spaces.map { $0 &+ 1 }
      case .lf, .cr:
        // Half of a CRLF, perhaps.
        if byte == .cr && offset + 1 == count && !isEnd { return .bytes }
        if byte == .cr && offset + 1 < count && bytes[offset + 1] == .lf { offset += 1 }
        lines += 1
        spaces = 0
      default:
        hasText = true
        guard form == .array else { return .item }
        if let next = passStructure(byte) { return next }
      }
      offset += 1
    }
    if !isEnd { return .bytes }
    return hasComma || (hasOpened && !isClosed) ? .problem(.endsBeforeArrayDoes) : .end
  }

  private mutating func passStructure(_ byte: UInt8) -> Next? {
    if isClosed { return .item }
    if !isOpen {
      guard byte == .openBracket else { return .noArray }
      (isOpen, hasOpened, spaces) = (true, true, nil)
      return nil
    }
    switch byte {
    case .comma:
      if hasComma || hasOpened { return .problem(.missingRecord) }
      hasComma = true
    case .closeBracket:
      if hasComma { return .problem(.trailingComma) }
      isClosed = true
    default: return .item
    }
    spaces = nil
    return nil
  }
}
