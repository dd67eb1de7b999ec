public import ImportModel

/// The start of a text file, unpacked and in memory, without what is cut off at its end.
///
/// Nothing tells of the rest: a compressed stream may break off anywhere, a text in the middle of a line or
/// of a character. What is left ends behind a line where there are lines, and behind a character otherwise.
public struct FileStart: Sendable {
  /// Most bytes of text that are kept: a small stream may unfold to a large text.
  public static let maxTextBytes = 8 << 20
  private static let blockBytes = 64 << 10

  /// What the file is wrapped in.
  public let containers: [Container]
  /// The text, in its encoding.
  public let text: HeldBytes
  /// Whether the file goes on behind the text.
  public let isCut: Bool
  /// Whether the last line of the text is whole.
  public let endsWithLine: Bool

  /// Unpacks a start.
  ///
  /// - Parameters:
  ///   - isCut: whether the file is known to go on; where its container is cut off that is seen.
  ///   - encoding: what is told of it, or nil.
  /// - Throws: `ReadingError` for a damaged container and for the start of a ZIP archive, whose list of
  ///   entries stands at its end; and what the storage throws.
  public init(_ file: any FileBytes, isCut: Bool, encoding: TextEncoding?) throws {
    let source: any ByteSource
    do {
      let opened = try Containers.open(file)
      (containers, source) = (opened.containers, opened.source)
    } catch let error as ReadingError {
      throw isCut ? Self.explained(error) : error
    }
    var (bytes, goesOn) = try Self.unpacked(source)
    self.isCut = isCut || goesOn
    guard self.isCut else {
      (text, endsWithLine) = (HeldBytes(bytes), true)
      return
    }
    let end = TextEnd(bytes, encoding: encoding)
    bytes.removeSubrange(end.place...)
    (text, endsWithLine) = (HeldBytes(bytes), end.isLine)
  }

  /// Whether a file is a workbook, which cannot be read from its start alone.
  ///
  /// - Throws: as `init`.
  public static func isWorkbook(_ file: any FileBytes, isCut: Bool) throws -> Bool {
    do {
      return try Containers.isWorkbook(file)
    } catch let error as ReadingError {
      throw isCut ? explained(error) : error
    }
  }

  private static func explained(_ error: ReadingError) -> ReadingError {
    guard error.code == .corruptFile else { return error }
    return ReadingError(
      .corruptFile,
      "Of this file only a start is there, and a workbook or a ZIP archive cannot be read from it.",
      hint:
        "Send the whole file where it is small enough; `sluice inspect` reads files of any size.")
  }

  /// The text as far as it goes, and whether more of it would follow.
  private static func unpacked(_ source: any ByteSource) throws -> (bytes: [UInt8], goesOn: Bool) {
    var bytes: [UInt8] = []
    while bytes.count < maxTextBytes {
      do {
        let block = try [UInt8](unsafeUninitializedCapacity: blockBytes) { buffer, count in
          count = try source.read(into: UnsafeMutableRawBufferPointer(buffer))
        }
        if block.isEmpty { return (bytes, false) }
        bytes += block
      } catch let error as ReadingError
        where error == GzipSource.cutOff || error == ZstdSource.cutOff
      {
        return (bytes, true)
      }
    }
    return (bytes, true)
  }
}

/// Where a text that is cut off anywhere has its last line end, or its last whole character.
private struct TextEnd {
  let place: Int
  let isLine: Bool

  init(_ bytes: [UInt8], encoding: TextEncoding?) {
    let encoding = encoding ?? Self.guess(bytes)
    let unit = encoding.unitSize
    let whole = bytes.count / unit * unit
    // Where the last line is most of the text, there is more to learn from it than from those before.
    if let end = Self.lineEnd(bytes[..<whole], encoding), end * 2 >= whole {
      (place, isLine) = (end, true)
    } else {
      (place, isLine) = (unit == 1 ? Self.characterEnd(bytes[..<whole]) : whole, false)
    }
  }

  private static func guess(_ bytes: [UInt8]) -> TextEncoding {
    bytes.withUnsafeBytes { start in
      ByteOrderMark(start: start)?.encoding
        ?? WideText(start: UnsafeRawBufferPointer(rebasing: start.prefix(64 << 10)))?.encoding
        ?? .utf8
    }
  }

  private static func lineEnd(_ bytes: ArraySlice<UInt8>, _ encoding: TextEncoding) -> Int? {
    let unit = encoding.unitSize
    let low = encoding.name.hasSuffix("BE") ? unit - 1 : 0
    for sign in [UInt8.lf, .cr] {
      for place in stride(from: bytes.count - unit, through: 0, by: -unit)
      where bytes[place + low] == sign {
        let others = (0..<unit).filter { $0 != low }
        if others.allSatisfy({ bytes[place + $0] == 0 }) { return place + unit }
      }
    }
    return nil
  }

  /// Behind the last whole character, should it be UTF-8.
  private static func characterEnd(_ bytes: ArraySlice<UInt8>) -> Int {
    for back in 1...4 where back <= bytes.count {
      let byte = bytes[bytes.count - back]
      if byte < 0x80 { return bytes.count }
      guard byte >= 0xC0 else { continue }
      let width = byte >= 0xF0 ? 4 : byte >= 0xE0 ? 3 : 2
      return width > back ? bytes.count - back : bytes.count
    }
    return bytes.count
  }
}
