import ImportModel

/// What the values of one field are, once it is known how they are written: the second look at them.
struct FieldEvidence {
  private static let sampleCount = 3
  private static let sampleBytes = 60

  /// What the first look made of the field.
  let kind: WritingEvidence.Kind
  private let format: ColumnFormat?
  private let booleans: BooleanWords?
  private let times: TimeFormat?
  private let trims: Bool

  private(set) var valueCount: Int64 = 0
  private(set) var nullCount: Int64 = 0
  /// Texts of no length, which are NULL but in a column of texts.
  private(set) var emptyCount: Int64 = 0
  private(set) var minLength: Int?
  private(set) var maxLength: Int?
  private(set) var samples: [String] = []
  /// Values that are no text in UTF-8, or hold a zero byte.
  private(set) var brokenCount: Int64 = 0
  /// The first value that is not what the field seemed to be.
  private(set) var misfit: Quotation?
  private(set) var misfitCount: Int64 = 0
  private(set) var numbers = NumberExtent()
  private(set) var moments = MomentExtent()
  private(set) var words = WordEvidence()
  /// Numbers written as texts in a file that tells them apart.
  private(set) var writtenNumbers: Int64 = 0

  /// - Parameter formats: those of the field.
  init(_ kind: WritingEvidence.Kind, _ formats: ValueFormats) {
    self.kind = kind
    switch kind {
    case .number: format = ColumnFormat(formats, for: .numeric(precision: nil, scale: nil))
    case .date: format = ColumnFormat(formats, for: .timestamptz(precision: nil))
    case .other: format = nil
    }
    if case .boolean(let words)? = ColumnFormat(formats, for: .boolean) {
      booleans = words
    } else {
      booleans = nil
    }
    if case .time(let time)? = ColumnFormat(formats, for: .time(precision: nil)) {
      times = time
    } else {
      times = nil
    }
    trims = formats.trim
  }

  mutating func addNull() { nullCount &+= 1 }

  /// - Parameters:
  ///   - line: where it stands, for notes.
  ///   - isLiteral: whether the file says that it is none.
  ///   - marksText: see `ValidationOptions.marksText`.
  ///   - textsAreJSON: see `ValidationOptions.textsAreJSON`.
  ///   - isASCII: whether that is known of the text.
  mutating func add(
    _ field: UnsafeRawBufferPointer, line: Int64, isLiteral: Bool, marksText: Bool,
    textsAreJSON: Bool, isASCII: Bool, scratch: ScratchText
  ) {
    let text = trims ? WhiteSpace.trimmed(field) : field
    guard !text.isEmpty else {
      emptyCount &+= 1
      return
    }
    if !isASCII, !UTF8Text.isValid(text) { brokenCount &+= 1 }
    valueCount &+= 1
    measure(text, isASCII: isASCII)
    if !keeps(
      text, isLiteral: isLiteral, marksText: marksText, textsAreJSON: textsAreJSON, scratch)
    {
      misfitCount &+= 1
      if misfit == nil { misfit = Quotation(text, line: line) }
    }
  }

  private mutating func measure(_ text: UnsafeRawBufferPointer, isASCII: Bool) {
    var length = text.count
    if !isASCII {
      length = 0
      for byte in text where byte & 0xC0 != 0x80 { length &+= 1 }
    }
    minLength = min(minLength ?? .max, length)
    maxLength = max(maxLength ?? 0, length)
    if samples.count < Self.sampleCount, valueCount < 1000 {
      let sample = Excerpt.cut(text, to: Self.sampleBytes)
      if !samples.contains(sample) { samples.append(sample) }
    }
  }

  /// Whether the value is what the field seemed to be.
  private mutating func keeps(
    _ text: UnsafeRawBufferPointer, isLiteral: Bool, marksText: Bool, textsAreJSON: Bool,
    _ scratch: ScratchText
  ) -> Bool {
    switch kind {
    case .number:
      if marksText, !isLiteral { writtenNumbers &+= 1 }
      // Numbers that are no texts are in plain form whatever is told.
      if case .number(let format)? = format, !isLiteral {
        guard let plain = scratch.plain(WhiteSpace.trimmed(text), by: format) else { return false }
        return numbers.add(plain)
      }
      return numbers.add(ByteText.trimmed(text))
    case .date:
      if case .date(let format)? = format {
        guard let plain = scratch.plain(WhiteSpace.trimmed(text), by: format) else { return false }
        return moments.add(plain)
      }
      return moments.add(ByteText.trimmed(text))
    case .other:
      if !words.isText {
        words.add(
          text, isLiteral: isLiteral, textsAreJSON: textsAreJSON, words: booleans, time: times,
          scratch: scratch)
      }
      return true
    }
  }

  /// The type that takes all values.
  var type: InferredType {
    guard valueCount > 0, misfit == nil else { return .text }
    return switch kind {
    case .number: numbers.type
    case .date: moments.type
    case .other: words.type ?? .text
    }
  }
}
