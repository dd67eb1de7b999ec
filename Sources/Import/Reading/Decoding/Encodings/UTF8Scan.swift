internal import CSimd

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
        place = skipWhole(bytes, from: place)
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

  /// Passes over ASCII, and over other characters that are whole. Returns where there is none of both, or
  /// the last bytes are too few to be sure.
  private mutating func skipWhole(_ bytes: UnsafeRawBufferPointer, from start: Int) -> Int {
    guard let first = bytes.assumingMemoryBound(to: UInt8.self).baseAddress else { return start }
    var place = start
    var found: Int64 = 0
    while true {
      place &+= csimd_ascii_length(first + place, bytes.count &- place)
      let begin = place
      while place &+ 4 <= bytes.count, first[place] >= 0x80 {
        let width = Self.width(first + place)
        if width == 0 { break }
        found &+= 1
        place &+= width
      }
      if place == begin { break }
    }
    validCount &+= found
    return place
  }

  /// Bytes of the character beyond ASCII that begins here, or 0; four bytes can be read.
  @inline(__always)
  private static func width(_ bytes: UnsafePointer<UInt8>) -> Int {
    let (lead, second) = (bytes[0], bytes[1])
    guard second & 0xC0 == 0x80 else { return 0 }
    switch lead {
    case 0xC2...0xDF: return 2
    case 0xE0...0xEF:
      if lead == 0xE0, second < 0xA0 { return 0 }
      if lead == 0xED, second > 0x9F { return 0 }
      return bytes[2] & 0xC0 == 0x80 ? 3 : 0
    case 0xF0...0xF4:
      if lead == 0xF0, second < 0x90 { return 0 }
      if lead == 0xF4, second > 0x8F { return 0 }
      return bytes[2] & 0xC0 == 0x80 && bytes[3] & 0xC0 == 0x80 ? 4 : 0
    default: return 0
    }
  }
}
