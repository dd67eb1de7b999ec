internal import CIconv
internal import Glibc

/// A conversion of iconv to UTF-8.
struct IconvHandle: ~Copyable {
  private let handle: iconv_t

  /// Why a conversion stopped.
  enum Stop {
    /// All input was taken.
    case inputEnd
    /// The input ends within a character.
    case incomplete
    /// The next bytes are no character.
    case invalid
    /// There is no room for the next character.
    case outputFull
  }

  /// nil where iconv does not know the encoding.
  init?(from encoding: String) {
    guard let opened = iconv_open("UTF-8", encoding), opened != iconv_t(bitPattern: -1) else {
      return nil
    }
    handle = opened
  }

  deinit {
    iconv_close(handle)
  }

  /// Converts as much as goes, and says how much of both buffers was used.
  func convert(
    _ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer
  ) -> (consumed: Int, produced: Int, stop: Stop) {
    // iconv does not write to its input, whatever its signature says.
    var from = UnsafeMutablePointer(
      mutating: input.baseAddress?.assumingMemoryBound(to: CChar.self))
    var fromLeft = input.count
    var into = output.baseAddress?.assumingMemoryBound(to: CChar.self)
    var intoLeft = output.count
    let result = iconv(handle, &from, &fromLeft, &into, &intoLeft)
    let code = errno
    let stop: Stop = result == -1 ? Self.stop(code) : .inputEnd
    return (input.count - fromLeft, output.count - intoLeft, stop)
  }

  /// Writes the character that is held back because the next one might have combined with it, and goes
  /// back to the initial state. Returns how many bytes it wrote: 16 at most.
  func flush(into output: UnsafeMutableRawBufferPointer) -> Int {
    var into = output.baseAddress?.assumingMemoryBound(to: CChar.self)
    var intoLeft = output.count
    _ = iconv(handle, nil, nil, &into, &intoLeft)
    return output.count - intoLeft
  }

  private static func stop(_ code: CInt) -> Stop {
    switch code {
    case EINVAL: .incomplete
    case E2BIG: .outputFull
    default: .invalid
    }
  }
}
