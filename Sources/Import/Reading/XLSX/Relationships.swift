/// What a part of a workbook points to (ECMA-376 part 2, section 9.3).
struct Relationships {
  /// One of them.
  struct Entry {
    /// The last word of its type: the same in the transitional and in the strict kind of files.
    let kind: String
    /// The part's name, from the root of the archive on.
    let target: String
  }

  private(set) var byID: [String: Entry] = [:]
  private var inOrder: [Entry] = []

  private static let maxEntries = 65_536

  /// Reads those of a part; there are none where the file that lists them is missing.
  ///
  /// - Parameter part: the part's name; an empty one for the archive itself.
  init(of part: String, in archive: WorkbookArchive, blockBytes: Int) throws {
    let folder = Relationships.folder(of: part)
    let name = part.dropFirst(folder.count)
    guard let stream = try archive.open("\(folder)_rels/\(name).rels") else { return }
    let handler = ElementHandler(limit: Relationships.maxEntries) {
      name, level, attributes -> (String, Entry)? in
      guard level == 2, name == "Relationship", attributes.value(of: "TargetMode") != "External",
        let id = attributes.value(of: "Id"), let type = attributes.value(of: "Type"),
        let target = attributes.value(of: "Target")
      else { return nil }
      return (
        id,
        Entry(
          kind: String(type.split(separator: "/").last ?? "").lowercased(),
          target: Relationships.resolve(target, from: folder))
      )
    }
    _ = try XMLDocument(stream, handler: handler, blockBytes: blockBytes).run()
    for (id, entry) in handler.found {
      byID[id] = entry
      inOrder.append(entry)
    }
  }

  /// The target of the first one of a kind, in lower case.
  func first(_ kind: String) -> String? { inOrder.first { $0.kind == kind }?.target }

  /// The folder of a part, with a slash at its end; empty for the root.
  static func folder(of part: String) -> String {
    guard let slash = part.lastIndex(of: "/") else { return "" }
    return String(part[...slash])
  }

  /// Resolves a target, which may be absolute or relative to the folder of the part that points to it.
  static func resolve(_ target: String, from folder: String) -> String {
    let target = target.replacing("\\", with: "/")
    var parts: [Substring] = []
    let whole = target.hasPrefix("/") ? target : folder + target
    for part in whole.split(separator: "/") where part != "." {
      if part == ".." {
        _ = parts.popLast()
      } else {
        parts.append(part)
      }
    }
    return parts.joined(separator: "/")
  }
}

/// Collects something from the elements of a small part.
final class ElementHandler<Found>: XMLHandler {
  private(set) var found: [Found] = []
  private let limit: Int
  private let visit: (XMLName, Int, XMLAttributes) -> Found?
  private var level = 0

  /// - Parameters:
  ///   - limit: how much may be found.
  ///   - visit: is given an element's name, its level, that of the root being 1, and its attributes.
  init(limit: Int, _ visit: @escaping (XMLName, Int, XMLAttributes) -> Found?) {
    self.limit = limit
    self.visit = visit
  }

  override func start(_ name: XMLName, _ attributes: XMLAttributes) throws(ReadingError) {
    level += 1
    if let result = visit(name, level, attributes) { found.append(result) }
    if found.count > limit {
      throw ReadingError(.tooExpansive, "The workbook has too many parts.")
    }
  }

  override func end() {
    level -= 1
  }
}
