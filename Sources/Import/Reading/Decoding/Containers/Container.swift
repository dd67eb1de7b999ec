/// What can be wrapped around a file: a compressed stream, or an archive.
public enum Container: String, Codable, Sendable, CaseIterable {
  /// RFC 1952.
  case gzip
  /// RFC 8878.
  case zstd
  /// PKWARE's APPNOTE 6.3.
  case zip

  /// How many bytes of the start tell them apart.
  public static let signatureLength = 4

  /// Tells a container by its first bytes; nil where they are those of none.
  ///
  /// - Parameter start: the start of the file, `signatureLength` bytes where it has them.
  public init?(start: UnsafeRawBufferPointer) {
    if start.starts(with: [0x1F, 0x8B]) {
      self = .gzip
    } else if Self.zipSignatures.contains(where: { start.starts(with: $0) }) {
      self = .zip
    } else if start.starts(with: [0x28, 0xB5, 0x2F, 0xFD]) || Self.isSkippableFrame(start) {
      self = .zstd
    } else {
      return nil
    }
  }

  /// An entry, the end of an archive without any, and the mark of an archive in parts.
  private static let zipSignatures: [[UInt8]] = [
    [0x50, 0x4B, 3, 4], [0x50, 0x4B, 5, 6], [0x50, 0x4B, 7, 8],
  ]

  /// RFC 8878, section 3.1.2: zstd may begin with frames that hold no data.
  private static func isSkippableFrame(_ start: UnsafeRawBufferPointer) -> Bool {
    start.count >= 4 && start[0] & 0xF0 == 0x50 && start[1...3].elementsEqual([0x2A, 0x4D, 0x18])
  }

  /// As it is called in a sentence.
  var title: String {
    switch self {
    case .gzip: "gzip"
    case .zstd: "zstd"
    case .zip: "ZIP"
    }
  }
}
