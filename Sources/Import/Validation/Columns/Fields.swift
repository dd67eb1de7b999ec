// What the loops call for each type: thin, so that the readers of text know nothing of columns.

struct SmallintField: FixedWidthField {
  static var width: Int { 2 }
  @inline(__always)
  func encode(_ text: UnsafeRawBufferPointer, into out: UnsafeMutableRawPointer) -> FieldVerdict {
    IntegerText.encode(text, as: Int16.self, into: out)
  }
}

struct IntegerField: FixedWidthField {
  static var width: Int { 4 }
  @inline(__always)
  func encode(_ text: UnsafeRawBufferPointer, into out: UnsafeMutableRawPointer) -> FieldVerdict {
    IntegerText.encode(text, as: Int32.self, into: out)
  }
}

struct BigintField: FixedWidthField {
  static var width: Int { 8 }
  @inline(__always)
  func encode(_ text: UnsafeRawBufferPointer, into out: UnsafeMutableRawPointer) -> FieldVerdict {
    IntegerText.encode(text, as: Int64.self, into: out)
  }
}

struct RealField: FixedWidthField {
  static var width: Int { 4 }
  @inline(__always)
  func encode(_ text: UnsafeRawBufferPointer, into out: UnsafeMutableRawPointer) -> FieldVerdict {
    RealText.encode(text, into: out)
  }
}

struct DoubleField: FixedWidthField {
  static var width: Int { 8 }
  @inline(__always)
  func encode(_ text: UnsafeRawBufferPointer, into out: UnsafeMutableRawPointer) -> FieldVerdict {
    DoubleText.encode(text, into: out)
  }
}

struct BooleanField: FixedWidthField {
  static var width: Int { 1 }
  @inline(__always)
  func encode(_ text: UnsafeRawBufferPointer, into out: UnsafeMutableRawPointer) -> FieldVerdict {
    BooleanText.encode(text, into: out)
  }
}

struct UUIDField: FixedWidthField {
  static var width: Int { 16 }
  @inline(__always)
  func encode(_ text: UnsafeRawBufferPointer, into out: UnsafeMutableRawPointer) -> FieldVerdict {
    UUIDText.encode(text, into: out)
  }
}

struct DateField: FixedWidthField {
  static var width: Int { 4 }
  @inline(__always)
  func encode(_ text: UnsafeRawBufferPointer, into out: UnsafeMutableRawPointer) -> FieldVerdict {
    DateText.encode(text, into: out)
  }
}

struct TimeField: FixedWidthField {
  static var width: Int { 8 }
  @inline(__always)
  func encode(_ text: UnsafeRawBufferPointer, into out: UnsafeMutableRawPointer) -> FieldVerdict {
    TimeText.encode(text, into: out)
  }
}

struct TimetzField: FixedWidthField {
  static var width: Int { 12 }
  @inline(__always)
  func encode(_ text: UnsafeRawBufferPointer, into out: UnsafeMutableRawPointer) -> FieldVerdict {
    TimetzText.encode(text, into: out)
  }
}

struct TimestampField: FixedWidthField {
  static var width: Int { 8 }
  @inline(__always)
  func encode(_ text: UnsafeRawBufferPointer, into out: UnsafeMutableRawPointer) -> FieldVerdict {
    TimestampText.encode(text, into: out, withZone: false, assumeUTC: false)
  }
}

struct TimestamptzField: FixedWidthField {
  let assumeUTC: Bool
  static var width: Int { 8 }
  @inline(__always)
  func encode(_ text: UnsafeRawBufferPointer, into out: UnsafeMutableRawPointer) -> FieldVerdict {
    TimestampText.encode(text, into: out, withZone: true, assumeUTC: assumeUTC)
  }
}

struct IntervalField: FixedWidthField {
  static var width: Int { 16 }
  @inline(__always)
  func encode(_ text: UnsafeRawBufferPointer, into out: UnsafeMutableRawPointer) -> FieldVerdict {
    IntervalText.encode(text, into: out)
  }
}

struct NumericField: VariableWidthField {
  let precision: Int?
  let scale: Int?
  @inline(__always)
  func maxBytes(forText count: Int) -> Int { NumericText.maxBytes(forText: count) }
  @inline(__always)
  func encode(
    _ text: UnsafeRawBufferPointer, into out: UnsafeMutableRawPointer, count: inout Int
  ) -> FieldVerdict {
    NumericText.encode(text, precision: precision, scale: scale, into: out, count: &count)
  }
}

struct ByteaField: VariableWidthField {
  @inline(__always)
  func maxBytes(forText count: Int) -> Int { count }
  @inline(__always)
  func encode(
    _ text: UnsafeRawBufferPointer, into out: UnsafeMutableRawPointer, count: inout Int
  ) -> FieldVerdict {
    // COPY takes no text that is not valid, even where the bytes are all that counts.
    guard UTF8Text.isValid(text) else { return .invalid }
    return ByteaText.encode(text, into: out, count: &count)
  }
}

struct JSONField: TextualField {
  let kind: JSONText.Kind
  static var needsUTF8: Bool { true }
  @inline(__always)
  func check(_ text: UnsafeRawBufferPointer) -> FieldVerdict {
    JSONText.isSurelyValid(text, as: kind) ? .value : .doubtful
  }
}

struct EnumField: TextualField {
  let labels: EnumLabels
  static var needsUTF8: Bool { false }
  @inline(__always)
  func check(_ text: UnsafeRawBufferPointer) -> FieldVerdict {
    labels.contains(text) ? .value : .invalid
  }
}
