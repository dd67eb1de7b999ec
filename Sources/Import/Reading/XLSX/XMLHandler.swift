internal import CExpat
import Glibc

/// What is done with the elements of an XML document, one after the other. To be subclassed.
///
/// Names come without their prefix: workbooks use odd ones, and what is meant is told by where an element
/// stands.
class XMLHandler {
  /// Why the document is not read to its end.
  fileprivate(set) var failure: ReadingError?
  fileprivate var parser: OpaquePointer?
  fileprivate var depth = 0
  /// Whether anything was found since the last block of bytes was handed in.
  fileprivate var isAlive = false
  private var rareAttributes: Set<UnsafePointer<CChar>> = []

  /// Elements may be nested that deeply; those of a workbook are far from it.
  private static let maxDepth = 256
  /// Kinds of attributes beyond the usual ones: expat keeps the name of each for good.
  private static let maxRareAttributes = 1024

  /// An element begins.
  func start(_ name: XMLName, _ attributes: XMLAttributes) throws(ReadingError) {}
  /// An element ends.
  func end() throws(ReadingError) {}
  /// Text, or a piece of it.
  func text(_ bytes: UnsafeRawBufferPointer) throws(ReadingError) {}

  /// Lets parsing stop after this event, to be resumed.
  final func suspend() {
    XML_StopParser(parser, XML_Bool(1))
  }

  /// Where the event at hand ends, in bytes of the document.
  final var endOfEvent: Int64 {
    Int64(XML_GetCurrentByteIndex(parser)) + Int64(XML_GetCurrentByteCount(parser))
  }

  /// Counts the kinds of attributes that are no part of any workbook that Excel writes often.
  final func noteRare(_ attribute: UnsafePointer<CChar>) throws(ReadingError) {
    // expat keeps one copy of each attribute's name, so the same name has the same address.
    guard !rareAttributes.contains(attribute) else { return }
    if rareAttributes.count >= XMLHandler.maxRareAttributes {
      throw ReadingError(.tooExpansive, "The workbook has too many kinds of attributes.")
    }
    rareAttributes.insert(attribute)
  }

  fileprivate func fail(_ error: ReadingError) {
    if failure == nil { failure = error }
    XML_StopParser(parser, XML_Bool(0))
  }

  fileprivate final func enter() throws(ReadingError) {
    depth += 1
    isAlive = true
    if depth > XMLHandler.maxDepth {
      throw ReadingError(.corruptFile, "The workbook's XML is nested too deeply.")
    }
  }
}

/// Reads one XML document for a handler. A DOCTYPE is refused: workbooks have none, and entities that
/// unfold are declared there.
final class XMLDocument {
  private let parser: OpaquePointer
  private let handler: XMLHandler
  private let part: PartStream
  private let blockBytes: Int
  private var isFinal = false
  private var isSuspended = false
  private var silentBytes = 0

  /// expat keeps a tag whole in memory; none of a workbook is nearly that long.
  private static let maxTagBytes = 4 << 20

  init(_ part: PartStream, handler: XMLHandler, blockBytes: Int) throws(ReadingError) {
    guard let parser = XML_ParserCreate(nil) else {
      throw ReadingError(.corruptFile, "There is no memory for reading the workbook.")
    }
    self.parser = parser
    self.handler = handler
    self.part = part
    self.blockBytes = min(max(blockBytes, 1), 1 << 20)
    handler.parser = parser
    XML_SetUserData(parser, Unmanaged.passUnretained(handler).toOpaque())
    XML_SetElementHandler(parser, startElement, endElement)
    XML_SetCharacterDataHandler(parser, characters)
    XML_SetStartDoctypeDeclHandler(parser, startDoctype)
  }

  deinit {
    handler.parser = nil
    XML_ParserFree(parser)
  }

