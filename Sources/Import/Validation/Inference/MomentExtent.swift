/// What the dates of a field have: times of day, zones.
struct MomentExtent {
  private var dates: Int64 = 0
  private var withZone: Int64 = 0
  private var withoutZone: Int64 = 0

  /// Takes a date in the order of ISO 8601; false where it is none that Postgres surely takes.
  mutating func add(_ text: UnsafeRawBufferPointer) -> Bool {
    guard let moment = Moment(fast: text) ?? Moment(text), moment.isValid else { return false }
    if moment.time == nil {
      dates &+= 1
    } else if case .absent = moment.zone {
      withoutZone &+= 1
    } else {
      withZone &+= 1
    }
    return true
  }

  /// The type that holds all of them.
  var type: InferredType {
    if withZone > 0 { return .timestamptz }
    return withoutZone > 0 ? .timestamp : .date
  }

  /// Whether some times name their zone and others do not.
  var isMixed: Bool { withZone > 0 && withoutZone + dates > 0 }
}
