/// Counts what is valid UTF-8 (RFC 3629, section 4) in a text that comes in blocks, and what is not.
///
/// A broken sequence is counted as Unicode counts it for replacement: the longest start of a valid one, or
/// one byte (The Unicode Standard, section 3.9, "maximal subpart").
struct UTF8Scan {
  /// Whole characters beyond ASCII.
  private(set) var validCount: Int64 = 0
  private(set) var brokenCount: Int64 = 0
  /// How many bytes are missing to the character at the end.
  private(set) var missing = 0
  private var low: UInt8 = 0x80
  private var high: UInt8 = 0xBF

  /// Looks at the next bytes.
  ///
  /// - Parameter broken: is told where in `bytes` a sequence is found to be broken.
  mutating func scan(_ bytes: UnsafeRawBufferPointer, broken: (Int) -> Void) {
    var place = 0
    while place < bytes.count {
      if missing == 0 {
        place = Self.skipASCII(bytes, from: place)
        guard place < bytes.count else { return }
        if !begin(bytes[place]) {
          brokenCount += 1
          broken(place)
        }
        place += 1
      } else if bytes[place] >= low && bytes[place] <= high {
        (low, high) = (0x80, 0xBF)
        missing -= 1
        if missing == 0 { validCount += 1 }
        place += 1
      } else {
        // The byte is looked at again: it may begin another character.
        missing = 0
        brokenCount += 1
        broken(place)
      }
    }
  }

  /// Counts a character that the end of the file cuts off.
  mutating func finishFile() {
    if missing > 0 { brokenCount += 1 }
    missing = 0
  }

  /// Returns whether a character can begin with this byte.
  private mutating func begin(_ lead: UInt8) -> Bool {
    (low, high) = (0x80, 0xBF)
    switch lead {
    case 0xC2...0xDF: missing = 1
    case 0xE0: (missing, low) = (2, 0xA0)
    case 0xED: (missing, high) = (2, 0x9F)
    case 0xE1...0xEF: missing = 2
    case 0xF0: (missing, low) = (3, 0x90)
    case 0xF4: (missing, high) = (3, 0x8F)
    case 0xF1...0xF3: missing = 3
    default: return false
    }
    return true
  }

  /// Where the next byte beyond ASCII stands; the end where there is none.
  private static func skipASCII(_ bytes: UnsafeRawBufferPointer, from start: Int) -> Int {
    var place = start
    while place <= bytes.count - 32 {
      let first = bytes.loadUnaligned(fromByteOffset: place, as: SIMD4<UInt64>.self)
      let joined = first[0] | first[1] | first[2] | first[3]
      if joined & 0x8080_8080_8080_8080 != 0 { break }
      place += 32
    }
    while place < bytes.count && bytes[place] < 0x80 { place += 1 }
    return place
  }
}
