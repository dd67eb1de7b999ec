import ImportModel

/// Reads one record: checks it to the last byte (RFC 8259) and finds the values of the columns.
///
/// Behind the last byte there have to be `JSONBytes.padding` zeros. No valid JSON has such a byte, so a
/// token need not be checked for the end before a byte has turned out not to fit.
struct JSONScan {
  /// Deepest nesting of objects and arrays.
  static let maxDepth = 512
  /// Longest name in a record itself, in bytes.
  static let maxNameBytes = 1024

  /// How a scan ends.
  enum Outcome {
    /// A whole value was read: `at` is behind it.
    case whole
    /// The bytes end inside it.
    case incomplete
    /// `problem` is in it.
    case faulty
  }

  /// An object or an array that is open.
  struct Frame {
    var isArray = false
    /// Whether nothing has been read in it.
    var isFresh = true
    /// The node whose children its names are, or -1.
    var node: Int32 = -1
    /// The name that is expected, and the one read last, or -1.
    var expected: Int32 = -1
    var last: Int32 = -1
    /// The columns that take its text.
    var target: Int32 = -1
    var start = 0
    /// A number that no other object of the scan has.
    var object: UInt64 = 0
  }

  let bytes: UnsafePointer<UInt8>
  let end: Int
  /// Whether a line end ends a record.
  let isLines: Bool
  let memory: JSONScanMemory
  /// Whether names that are not known become so.
  var collects = false

  /// Where it is.
  var at = 0
  var problem = JSONProblem(kind: .endsInside, offset: 0)
  /// Line ends passed, as an editor counts them.
  var lines: Int64 = 0
  /// Whether a byte above 0x7F was passed, or a text has one.
  var isASCII = true
  /// Whether a name came that is not known.
  var hasNewNames = false

  let frames: UnsafeMutablePointer<Frame>
  var nodes: UnsafeMutablePointer<JSONNameTree.Node>
  let targets: UnsafeMutablePointer<JSONNameTree.Target>
  var names: UnsafeMutablePointer<UInt8>
  var fields: UnsafeMutablePointer<FieldSlice>
  var firstField = 0
  var depth = 0
  var object: UInt64
  /// Whether `memory.names` holds those of this record.
  var hasUsedNames = false
  /// What the value that comes next belongs to.
  var node: Int32 = 0
  var target: Int32 = -1

  init(
    bytes: UnsafePointer<UInt8>, end: Int, isLines: Bool, memory: JSONScanMemory,
    fields: UnsafeMutablePointer<FieldSlice>
  ) {
    self.bytes = bytes
    self.end = end
    self.isLines = isLines
    self.memory = memory
    self.fields = fields
    frames = memory.frames
    nodes = memory.tree.nodes
    targets = memory.tree.targets
    names = memory.tree.text
    object = memory.nextObject
  }

  /// Reads the value at `start`.
  ///
  /// - Parameters:
  ///   - fields: memory for the fields of its row, all empty.
  ///   - firstField: number of the first of them in the batch.
  @inline(__always)
  mutating func read(
    from start: Int, fields: UnsafeMutablePointer<FieldSlice>, firstField: Int
  ) -> Outcome {
    self.fields = fields
    self.firstField = firstField
    at = start
    lines = 0
    isASCII = true
    hasNewNames = false
    depth = 0
    node = 0
    target = -1
    hasUsedNames = false
    var isGood = value()
    while isGood && depth > 0 {
      isGood = (frames + (depth &- 1)).pointee.isArray ? element() : member()
    }
    if isGood { return .whole }
    return problem.kind == .endsInside ? .incomplete : .faulty
  }

  /// Leaves to later scans what they have to know.
  func finish() {
    memory.nextObject = object
  }
}

// MARK: - Structure

extension JSONScan {
  /// Reads what comes next in an object: a member, or its end.
  @inline(__always)
  mutating func member() -> Bool {
    let frame = frames + (depth &- 1)
    skipSpace()
    if bytes[at] == .closeBrace {
      close()
      return true
    }
    if frame.pointee.isFresh {
      frame.pointee.isFresh = false
    } else {
      guard bytes[at] == .comma else { return failStructure(.expectedCommaOrBrace) }
      at &+= 1
      skipSpace()
    }
    guard bytes[at] == .doubleQuote else { return failName() }
    guard name(of: frame) else { return false }
    if bytes[at] != .colon {
      skipSpace()
      guard bytes[at] == .colon else { return failStructure(.expectedColon) }
    }
    at &+= 1
    return value()
  }

  /// Reads what comes next in an array: an element, or its end.
  @inline(__always)
  mutating func element() -> Bool {
    let frame = frames + (depth &- 1)
    skipSpace()
    if bytes[at] == .closeBracket {
      close()
      return true
    }
    if frame.pointee.isFresh {
      frame.pointee.isFresh = false
    } else {
      guard bytes[at] == .comma else { return failStructure(.expectedCommaOrBracket) }
      at &+= 1
      skipSpace()
      if bytes[at] == .closeBracket { return fail(.trailingComma) }
    }
    node = -1
    target = -1
    return value()
  }

  /// Reads a value, or the beginning of an object or an array.
  @inline(__always)
  mutating func value() -> Bool {
    skipSpace()
    let start = at
    switch bytes[start] {
    case .doubleQuote:
      var hasEscapes = false
      guard string(hasEscapes: &hasEscapes) else { return false }
      if target >= 0 { storeString(start &+ 1, at &- 1, hasEscapes: hasEscapes) }
      return true
    case .openBrace: return open(isArray: false)
    case .openBracket: return open(isArray: true)
    case 0x30...0x39, UInt8(ascii: "-"):
      guard number() else { return false }
    case UInt8(ascii: "t"):
      guard word("true") else { return false }
    case UInt8(ascii: "f"):
      guard word("false") else { return false }
    case UInt8(ascii: "n"):
      guard word("null") else { return false }
      if target >= 0 { store(FieldSlice(offset: start, count: 0, isQuoted: false)) }
      return true
    default:
      return failStructure(.expectedValue)
    }
    if target >= 0 {
      store(FieldSlice(offset: start, count: at &- start, isQuoted: false))
    }
    return true
  }

  @inline(__always)
  mutating func open(isArray: Bool) -> Bool {
    guard depth < Self.maxDepth else { return fail(.tooDeep) }
    object &+= 1
    let known = isArray ? -1 : node
    (frames + depth).initialize(
      to: Frame(
        isArray: isArray, node: known,
        expected: known >= 0 ? (nodes + Int(known)).pointee.firstChild : -1, target: target,
        start: at, object: object))
    depth &+= 1
    at &+= 1
    return true
  }

  @inline(__always)
  mutating func close() {
    at &+= 1
    depth &-= 1
    let frame = frames + depth
    target = frame.pointee.target
    if target >= 0 {
      let start = frame.pointee.start
      store(FieldSlice(offset: start, count: at &- start, isQuoted: false))
    }
  }

  @inline(__always)
  mutating func skipSpace() {
    guard bytes[at] <= .space else { return }
    if bytes[at] == .space && bytes[at &+ 1] > .space {
      at &+= 1
    } else {
      skipSpaceSlowly()
    }
  }

  @inline(never)
  mutating func skipSpaceSlowly() {
    while at < end {
      switch bytes[at] {
      case .space, .tab: break
      case .lf:
        if isLines { return }
        lines &+= 1
      case .cr:
        if isLines { return }
        // Of CRLF the LF is counted.
        if at &+ 1 == end || bytes[at &+ 1] != .lf { lines &+= 1 }
      default: return
      }
      at &+= 1
    }
  }
}
