/// What is in an archive besides what programs leave there unasked.
struct ZipContents {
  /// The first few files.
  private(set) var files: [ZipArchive.Entry] = []
  /// How many files there are in all.
  private(set) var count = 0

  /// How many files an error names.
  private static let maxNamed = 5

  init(of archive: ZipArchive) throws {
    for index in 0..<archive.count {
      let entry = try archive.entry(at: index)
      guard Self.isFile(entry.name) else { continue }
      count += 1
      if files.count < Self.maxNamed { files.append(entry) }
    }
  }

  /// The file, where there is exactly one.
  ///
  /// - Throws: `archiveContents`, naming what there is.
  func onlyFile() throws(ReadingError) -> ZipArchive.Entry {
    guard let first = files.first else {
      throw ReadingError(
        .archiveContents, "The ZIP archive holds no file.", hint: "It must hold exactly one.")
    }
    guard count == 1 else {
      let names = files.map { "“\(Self.short($0.name))”" }.joined(separator: ", ")
      let rest = count > files.count ? " and \(count - files.count) more" : ""
      throw ReadingError(
        .archiveContents,
        "The ZIP archive holds \(count) files, but one is expected: \(names)\(rest).",
        hint: "Send each file by itself, or in an archive of its own.")
    }
    return first
  }

  /// Whether an entry is a file that somebody meant to be there.
  static func isFile(_ name: String) -> Bool {
    let parts = name.split(separator: "/", omittingEmptySubsequences: false)
    guard let last = parts.last, !last.isEmpty else { return false }
    if parts[0] == "__MACOSX" || ["thumbs.db", "desktop.ini"].contains(last.lowercased()) {
      return false
    }
    return !parts.contains { $0.hasPrefix(".") && $0 != "." && $0 != ".." }
  }

  /// A name that does not fill the screen.
  private static func short(_ name: String) -> String {
    name.count > 100 ? name.prefix(99) + "…" : name
  }
}
