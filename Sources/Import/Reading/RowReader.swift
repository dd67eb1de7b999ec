public import ImportModel

/// Reads the rows of a file in batches, whatever its format, in memory that does not depend on the file.
///
/// One thread owns it. Batches depend on the bytes of the file and on the limits given only, never on how
/// many bytes come at once. After a thrown error the reader is of no more use; another one may begin at
/// `position`.
public protocol RowReader: AnyObject {
  /// Where the rows begin that have not been read: behind the last batch, or behind the header. Its bytes
  /// are those of the text or sheet that the rows stand in: decompressed, and in UTF-8.
  var position: FilePosition { get }

  /// How many bytes of the file, as it is stored, the rows so far took, about. For progress only.
  var bytesTaken: Int64 { get }

  /// Reads the header, the first time it is called; then, and where it was given, just returns it.
  ///
  /// - Throws: `ReadingError`, and whatever the source throws.
  func readHeader() throws -> FileHeader

  /// Fills `batch` with the next rows; what was in it is gone. Returns false at the end of the file, with
  /// an empty batch. Reads the header first where that has not been done.
  ///
  /// - Parameters:
  ///   - maxBytes: how much of the file goes into the batch, at most. Only a row that is longer by itself
  ///     goes beyond, as the only row of its batch.
  ///   - maxRows: how many rows, at most. A wide header may set a lower limit: half a million fields.
  /// - Throws: `ReadingError`, and whatever the source throws.
  func read(into batch: RecordBatch, maxBytes: Int, maxRows: Int) throws -> Bool
}
