/// Tells the encoding of a text that it is fed from its start, the whole of it or a sample.
///
/// 1. A byte order mark decides.
/// 2. Zero bytes tell UTF-16 and UTF-32 without one.
/// 3. What is valid UTF-8 throughout is UTF-8; plain ASCII is, too.
/// 4. What is UTF-8 for the most part is UTF-8 with bad rows: where there is at least one valid
///    character beyond ASCII for each broken sequence. It is sure of it at a thousand. (Texts in other
///    encodings have hardly a valid sequence, and none among those tried had one for each broken one.)
/// 5. For anything else the lines that are not UTF-8 are read in each encoding that is likely
///    (`EncodingRanking`), and libuchardet is asked. Where both agree and no other is close, it is sure.
///
/// Memory: about 600 KiB. The guess does not depend on how many bytes come at once.
public final class EncodingDetector {
  private var block: [UInt8] = []
  private var hasBegun = false
  private var mark: ByteOrderMark?
  private var wide: WideText?
  private var scan = UTF8Scan()
  private var pieces = TellingPieces()

  private static let blockSize = 64 << 10

  /// Begins with nothing fed.
  public init() {
    block.reserveCapacity(Self.blockSize)
  }

  /// Whether more bytes would change nothing: the rest need not be fed.
  public var isDecided: Bool { wide != nil || mark.map { $0 != .utf8 } ?? false }

  /// Looks at the next bytes of the text.
  public func feed(_ bytes: UnsafeRawBufferPointer) {
    var rest = bytes[...]
    while !rest.isEmpty && !isDecided {
      if block.isEmpty && rest.count >= Self.blockSize {
        look(at: UnsafeRawBufferPointer(rebasing: rest.prefix(Self.blockSize)))
        rest = rest.dropFirst(Self.blockSize)
      } else {
        let piece = rest.prefix(Self.blockSize - block.count)
        block.append(contentsOf: piece)
        rest = rest.dropFirst(piece.count)
        if block.count == Self.blockSize { lookAtBlock() }
      }
    }
  }

  /// Says what the text seems to be in.
  ///
  /// - Parameter isWholeFile: whether all of the file was fed. Otherwise a character that is cut off at the
  ///   end is no fault.
  public func finish(isWholeFile: Bool) -> EncodingGuess {
    if !block.isEmpty { lookAtBlock() }
    if isWholeFile { scan.finishFile() }
    if let mark, mark != .utf8 { return EncodingGuess(encoding: mark.encoding, isSure: true) }
    if let wide { return guess(of: wide) }
    if mark == .utf8 || scan.brokenCount == 0 || scan.validCount >= scan.brokenCount {
      return utf8Guess
    }
    return EncodingRanking(of: pieces.bytes, uchardet: Uchardet.guess(pieces.bytes)).guess
  }

  private func lookAtBlock() {
    block.withUnsafeBytes { look(at: $0) }
    block.removeAll(keepingCapacity: true)
  }

  private func look(at bytes: UnsafeRawBufferPointer) {
    if !hasBegun {
      hasBegun = true
      mark = ByteOrderMark(start: bytes)
      if mark == nil { wide = WideText(start: bytes) }
      if isDecided { return }
    }
    pieces.beginBlock()
    scan.scan(bytes) { pieces.keep($0, of: bytes) }
  }

  private func guess(of wide: WideText) -> EncodingGuess {
    let doubt =
      "The file seems to be in \(wide.encoding), but has no byte order mark; the option encoding "
      + "settles it."
    return EncodingGuess(
      encoding: wide.encoding, isSure: wide.isSure, note: wide.isSure ? nil : doubt)
  }

  private var utf8Guess: EncodingGuess {
    let broken = scan.brokenCount
    guard broken > 0 else { return EncodingGuess(encoding: .utf8, isSure: true) }
    let places = broken == 1 ? "1 place" : "\(broken) places"
    return EncodingGuess(
      encoding: .utf8, isSure: scan.validCount >= 1000 * broken,
      note:
        "The file is in UTF-8, but in \(places) it is not valid; the rows there are rejected. If it "
        + "is in another encoding, say so with the option encoding.")
  }
}
