import Glibc

/// The name of an element or attribute without its prefix. Valid during the event only.
struct XMLName {
  let start: UnsafePointer<CChar>

  @inline(__always)
  init(_ name: UnsafePointer<CChar>) {
    var start = name
    var place = name
    while place.pointee != 0 {
      if place.pointee == 0x3A { start = place + 1 }
      place += 1
    }
    self.start = start
  }

  /// Whether it is the one ASCII character.
  @inline(__always)
  func isOnly(_ character: Unicode.Scalar) -> Bool {
    start[0] == CChar(truncatingIfNeeded: character.value) && start[1] == 0
  }

  /// Whether it is this name.
  @inline(__always)
  static func == (name: XMLName, other: StaticString) -> Bool {
    strcmp(name.start, UnsafeRawPointer(other.utf8Start).assumingMemoryBound(to: CChar.self)) == 0
  }
}

/// The attributes of an element. Valid during the event only.
struct XMLAttributes {
  private let list: UnsafeMutablePointer<UnsafePointer<CChar>?>

  @inline(__always)
  init(_ list: UnsafeMutablePointer<UnsafePointer<CChar>?>) {
    self.list = list
  }

  /// Goes through all of them: name with prefix, and value.
  @inline(__always)
  func forEach(
    _ body: (UnsafePointer<CChar>, UnsafePointer<CChar>) throws(ReadingError) -> Void
  ) throws(ReadingError) {
    var place = list
    while let name = place[0], let value = place[1] {
      try body(name, value)
      place += 2
    }
  }

  /// The value of an attribute, by its name without prefix; nil where there is none.
  func value(of wanted: StaticString) -> String? {
    var place = list
    while let name = place[0], let value = place[1] {
      if XMLName(name) == wanted { return String(cString: value) }
      place += 2
    }
    return nil
  }
}
