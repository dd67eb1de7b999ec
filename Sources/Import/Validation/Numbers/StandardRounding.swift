import Glibc

/// `strtod` and `strtof` of the C library, in the C locale, on text that is not NUL-terminated.
enum StandardRounding {
  // Made once, never freed or changed, and only ever read.
  nonisolated(unsafe) private static let locale = newlocale(1 << LC_NUMERIC, "C", nil)

  /// The value, and whether the C library reports a range error (ERANGE).
  static func double(_ text: UnsafeRawBufferPointer) -> (value: Double, isOutOfRange: Bool) {
    call(strtod, text)
  }

  /// The value, and whether the C library reports a range error (ERANGE).
  static func float(_ text: UnsafeRawBufferPointer) -> (value: Float, isOutOfRange: Bool) {
    call(strtof, text)
  }

  /// Copies to the stack (up to a kilobyte; longer texts to the heap), terminates the copy, and
  /// calls under the C locale, which is the calling thread's for as long only.
  @inline(__always)
  private static func call<Value>(
    _ function: (UnsafePointer<CChar>, UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?) ->
      Value,
    _ text: UnsafeRawBufferPointer
  ) -> (value: Value, isOutOfRange: Bool) {
    withUnsafeTemporaryAllocation(of: CChar.self, capacity: text.count + 1) { copy in
      UnsafeMutableRawBufferPointer(copy).copyMemory(from: text)
      copy[text.count] = 0
      let outer = uselocale(locale)
      defer { _ = uselocale(outer) }
      errno = 0
      let value = function(copy.baseAddress.unsafelyUnwrapped, nil)
      return (value, errno == ERANGE)
    }
  }
}
