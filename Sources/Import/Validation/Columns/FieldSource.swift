import ImportModel

/// The fields of one column of a batch, as bare pointers for a typed loop.
///
/// Valid only while the batch's storage and its arrays are pinned.
struct FieldSource {
  let bytes: UnsafeRawPointer
  /// The column's field of the first row.
  let fields: UnsafePointer<FieldSlice>
  let fieldsPerRow: Int
  let rowCount: Int
  let flags: UnsafeMutablePointer<RowFlags>
  /// Whether every field is plain ASCII without zero bytes.
  let isPlainASCII: Bool
  let nullWords: NullWords
  /// What NULL is in this column: `.null` or `.required`.
  let nullState: CellState

  @inline(__always)
  func slice(_ row: Int) -> FieldSlice {
    fields[row &* fieldsPerRow]
  }

  @inline(__always)
  func text(_ slice: FieldSlice) -> UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(start: bytes + slice.offset, count: slice.count)
  }

  @inline(__always)
  func isReadable(_ row: Int) -> Bool {
    !flags[row].contains(.unreadable)
  }

  /// Whether the field is one of the null words; an empty field is the caller's matter.
  @inline(__always)
  func isNullWord(_ slice: FieldSlice, lengths: UInt64) -> Bool {
    guard lengths != 0, nullWords.concern(slice) else { return false }
    guard lengths >> UInt64(min(slice.count, 63)) & 1 == 1 else { return false }
    return nullWords.contains(text(slice))
  }

  /// The same column with its fields elsewhere, one behind the other.
  ///
  /// - Parameter nullWords: those that may still be among them.
  func replacing(
    bytes: UnsafeRawBufferPointer, fields: UnsafePointer<FieldSlice>, nullWords: NullWords
  ) -> FieldSource {
    FieldSource(
      bytes: bytes.baseAddress.unsafelyUnwrapped, fields: fields, fieldsPerRow: 1,
      rowCount: rowCount, flags: flags, isPlainASCII: isPlainASCII, nullWords: nullWords,
      nullState: nullState)
  }

  /// Notes what became of a row's field.
  @inline(__always)
  func note(_ state: CellState, row: Int, in states: UnsafeMutablePointer<CellState>) {
    states[row] = state
    if state.isFault { flags[row].insert(.faulty) }
  }
}
