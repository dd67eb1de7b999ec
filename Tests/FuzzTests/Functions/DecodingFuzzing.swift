import ImportModel

@testable import Reading

/// Containers and the way into UTF-8, or the detection of encodings: two bytes choose, the rest is the file.
enum DecodingFuzzing {
  private static let limits = DecodingLimits(maxDecodedBytes: 4 << 20, maxWindowLog: 22)

  private static let encodings = [
    "UTF-8", "UTF-16", "UTF-16LE", "UTF-16BE", "UTF-32", "UTF-32BE", "windows-1252", "Shift_JIS",
    "EUC-JP", "EUC-KR", "Big5", "Big5-HKSCS", "GB18030", "GBK", "windows-1258", "windows-1255",
    "ISO-2022-JP", "UTF-7", "US-ASCII", "KOI8-R", "TCVN", "ISO-2022-KR", "HZ", "UTF-16BE",
  ].compactMap { TextEncoding(named: $0) }

  @Sendable static func run(_ bytes: [UInt8]) throws {
    var input = FuzzInput(bytes)
    let encoding = input.one(of: encodings)
    let seed = input.byte()
    let file = Array(input.rest)
    guard seed & 1 == 0 else { return try holdDetection(file, seed) }
    try holdContainers(file, seed)
    try holdTranscoding(file, encoding, seed)
  }

  private static func holdContainers(_ file: [UInt8], _ seed: UInt8) throws {
    let whole = try unwrapped(file, seed: nil)
    let pieces = try unwrapped(file, seed: seed)
    try holdEqual(pieces.error, whole.error, "pieces do not change the error")
    try hold(
      whole.error != nil || pieces.bytes == whole.bytes, "pieces do not change what is unpacked")
  }

  private static func unwrapped(
    _ file: [UInt8], seed: UInt8?
  ) throws -> (bytes: [UInt8], error: ReadingError?) {
    let source: any ByteSource
    do {
      source = try Containers.open(MemoryFile(bytes: file), limits: limits).source
    } catch let error as ReadingError {
      return ([], error)
    }
    let result = try Self.drained(source, seed)
    try hold(
      (0...Int64(file.count)).contains(source.bytesTaken), "no more is taken than the file has")
    return result
  }

  private static func drained(
    _ source: any ByteSource, _ seed: UInt8?
  ) throws -> (bytes: [UInt8], error: ReadingError?) {
    try drain(source, seed: seed, limit: 1 << 23)
  }

  private static func holdTranscoding(
    _ file: [UInt8], _ encoding: TextEncoding, _ seed: UInt8
  ) throws {
    let whole = try drained(TranscodingSource(PieceSource(file, seed: nil), from: encoding), nil)
    for (inner, outer) in [(nil, seed), (seed, nil), (seed, seed &+ 1)] as [(UInt8?, UInt8?)] {
      let source = TranscodingSource(PieceSource(file, seed: inner), from: encoding)
      let pieces = try drained(source, outer)
      try holdEqual(pieces.error, whole.error, "pieces do not change the error")
      try holdEqual(pieces.bytes, whole.bytes, "pieces do not change the text in \(encoding)")
    }
    guard encoding != .utf8 else { return }
    for text in whole.bytes.split(separator: TranscodingSource.badByte) {
      try hold(
        String(validating: text, as: UTF8.self) != nil, "but for bad bytes, text is valid UTF-8")
    }
  }

  private static func holdDetection(_ file: [UInt8], _ seed: UInt8) throws {
    let whole = EncodingDetector()
    file.withUnsafeBytes { whole.feed($0) }
    let pieces = EncodingDetector()
    var sizes = PieceSizes(seed: seed)
    var rest = file[...]
    while !rest.isEmpty {
      let piece = rest.prefix(sizes.next())
      piece.withUnsafeBytes { pieces.feed($0) }
      rest = rest.dropFirst(piece.count)
    }
    try holdEqual(
      pieces.finish(isWholeFile: true), whole.finish(isWholeFile: true),
      "pieces do not change what encoding it seems to be")
  }
}
