/// How many rejected rows, and how many bytes of their text, the report of an import has room for.
///
/// Rows are listed in the order in which they are found, until the rows or the bytes are used up; the row
/// that uses up the bytes is listed whole. From then on rows are counted, and no longer listed.
public struct RejectRoom: Sendable, Equatable {
  /// Rows that may still be listed.
  public private(set) var rows: Int64
  /// Bytes of values, messages and rows that may still be kept, about.
  public private(set) var bytes: Int64

  /// Bytes of text that a report has room for: 256 MiB.
  public static let standardBytes: Int64 = 256 << 20
  /// What a report has room for unless told otherwise.
  public static let standard = RejectRoom(rows: 100_000)

  /// Room for so much.
  public init(rows: Int64, bytes: Int64 = RejectRoom.standardBytes) {
    self.rows = rows
    self.bytes = bytes
  }

  /// Whether no row is listed any more.
  public var isEmpty: Bool { rows <= 0 || bytes <= 0 }

  /// Takes the faults of one row in.
  public mutating func take(row faults: ArraySlice<Reject>) {
    rows -= 1
    for fault in faults { bytes -= fault.textBytes }
  }

  /// Takes rejects in as far as there is room, whole rows only.
  ///
  /// - Parameter rejects: ordered by row.
  /// - Returns: those that were taken.
  public mutating func take(_ rejects: [Reject]) -> ArraySlice<Reject> {
    var end = rejects.startIndex
    while end < rejects.endIndex, !isEmpty {
      let start = end
      while end < rejects.endIndex, rejects[end].row == rejects[start].row { end += 1 }
      take(row: rejects[start..<end])
    }
    return rejects[..<end]
  }
}

extension Reject {
  /// Bytes of its text.
  fileprivate var textBytes: Int64 {
    Int64(message.utf8.count + (value?.utf8.count ?? 0) + (raw?.count ?? 0))
  }
}
