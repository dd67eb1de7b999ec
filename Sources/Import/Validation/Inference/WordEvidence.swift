/// What else than numbers and dates the values of a field may all be: booleans, identifiers, JSON, times.
struct WordEvidence {
  private var canBeBoolean = true
  private var canBeUUID = true
  private var canBeTime = true
  private var canBeJSON = true
  private var hasContainer = false
  private var hasTrue = false
  private var hasFalse = false
  /// Whether a word was there that is nothing but a boolean, as `true` is.
  private var hasClearWord = false
  private var count: Int64 = 0

  /// Whether only text is left.
  var isText: Bool { !(canBeBoolean || canBeUUID || canBeTime || canBeJSON) }

  /// - Parameters:
  ///   - isLiteral: whether the value is no text in a file that tells texts from others.
  ///   - textsAreJSON: see `ValidationOptions.textsAreJSON`.
  ///   - words: told ones for true and false.
  ///   - time: how times are told to be written.
  mutating func add(
    _ text: UnsafeRawBufferPointer, isLiteral: Bool, textsAreJSON: Bool, words: BooleanWords?,
    time: TimeFormat?, scratch: ScratchText
  ) {
    count &+= 1
    if canBeJSON { canBeJSON = isJSON(text, isLiteral: isLiteral, textsAreJSON: textsAreJSON) }
    if canBeUUID { canBeUUID = Self.isUUID(text, scratch) }
    if canBeTime { canBeTime = Self.isTime(text, time, scratch) }
    if canBeBoolean { canBeBoolean = isBoolean(text, words, scratch) }
  }

  /// What all values are, or nil where that is nothing but text.
  var type: InferredType? {
    guard count > 0 else { return nil }
    // A field of nothing but `N` or `NO` is hardly one of booleans.
    if canBeBoolean, hasClearWord || (hasTrue && hasFalse) { return .boolean }
    if canBeUUID { return .uuid }
    if canBeTime { return .time }
    return canBeJSON && hasContainer ? .jsonb : nil
  }

  /// An object or an array, or what may stand beside them: other literals, and in JSON files texts, which
  /// are themselves there whatever they look like.
  private mutating func isJSON(
    _ text: UnsafeRawBufferPointer, isLiteral: Bool, textsAreJSON: Bool
  ) -> Bool {
    if textsAreJSON, !isLiteral { return true }
    guard text[0] == UInt8(ascii: "{") || text[0] == UInt8(ascii: "[") else { return isLiteral }
    hasContainer = true
    return JSONText.isSurelyValid(text, as: .jsonb(takesUnicode: true))
  }

  /// Only the usual form: other ones, such as 32 digits alone, are often something else.
  private static func isUUID(_ text: UnsafeRawBufferPointer, _ scratch: ScratchText) -> Bool {
    guard text.count == 36 else { return false }
    for index in [8, 13, 18, 23] where text[index] != UInt8(ascii: "-") { return false }
    return UUIDText.encode(text, into: scratch.value) == .value
  }

  private static func isTime(
    _ text: UnsafeRawBufferPointer, _ format: TimeFormat?, _ scratch: ScratchText
  ) -> Bool {
    var text = text
    if let format {
      guard let plain = scratch.plain(text, by: format) else { return false }
      text = plain
    }
    return TimeText.encode(text, into: scratch.value) == .value
  }

  private mutating func isBoolean(
    _ text: UnsafeRawBufferPointer, _ told: BooleanWords?, _ scratch: ScratchText
  ) -> Bool {
    var plain = ByteText.trimmed(text)
    if let told {
      guard let found = scratch.plain(text, by: told) else { return false }
      // A word that was told leaves no doubt.
      if found.baseAddress != text.baseAddress {
        hasClearWord = true
        plain = found
      }
    }
    guard let word = Self.words.first(where: { ByteText.equals(plain, $0.word) }) else {
      return false
    }
    hasTrue = hasTrue || word.value
    hasFalse = hasFalse || !word.value
    hasClearWord = hasClearWord || word.isClear
    return true
  }

  /// Those of Postgres's words that people write; it takes beginnings of them too.
  private static let words: [(word: StaticString, value: Bool, isClear: Bool)] = [
    ("true", true, true), ("false", false, true), ("t", true, false), ("f", false, false),
    ("yes", true, false), ("no", false, false), ("y", true, false), ("n", false, false),
    ("1", true, false), ("0", false, false), ("on", true, false), ("off", false, false),
  ]
}
