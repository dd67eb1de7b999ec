/// Finds the part of an archive that is the workbook.
enum WorkbookParts {
  private static let usualName = "xl/workbook.xml"

  /// By the archive's relationships, else by its types of content, else by its usual name.
  ///
  /// - Throws: `unsupportedFormat` where there is none.
  static func main(in archive: WorkbookArchive, blockBytes: Int) throws -> String {
    let relationships = try Relationships(of: "", in: archive, blockBytes: blockBytes)
    if let target = relationships.first("officedocument"), archive.contains(target) {
      if target.lowercased().hasSuffix(".bin") {
        throw ReadingError(
          .unsupportedFormat, "The file is a binary Excel workbook (.xlsb).", hint: saveAs)
      }
      return try checked(target, in: archive, blockBytes: blockBytes)
    }
    if let name = try byContentType(archive, blockBytes: blockBytes), archive.contains(name) {
      return name
    }
    if archive.contains(usualName) { return usualName }
    throw ReadingError(
      .unsupportedFormat, "The archive is no Excel workbook: it holds no workbook part.",
      hint: saveAs)
  }

  /// A Word document has a main part as well.
  private static func checked(
    _ target: String, in archive: WorkbookArchive, blockBytes: Int
  ) throws -> String {
    let word = "word/document.xml"
    if target.lowercased() == word || target.lowercased().hasPrefix("ppt/") {
      throw ReadingError(
        .unsupportedFormat, "The file is an Office document, but no Excel workbook.", hint: saveAs)
    }
    return target
  }

  private static func byContentType(
    _ archive: WorkbookArchive, blockBytes: Int
  ) throws -> String? {
    guard let stream = try archive.open("[Content_Types].xml") else { return nil }
    let handler = ElementHandler(limit: 65_536) { name, level, attributes -> String? in
      guard level == 2, name == "Override",
        let type = attributes.value(of: "ContentType")?.lowercased(),
        type.contains("spreadsheetml") || type.contains("ms-excel"), type.hasSuffix(".main+xml")
      else { return nil }
      return attributes.value(of: "PartName")
    }
    _ = try XMLDocument(stream, handler: handler, blockBytes: blockBytes).run()
    return handler.found.first.map { Relationships.resolve($0, from: "") }
  }

  private static let saveAs = "Save it as an Excel workbook (.xlsx) or as CSV, and send that."
}

/// Takes the list of sheets and the date system out of the workbook part.
final class WorkbookHandler: XMLHandler {
  /// A sheet as it is listed.
  struct Listed {
    let name: String
    let id: String
    let isHidden: Bool
  }

  private(set) var sheets: [Listed] = []
  private(set) var is1904 = false
  private var level = 0
  private var isInSheets = false

  private static let maxSheets = 16_384

  override func start(_ name: XMLName, _ attributes: XMLAttributes) throws(ReadingError) {
    level += 1
    if level == 2 {
      isInSheets = name == "sheets"
      if name == "workbookPr", let value = attributes.value(of: "date1904") {
        is1904 = value == "1" || value == "true" || value == "on"
      }
    } else if level == 3, isInSheets, name == "sheet" {
      guard let id = attributes.value(of: "id") else { return }
      let state = attributes.value(of: "state") ?? "visible"
      sheets.append(
        Listed(
          name: attributes.value(of: "name") ?? "", id: id, isHidden: state != "visible"))
      if sheets.count > WorkbookHandler.maxSheets {
        throw ReadingError(.tooExpansive, "The workbook has too many sheets.")
      }
    }
  }

  override func end() {
    level -= 1
  }
}