  /// Reads on until the handler suspends, and returns true, or to the end, and returns false.
  func run() throws -> Bool {
    while true {
      if isSuspended {
        isSuspended = false
        if try settle(XML_ResumeParser(parser)) { return true }
      }
      if isFinal { return false }
      guard let buffer = XML_GetBuffer(parser, Int32(blockBytes)) else {
        throw ReadingError(.corruptFile, "There is no memory for reading the workbook.")
      }
      let count = try part.read(
        into: UnsafeMutableRawBufferPointer(start: buffer, count: blockBytes))
      isFinal = count == 0
      handler.isAlive = false
      if try settle(XML_ParseBuffer(parser, Int32(count), isFinal ? 1 : 0)) { return true }
      silentBytes = handler.isAlive ? 0 : silentBytes + count
      if silentBytes > XMLDocument.maxTagBytes {
        throw ReadingError(
          .tooExpansive,
          "The part \(part.name.prefix(100)) of the workbook has a tag without an end.")
      }
    }
  }

  /// Returns whether the handler has suspended.
  private func settle(_ status: XML_Status) throws -> Bool {
    if let failure = handler.failure { throw failure }
    switch status {
    case XML_STATUS_OK: return false
    case XML_STATUS_SUSPENDED:
      isSuspended = true
      return true
    default: throw syntaxError
    }
  }

  private var syntaxError: ReadingError {
    let code = XML_GetErrorCode(parser)
    let text = XML_ErrorString(code).map { String(cString: $0) } ?? "unknown error"
    if code == XML_ERROR_AMPLIFICATION_LIMIT_BREACH { return unfolding }
    return ReadingError(
      .corruptFile,
      "The workbook is damaged: its part \(part.name.prefix(100)) is no valid XML in line "
        + "\(XML_GetCurrentLineNumber(parser)) (\(text)).",
      hint: "Send the file again, or save it anew in Excel.")
  }
}

private let unfolding = ReadingError(
  .tooExpansive, "The workbook declares entities of its own, which could unfold without end.",
  hint: "No spreadsheet program writes that. Save the workbook anew in Excel and send it again.")

// The functions that expat calls. None of them may throw or trap.

private func startElement(
  _ user: UnsafeMutableRawPointer?, _ name: UnsafePointer<CChar>?,
  _ attributes: UnsafeMutablePointer<UnsafePointer<CChar>?>?
) {
  guard let user, let name, let attributes else { return }
  Unmanaged<XMLHandler>.fromOpaque(user)._withUnsafeGuaranteedRef { handler in
    guard handler.failure == nil else { return }
    do throws(ReadingError) {
      try handler.enter()
      try handler.start(XMLName(name), XMLAttributes(attributes))
    } catch {
      handler.fail(error)
    }
  }
}

private func endElement(_ user: UnsafeMutableRawPointer?, _ name: UnsafePointer<CChar>?) {
  guard let user else { return }
  Unmanaged<XMLHandler>.fromOpaque(user)._withUnsafeGuaranteedRef { handler in
    guard handler.failure == nil else { return }
    handler.depth -= 1
    handler.isAlive = true
    do throws(ReadingError) {
      try handler.end()
    } catch {
      handler.fail(error)
    }
  }
}

private func characters(
  _ user: UnsafeMutableRawPointer?, _ bytes: UnsafePointer<CChar>?, _ count: Int32
) {
  guard let user, let bytes, count > 0 else { return }
  Unmanaged<XMLHandler>.fromOpaque(user)._withUnsafeGuaranteedRef { handler in
    guard handler.failure == nil else { return }
    handler.isAlive = true
    do throws(ReadingError) {
      try handler.text(UnsafeRawBufferPointer(start: bytes, count: Int(count)))
    } catch {
      handler.fail(error)
    }
  }
}

private func startDoctype(
  _ user: UnsafeMutableRawPointer?, _ name: UnsafePointer<CChar>?, _ system: UnsafePointer<CChar>?,
  _ publicID: UnsafePointer<CChar>?, _ hasInternalSubset: Int32
) {
  guard let user else { return }
  Unmanaged<XMLHandler>.fromOpaque(user)._withUnsafeGuaranteedRef { $0.fail(unfolding) }
}
