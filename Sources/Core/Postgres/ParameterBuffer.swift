internal import CLibpq

/// Parameters laid out as `PQexecParams` wants them: one block of bytes, and where each value lies.
struct ParameterBuffer: Sendable {
  /// The type oid of each parameter; 0 leaves it to the server.
  private(set) var types: [Oid] = []
  private var storage: [UInt8] = []
  private var offsets: [Int?] = []
  private var lengths: [Int32] = []
  private var formats: [Int32] = []

  static let bytea: Oid = 17

  /// - Throws: `PostgresError` with code `invalidParameter`.
  init(_ parameters: [PostgresParameter]) throws {
    guard parameters.count <= Int(UInt16.max) else {
      throw PostgresError(code: .invalidParameter, message: "more than 65535 parameters")
    }
    for (index, parameter) in parameters.enumerated() {
      try append(parameter, number: index + 1)
    }
  }

  var count: Int32 { Int32(types.count) }

  /// Calls the body with values, lengths and formats, which live as long as the call.
  func withPointers<R>(
    _ body: (
      UnsafePointer<UnsafePointer<CChar>?>?, UnsafePointer<Int32>?, UnsafePointer<Int32>?
    ) throws -> R
  ) rethrows -> R {
    try storage.withUnsafeBytes { bytes in
      let base = bytes.baseAddress?.assumingMemoryBound(to: CChar.self)
      let values = offsets.map { offset in offset.flatMap { base?.advanced(by: $0) } }
      return try values.withUnsafeBufferPointer { values in
        try lengths.withUnsafeBufferPointer { lengths in
          try formats.withUnsafeBufferPointer { formats in
            try body(values.baseAddress, lengths.baseAddress, formats.baseAddress)
          }
        }
      }
    }
  }

  private mutating func append(_ parameter: PostgresParameter, number: Int) throws {
    switch parameter {
    case .null:
      add(offset: nil, length: 0, binary: false, type: 0)
    case .bytes(let bytes):
      let start = storage.count
      storage += bytes
      storage.append(0)
      add(offset: start, length: Int32(bytes.count), binary: true, type: Self.bytea)
    case .text(let text): try append(text: text, number: number)
    case .int(let value): try append(text: String(value), number: number)
    case .double(let value): try append(text: String(value), number: number)
    case .bool(let value): try append(text: value ? "t" : "f", number: number)
    case .textArray(let values): try append(text: ArrayLiteral.of(texts: values), number: number)
    case .int8Array(let values): try append(text: ArrayLiteral.of(integers: values), number: number)
    case .bytesArray(let values): try append(text: ArrayLiteral.of(bytes: values), number: number)
    }
  }

  private mutating func append(text: String, number: Int) throws {
    let start = storage.count
    storage.append(contentsOf: text.utf8)
    guard !storage[start...].contains(0) else {
      throw PostgresError(
        code: .invalidParameter, message: "parameter \(number) holds a NUL character")
    }
    let length = storage.count - start
    storage.append(0)
    add(offset: start, length: Int32(length), binary: false, type: 0)
  }

  private mutating func add(offset: Int?, length: Int32, binary: Bool, type: Oid) {
    offsets.append(offset)
    lengths.append(length)
    formats.append(binary ? 1 : 0)
    types.append(type)
  }
}
