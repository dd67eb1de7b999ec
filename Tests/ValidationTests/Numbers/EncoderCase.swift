import Testing

@testable import Validation

/// One encoder under test: how it is called, and what Postgres calls the type.
struct EncoderCase: Sendable, CustomTestStringConvertible {
  typealias Encode =
    @Sendable (UnsafeRawBufferPointer, UnsafeMutableRawPointer, inout Int) -> FieldVerdict

  let type: String
  let sendFunction: String
  let encode: Encode

  var testDescription: String { type }

  /// What the encoder made of a text.
  struct Outcome: Sendable {
    let text: String
    let verdict: FieldVerdict
    let bytes: [UInt8]
  }

  /// Encodes between guard bytes, so that a write beyond `room` is noticed.
  func outcome(of text: String, room: Int) -> Outcome {
    let guardByte: UInt8 = 0xA5
    var buffer = [UInt8](repeating: guardByte, count: room + 16)
    var count = 0
    let verdict = buffer.withUnsafeMutableBytes { out in
      // A copy in a buffer of its exact length: nothing behind the text may matter.
      Array(text.utf8).withUnsafeBytes { bytes in
        out.baseAddress.map { encode(bytes, $0, &count) } ?? .doubtful
      }
    }
    #expect(buffer[room...].allSatisfy { $0 == guardByte }, "wrote beyond its room: \(text)")
    return Outcome(
      text: text, verdict: verdict, bytes: verdict == .value ? Array(buffer[..<count]) : [])
  }

  /// A type whose values all have the same length.
  static func fixed(
    _ type: String, send: String? = nil, bytes: Int,
    _ encode: @escaping @Sendable (UnsafeRawBufferPointer, UnsafeMutableRawPointer) -> FieldVerdict
  ) -> EncoderCase {
    EncoderCase(type: type, sendFunction: send ?? "\(type)_send") { text, out, count in
      count = bytes
      return encode(text, out)
    }
  }

  /// `numeric`, or `numeric(precision, scale)`.
  static func numeric(precision: Int? = nil, scale: Int? = nil) -> EncoderCase {
    let limits = precision.map { "(\($0),\(scale ?? 0))" } ?? ""
    return EncoderCase(type: "numeric\(limits)", sendFunction: "numeric_send") { text, out, count in
      NumericText.encode(text, precision: precision, scale: scale, into: out, count: &count)
    }
  }
}
