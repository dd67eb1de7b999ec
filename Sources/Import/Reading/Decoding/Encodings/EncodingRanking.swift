/// Encodings by how sensible a text is that is read in them.
struct EncodingRanking {
  /// What is taken for it.
  let guess: EncodingGuess

  /// How much of a text is read in each encoding.
  private static let maxBytes = 16 << 10

  /// In the order in which one is taken before another that reads the same.
  private static let candidates = [
    "windows-1252", "windows-1251", "windows-1250", "Shift_JIS", "GB18030", "EUC-KR", "Big5",
    "EUC-JP", "KOI8-R", "windows-1254", "windows-1253", "windows-1255", "windows-1256",
    "windows-1257", "windows-874", "ISO-8859-15", "ISO-8859-2", "ISO-8859-5", "ISO-8859-7",
    "ISO-8859-8", "IBM866", "KOI8-U", "ISO-8859-13", "IBM850", "IBM852", "macintosh",
    "x-mac-cyrillic",
  ]

  /// - Parameters:
  ///   - pieces: lines that are not UTF-8.
  ///   - uchardet: what libuchardet says, which counts where the readings are nearly as good.
  init(of pieces: [UInt8], uchardet: TextEncoding?) {
    let sample = Array(pieces.prefix(Self.maxBytes))
    let weight = sample.reduce(0) { $0 + ($1 >= 0x80 ? 1 : 0) }
    var names = Self.candidates
    if let uchardet, !names.contains(uchardet.name) { names.append(uchardet.name) }
    var readings = names.compactMap { EncodingReading(sample, in: TextEncoding(known: $0)) }
    let bonus = { (reading: EncodingReading) in reading.encoding == uchardet ? weight / 2 : 0 }
    // A stable order: what comes first is taken where two are the same.
    let order = readings.indices.sorted {
      let left = readings[$0].score + bonus(readings[$0])
      let right = readings[$1].score + bonus(readings[$1])
      return left == right ? $0 < $1 : left > right
    }
    guard let top = order.first.map({ readings[$0] }),
      // Of encodings that read the same, the one that programs of today write.
      let best = readings.first(where: { $0.text == top.text && $0.score == top.score })
    else {
      guess = EncodingGuess(encoding: TextEncoding(known: "windows-1252"), isSure: false)
      return
    }
    readings = order.map { readings[$0] }
    let same = readings.first { $0.encoding == uchardet && $0.text == best.text }
    let second = readings.first { $0.text != best.text }
    guess = Self.guess(best, second: second, isConfirmed: same != nil, weight: weight)
  }

  /// It is sure of what libuchardet confirms and what reads well, when nothing else reads nearly as well.
  private static func guess(
    _ best: EncodingReading, second: EncodingReading?, isConfirmed: Bool, weight: Int
  ) -> EncodingGuess {
    let lead = best.score - (second?.score ?? 0)
    let readsWell = best.score >= 2 * weight
    let isSure =
      readsWell && (isConfirmed ? lead >= weight / 2 : lead >= 3 * weight) && weight >= 8
    guard !isSure else { return EncodingGuess(encoding: best.encoding, isSure: true) }
    let other = second.map { " It may also be \($0.encoding)." } ?? ""
    return EncodingGuess(
      encoding: best.encoding, isSure: false,
      note:
        "The file is not in UTF-8; it reads best in \(best.encoding).\(other) The option encoding "
        + "settles it.")
  }
}
