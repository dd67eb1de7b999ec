import ImportModel

/// Finds rows and fields in the bytes of a batch: the inner loop of reading.
///
/// It begins at a row's start and writes the places of whole rows only, so it can be stopped and started
/// again behind any row. It allocates nothing.
protocol RowScanning {
  /// Offset of the first byte behind the last whole row.
  var rowStart: Int { get }
  /// Lines of the file before `rowStart`.
  var line: Int64 { get }
  /// Rows written.
  var rowCount: Int { get }
  /// The first byte that is zero or above 0x7F, if there is one among those scanned.
  var firstSpecial: Int { get }

  /// Scans until something makes it stop.
  mutating func run() -> ScanStop
}

/// What made a scanner stop. `rowStart` is behind the last whole row then.
enum ScanStop {
  /// The bytes are used up, but for a row whose end is not among them; at the end of the file there is
  /// none.
  case bytes
  /// There is no room for another row.
  case room
  /// The row at `rowStart` is longer than it may be.
  case tooLong
  /// The row at `rowStart` is still within quotes at the end of the file.
  case openQuote
  /// The comment at `rowStart` is longer than a row may be.
  case longComment
}

/// What stays the same during a scan.
struct ScanInput {
  /// The bytes of the batch.
  let bytes: UnsafePointer<UInt8>
  let count: Int
  /// Whether the file ends behind the bytes.
  let isEnd: Bool
  /// Fields of a row.
  let columns: Int
  let maxRowBytes: Int
  /// Number of fields that are in the batch before those of this scan.
  let firstField: Int
  /// Number of the first row of this scan.
  let firstRow: Int64
}

/// Where a scan begins, and where its rows go.
struct ScanTarget {
  /// Where to begin.
  let rowStart: Int
  /// Lines of the file before that.
  let line: Int64
  /// How many rows fit, at least one.
  let room: Int
  /// Uninitialised memory for `ScanInput.columns` fields for each of them.
  let fields: UnsafeMutablePointer<FieldSlice>
  /// Uninitialised memory for the rows themselves.
  let rows: UnsafeMutablePointer<RecordRow>
  /// Takes the fields whose value does not stand in the file as it is.
  let unquoted: UnquotedFields
}
