public import ImportModel

/// Unwraps a stored file: what it is wrapped in, and the bytes inside.
public enum Containers {
  /// Tells by its first bytes whether the file is compressed or an archive, and gives the bytes inside.
  ///
  /// A file of no such kind, and a ZIP archive that is a workbook, come as they are, with no containers.
  ///
  /// - Returns: `containers`: none, or the one that was unwrapped. `source`: the bytes inside, from
  ///   their start; its `bytesTaken` counts stored bytes. `entryName`: what a ZIP archive calls the file.
  /// - Throws: `archiveContents` for a container within a container and for an archive without exactly
  ///   one file; the errors of `GzipSource`, `ZstdSource` and `ZipEntrySource`; what the storage throws.
  public static func open(
    _ file: any FileBytes, limits: DecodingLimits = DecodingLimits()
  ) throws -> (containers: [Container], source: any ByteSource, entryName: String?) {
    let start = PeekingSource(FileSource(file))
    let most = limits.decodedBytes(of: file.size)
    switch try start.peek(Container.signatureLength, { Container(start: $0) }) {
    case nil:
      return ([], start, nil)
    case .gzip:
      return ([.gzip], try unwrapped(GzipSource(start), from: .gzip, most), nil)
    case .zstd:
      let source = ZstdSource(start, maxWindowLog: limits.maxWindowLog)
      return ([.zstd], try unwrapped(source, from: .zstd, most), nil)
    case .zip:
      let archive = try ZipArchive(file, limits: limits)
      if isWorkbook(archive) { return ([], start, nil) }
      let entry = try ZipEntrySource(archive)
      return ([.zip], try unwrapped(entry, from: .zip, most), entry.name)
    }
  }

  /// Whether the file is a ZIP archive that has the parts of a workbook (ECMA-376, part 2).
  ///
  /// - Throws: `corruptFile` for an archive that cannot be read, and what the storage throws.
  public static func isWorkbook(
    _ file: any FileBytes, limits: DecodingLimits = DecodingLimits()
  ) throws -> Bool {
    let start = PeekingSource(FileSource(file))
    guard try start.peek(Container.signatureLength, { Container(start: $0) }) == .zip else {
      return false
    }
    return try isWorkbook(ZipArchive(file, limits: limits))
  }

  private static func isWorkbook(_ archive: ZipArchive) -> Bool {
    archive.contains("[Content_Types].xml") || archive.contains("xl/workbook.xml")
  }

  /// Refuses a second container, and keeps to the limit.
  private static func unwrapped(
    _ inside: any ByteSource, from container: Container, _ maxBytes: Int64
  ) throws -> any ByteSource {
    let source = PeekingSource(LimitedSource(inside, limit: maxBytes))
    if let second = try source.peek(Container.signatureLength, { Container(start: $0) }) {
      let what = second == .zip ? "a ZIP archive or a workbook" : "another \(second.title) file"
      throw ReadingError(
        .archiveContents,
        "Inside the \(container.title) file is \(what), which is not unpacked further.",
        hint: "Unpack the outer file and send what is in it.")
    }
    return source
  }
}
