import Glibc

/// Seconds since the epoch as RFC 3339 writes them, in UTC, to the millisecond.
func rfc3339(_ seconds: Double) -> String {
  let milliseconds = Int64((seconds * 1000).rounded(.down))
  var clock = time_t(milliseconds.quotientFloored(by: 1000))
  var parts = tm()
  gmtime_r(&clock, &parts)
  let fraction = milliseconds - Int64(clock) * 1000
  return
    "\(padded(Int(parts.tm_year) + 1900, 4))-\(padded(Int(parts.tm_mon) + 1, 2))"
    + "-\(padded(Int(parts.tm_mday), 2))T\(padded(Int(parts.tm_hour), 2))"
    + ":\(padded(Int(parts.tm_min), 2)):\(padded(Int(parts.tm_sec), 2)).\(padded(Int(fraction), 3))Z"
}

private func padded(_ value: Int, _ width: Int) -> String {
  let digits = String(value)
  return String(repeating: "0", count: max(0, width - digits.count)) + digits
}

extension Int64 {
  fileprivate func quotientFloored(by divisor: Int64) -> Int64 {
    let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
    return remainder < 0 ? quotient - 1 : quotient
  }
}
