/// The names of months in English, German, French, Spanish, Italian, Portuguese and Dutch: full, of
/// three letters, and as they are usually cut; in any case, accents given or left out.
enum MonthName {
  /// Reads a name at the cursor, a run of letters as a whole; nil, and nothing read, for other text.
  static func read(_ cursor: inout TextCursor) -> Int? {
    var (low, high): (UInt64, UInt64) = (0, 0)
    var index = cursor.position
    var used = 0
    while index < cursor.text.count {
      var byte = cursor.text[index]
      guard ByteText.isLetter(byte) || byte >= 0x80 else { break }
      if byte == 0xC2 || byte == 0xE2 { break }  // Spaces and other signs, no letters.
      guard used < 16 else { return nil }
      byte = folded(byte, isTrail: index > 0 && cursor.text[index &- 1] == 0xC3)
      if used < 8 { low = low << 8 | UInt64(byte) } else { high = high << 8 | UInt64(byte) }
      used &+= 1
      index &+= 1
    }
    guard used >= 3, let month = table.month(of: Key(low: low, high: high)) else { return nil }
    cursor.position = index
    return month
  }

  /// Lower case, for ASCII and the letters of Latin-1 (U+00C0 to U+00FF).
  @inline(__always)
  private static func folded(_ byte: UInt8, isTrail: Bool) -> UInt8 {
    if byte < 0x80 { return byte | 0x20 }
    return isTrail && byte < 0x9F ? byte | 0x20 : byte
  }

  private struct Key: Equatable {
    var low: UInt64
    var high: UInt64
    var slot: Int {
      let mixed = (low ^ high &* 0x9E37_79B9_7F4A_7C15) &* 0xBF58_476D_1CE4_E5B9
      return Int(truncatingIfNeeded: mixed >> 54)
    }

    init(low: UInt64, high: UInt64) { (self.low, self.high) = (low, high) }

    init(_ name: Substring) {
      (low, high) = (0, 0)
      for (index, byte) in name.utf8.enumerated() {
        if index < 8 { low = low << 8 | UInt64(byte) } else { high = high << 8 | UInt64(byte) }
      }
    }
  }

  /// An open-addressing table of 1024 places, a tenth of them taken.
  private struct Table {
    var keys = [Key](repeating: Key(low: 0, high: 0), count: 1024)
    var months = [UInt8](repeating: 0, count: 1024)

    init() {
      for (month, words) in MonthName.names.enumerated() {
        for word in words.split(separator: " ") { insert(Key(word), UInt8(month + 1)) }
      }
    }

    private mutating func insert(_ key: Key, _ month: UInt8) {
      var slot = key.slot
      while months[slot] != 0, keys[slot] != key { slot = (slot + 1) & 1023 }
      keys[slot] = key
      months[slot] = month
    }

    func month(of key: Key) -> Int? {
      var slot = key.slot
      while months[slot] != 0 {
        if keys[slot] == key { return Int(months[slot]) }
        slot = (slot &+ 1) & 1023
      }
      return nil
    }
  }

  private static let table = Table()

  private static let names = [
    "january jan januar jänner jaenner janvier janv enero ene gennaio gen janeiro januari",
    "february feb februar febr feber février fevrier févr fevr fév fev febrero febbraio fevereiro"
      + " februari",
    "march mar märz maerz marz mär mrz mars marzo março marco maart mrt maa",
    "april apr avril avr abril abr aprile",
    "may mai mayo maggio mag maio mei",
    "june jun juni juin junio giugno giu junho",
    "july jul juli juillet juil julio luglio lug julho",
    "august aug août aout aoû aou agosto ago augustus",
    "september sep sept septembre septiembre setiembre settembre set setembro",
    "october oct oktober okt octobre octubre ottobre ott outubro out",
    "november nov novembre noviembre novembro",
    "december dec dezember dez décembre decembre déc diciembre dic dicembre dezembro",
  ]
}
