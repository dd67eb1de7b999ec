/// The texts of a workbook that its cells name by number. Texts and their places are in memory up to a
/// limit, and in files without a name beyond it.
final class SharedStrings {
  private let texts: SpilledBytes
  /// Eight bytes for each text: where it ends.
  private let ends: SpilledBytes

  /// How many texts there are, as far as they have been read.
  private(set) var count = 0

  /// The part of the workbook, as long as it has not been read to its end.
  private var unread: Unread?

  private struct Unread {
    let document: XMLDocument
    let handler: StringsHandler
  }

  /// Bytes of texts, and of their places, that are held in memory.
  static let memoryLimit = 12 << 20
  private static let placesLimit = 4 << 20

  init(folder: String, memoryLimit: Int = SharedStrings.memoryLimit) {
    texts = SpilledBytes(memoryLimit: memoryLimit, folder: folder)
    ends = SpilledBytes(
      memoryLimit: min(memoryLimit, SharedStrings.placesLimit), folder: folder)
  }

  /// Whether texts, or their places, lie in a file.
  var isSpilled: Bool { texts.isSpilled || ends.isSpilled }

  /// Takes the texts out of a part of a workbook; none is read before it is asked for.
  ///
  /// - Parameter maxTextBytes: of a longer text only one byte more is kept, enough to see that.
  func open(_ part: PartStream, maxTextBytes: Int, blockBytes: Int) throws {
    let handler = StringsHandler(self, maxTextBytes: maxTextBytes)
    unread = Unread(
      document: try XMLDocument(part, handler: handler, blockBytes: blockBytes), handler: handler)
  }

  /// Reads the texts up to a number, or all of them.
  func load(upTo index: Int = .max) throws {
    while let part = unread, index >= count {
      part.handler.wanted = index
      do {
        if try part.document.run() { continue }
      } catch {
        throw part.handler.spillError ?? error
      }
      unread = nil
      try seal()
    }
  }

  /// Adds a text behind the others.
  func append(_ text: UnsafeRawBufferPointer) throws(SpillError) {
    try texts.append(text)
    try withUnsafeBytes(of: UInt64(texts.count)) { (end) throws(SpillError) in
      try ends.append(end)
    }
    count += 1
  }

  /// Ends writing.
  func seal() throws(SpillError) {
    try texts.seal()
    try ends.seal()
  }

  /// Appends a text that has been read to `buffer`. Returns false where there is none of that number.
  func append(_ index: Int, to buffer: inout ByteBuffer) throws(SpillError) -> Bool {
    guard index >= 0, index < count else { return false }
    let start = index == 0 ? 0 : try end(index - 1)
    let length = try end(index) - start
    guard length > 0 else { return true }
    buffer.reserve(length)
    var place = UnsafeMutableRawPointer(buffer.start + buffer.count)
    try texts.read(at: start, count: length) { piece in
      guard let source = piece.baseAddress else { return }
      place.copyMemory(from: source, byteCount: piece.count)
      place += piece.count
    }
    buffer.count += length
    return true
  }

  private func end(_ index: Int) throws(SpillError) -> Int {
    // Pages hold a multiple of eight bytes, so a place is never in two of them.
    var end = 0
    try ends.read(at: index * 8, count: 8) { piece in
      end = Int(truncatingIfNeeded: piece.loadUnaligned(as: UInt64.self))
    }
    return end
  }
}

/// Takes the texts out of `sst`: plain ones, and runs of rich text joined. What tells how they are
/// pronounced (`rPh`) is left out.
private final class StringsHandler: XMLHandler {
  private unowned let strings: SharedStrings
  /// Parsing stops behind the text of this number.
  var wanted = Int.max
  private var item: TextElement
  private var level = 0
  private var isInItem = false
  private(set) var spillError: SpillError?

  init(_ strings: SharedStrings, maxTextBytes: Int) {
    self.strings = strings
    item = TextElement(maxBytes: maxTextBytes)
  }

  override func start(_ name: XMLName, _ attributes: XMLAttributes) throws(ReadingError) {
    level += 1
    if isInItem {
      item.start(name)
    } else if level == 2, name == "si" {
      isInItem = true
      item.begin()
    }
    try attributes.forEach { (attribute, _) throws(ReadingError) in try noteRare(attribute) }
  }

  override func end() throws(ReadingError) {
    level -= 1
    guard isInItem, item.end() else { return }
    isInItem = false
    EscapedText.undo(&item.value)
    do throws(SpillError) {
      try strings.append(item.value.bytes)
      // What lies in a file can be read only when all is written.
      if strings.count > wanted, !strings.isSpilled { suspend() }
    } catch {
      spillError = error
      throw ReadingError(.corruptFile, error.description)
    }
  }

  override func text(_ bytes: UnsafeRawBufferPointer) {
    if isInItem { item.text(bytes) }
  }
}
