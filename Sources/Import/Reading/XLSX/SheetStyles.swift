/// The number formats of a workbook's cells: one for each `xf` of `cellXfs` in its styles.
struct SheetStyles {
  private var formats: [NumberFormat] = []

  /// The format of the style with this number; a number without a style is just a number.
  @inline(__always)
  subscript(style: Int) -> NumberFormat {
    style >= 0 && style < formats.count ? formats[style] : .number
  }

  init() {}

  init(_ part: PartStream, blockBytes: Int) throws {
    let handler = StylesHandler()
    _ = try XMLDocument(part, handler: handler, blockBytes: blockBytes).run()
    formats = handler.formats
  }
}

private final class StylesHandler: XMLHandler {
  private(set) var formats: [NumberFormat] = []
  private var custom: [Int: NumberFormat] = [:]
  private var level = 0
  private var isInFormats = false
  private var isInCells = false

  /// Excel allows 65,490 styles.
  private static let maxStyles = 1 << 18

  override func start(_ name: XMLName, _ attributes: XMLAttributes) throws(ReadingError) {
    level += 1
    if level == 2 {
      isInFormats = name == "numFmts"
      isInCells = name == "cellXfs"
    } else if level == 3, isInFormats, name == "numFmt" {
      if let id = attributes.value(of: "numFmtId").flatMap({ Int($0) }),
        let code = attributes.value(of: "formatCode")
      {
        custom[id] = NumberFormat(code: code)
      }
    } else if level == 3, isInCells, name == "xf" {
      let id = attributes.value(of: "numFmtId").flatMap { Int($0) } ?? 0
      formats.append(custom[id] ?? NumberFormat(builtIn: id))
    }
    if formats.count > StylesHandler.maxStyles || custom.count > StylesHandler.maxStyles {
      throw ReadingError(.tooExpansive, "The workbook has too many styles.")
    }
  }

  override func end() {
    level -= 1
  }
}
