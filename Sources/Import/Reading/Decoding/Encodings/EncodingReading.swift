/// A text read in one encoding, and how sensible that is.
struct EncodingReading {
  let encoding: TextEncoding
  /// The characters that came of it.
  let text: [Unicode.Scalar]
  /// Up to 8 for each character beyond ASCII (16 for each that takes two bytes); below 0 for nonsense.
  let score: Int

  /// - Parameter bytes: the text, not too long.
  init?(_ bytes: [UInt8], in encoding: TextEncoding) {
    guard let text = Self.decode(bytes, in: encoding) else { return nil }
    self.encoding = encoding
    self.text = text
    var tally = Tally(allowsKana: Self.japanese.contains(encoding.name))
    for scalar in text { tally.add(scalar) }
    score = tally.penalty + tally.bonus + (Language.all.map { $0.fit(tally.letters) }.max() ?? 0)
  }

  private static let japanese: Set<String> = ["Shift_JIS", "EUC-JP", "ISO-2022-JP"]

  /// U+FFFD stands for each byte that is no text.
  private static func decode(_ bytes: [UInt8], in encoding: TextEncoding) -> [Unicode.Scalar]? {
    guard let handle = IconvHandle(from: encoding.iconvName) else { return nil }
    var decoded = [UInt8](repeating: 0, count: bytes.count * 4 + 64)
    let count = bytes.withUnsafeBytes { input in
      decoded.withUnsafeMutableBytes { decode(input, with: handle, into: $0) }
    }
    return Array(String(decoding: decoded[..<count], as: UTF8.self).unicodeScalars)
  }

  private static func decode(
    _ input: UnsafeRawBufferPointer, with handle: borrowing IconvHandle,
    into output: UnsafeMutableRawBufferPointer
  ) -> Int {
    var (taken, count) = (0, 0)
    while taken < input.count && output.count - count > 32 {
      let done = handle.convert(
        UnsafeRawBufferPointer(rebasing: input[taken...]),
        into: UnsafeMutableRawBufferPointer(rebasing: output[count...]))
      taken += done.consumed
      count += done.produced
      guard done.stop == .invalid || done.stop == .incomplete, output.count - count > 32 else {
        break
      }
      count += handle.flush(into: UnsafeMutableRawBufferPointer(rebasing: output[count...]))
      output[count] = TranscodingSource.badByte
      (taken, count) = (taken + 1, count + 1)
    }
    return count + handle.flush(into: UnsafeMutableRawBufferPointer(rebasing: output[count...]))
  }

  /// Counts letters, and what does not belong where it stands.
  private struct Tally {
    /// Letters beyond ASCII, in lower case, of scripts that are told by their letters.
    var letters: [Unicode.Scalar: Int] = [:]
    var penalty = 0
    var bonus = 0
    let allowsKana: Bool
    private var before = CharacterKind.other
    /// A sign that has a letter before it.
    private var isWithinWord = false
    private var kinds: [Unicode.Scalar: (kind: CharacterKind, lower: Unicode.Scalar)] = [:]

    init(allowsKana: Bool) {
      self.allowsKana = allowsKana
    }

    mutating func add(_ scalar: Unicode.Scalar) {
      let (kind, lower) = kinds[scalar] ?? CharacterKind.of(scalar)
      kinds[scalar] = (kind, lower)
      if kind.isLetter {
        if isWithinWord { penalty -= 14 }
        if scalar.value >= 0x80 || before.isForeign { addLetter(kind, lower, scalar) }
      } else {
        addSign(kind)
      }
      isWithinWord = kind == .sign && before.isLetter
      before = kind
    }

    private mutating func addLetter(
      _ kind: CharacterKind, _ lower: Unicode.Scalar, _ scalar: Unicode.Scalar
    ) {
      if before.isLetter && before.script != kind.script { penalty -= 16 }
      if before.isLower && kind.isUpper { penalty -= 12 }
      if before.isUpper && kind.isUpper { penalty -= 1 }
      if scalar.value >= 0x80 { letters[lower, default: 0] += 1 }
    }

    private mutating func addSign(_ kind: CharacterKind) {
      switch kind {
      case .broken: penalty -= 40
      case .control: penalty -= 32
      case .sign: penalty -= 4
      case .usualSign: bonus += 2
      case .kana: bonus += allowsKana ? 16 : 0
      case .commonHan: bonus += 16
      case .hangul: bonus += 13
      case .halfKana, .han: penalty -= 1
      default: break
      }
    }
  }
}
