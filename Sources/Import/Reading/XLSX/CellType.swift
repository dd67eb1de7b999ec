/// What stands in the `v` of a cell, as its `t` tells (ECMA-376 part 1, section 18.18.11).
enum CellType {
  case number, sharedString, formulaString, inlineString, boolean, error, isoDate

  /// Reads the attribute; nil where it is none of the known ones.
  @inline(__always)
  init?(_ text: UnsafePointer<CChar>) {
    let name = XMLName(text)
    switch UInt8(bitPattern: text[0]) {
    case UInt8(ascii: "s"):
      if text[1] == 0 {
        self = .sharedString
      } else if name == "str" {
        self = .formulaString
      } else {
        return nil
      }
    case UInt8(ascii: "n") where text[1] == 0: self = .number
    case UInt8(ascii: "b") where text[1] == 0: self = .boolean
    case UInt8(ascii: "e") where text[1] == 0: self = .error
    case UInt8(ascii: "d") where text[1] == 0: self = .isoDate
    case UInt8(ascii: "i") where name == "inlineStr": self = .inlineString
    case 0: self = .number
    default: return nil
    }
  }
}
