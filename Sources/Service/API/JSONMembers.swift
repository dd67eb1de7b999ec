/// The members of a JSON object as they stand in its text, which has to be valid.
struct JSONMembers {
  private let text: [UInt8]
  /// From behind the brace or comma in front of a member to the comma or brace behind it.
  private var members: [Range<Int>] = []

  init(_ text: [UInt8]) {
    self.text = text
    var depth = 0
    var start = 0
    var isInString = false
    var isEscaped = false
    for (index, byte) in text.enumerated() {
      if isInString {
        isInString = isEscaped || byte != UInt8(ascii: "\"")
        isEscaped = !isEscaped && byte == UInt8(ascii: "\\")
        continue
      }
      switch byte {
      case UInt8(ascii: "\""): isInString = true
      case UInt8(ascii: "{"), UInt8(ascii: "["):
        depth += 1
        if depth == 1 { start = index + 1 }
      case UInt8(ascii: "}"), UInt8(ascii: "]"):
        depth -= 1
        if depth == 0 { add(start..<index) }
      case UInt8(ascii: ",") where depth == 1:
        add(start..<index)
        start = index + 1
      default: break
      }
    }
  }

  /// How many there are.
  var count: Int { members.count }

  /// The text without the members of a name; the name has nothing that JSON would escape.
  func without(_ name: String) -> [UInt8] {
    let start = Array("\"\(name)\"".utf8)
    let named = members.indices.filter { member in
      text[members[member]].drop { $0 <= 0x20 }.starts(with: start)
    }
    var result = text
    for member in named.reversed() {
      var range = members[member]
      // The comma in front goes with it, or the one behind where it is the first.
      if member > 0 {
        range = (range.lowerBound - 1)..<range.upperBound
      } else if members.count > 1 {
        range = range.lowerBound..<(range.upperBound + 1)
      }
      result.removeSubrange(range)
    }
    return result
  }

  private mutating func add(_ range: Range<Int>) {
    if text[range].contains(where: { $0 > 0x20 }) { members.append(range) }
  }
}
