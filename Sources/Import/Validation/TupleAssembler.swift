import ImportModel

/// Puts the columns' values together into tuples of Postgres's binary COPY format.
///
/// Source: "COPY", section "Binary Format", of the Postgres manual.
struct TupleAssembler {
  /// A column as bare pointers.
  struct Piece {
    let layout: PieceLayout
    let states: UnsafePointer<CellState>
    let spans: UnsafePointer<ColumnBuffer.Span>
    let payload: UnsafeRawPointer
    let judged: UnsafeRawPointer
    /// The column's field of the first row.
    let fields: UnsafePointer<FieldSlice>
  }

  let pieces: UnsafeBufferPointer<Piece>
  let rows: UnsafePointer<RecordRow>
  let flags: UnsafePointer<RowFlags>
  let rowCount: Int
  let fieldsPerRow: Int
  let storage: UnsafeRawPointer
  /// Bytes behind `storage` that may be read.
  let storageLimit: Int

  /// Bytes that short texts may be copied beyond their end.
  static let slack = 16

  /// Writes the tuples of all rows without a fault.
  ///
  /// - Parameter start: has room for all tuples and `slack` bytes.
  /// - Returns: bytes and rows written.
  func run(into start: UnsafeMutableRawPointer) -> (bytes: Int, rows: Int) {
    var (out, written) = (start, 0)
    for row in 0..<rowCount where flags[row].isEmpty {
      store(Int16(truncatingIfNeeded: pieces.count &+ 1), at: &out)
      store(Int32(8), at: &out)
      store(rows[row].number, at: &out)
      for piece in pieces { append(piece, row, &out) }
      written &+= 1
    }
    return (out - start, written)
  }

  @inline(__always)
  private func append(_ piece: Piece, _ row: Int, _ out: inout UnsafeMutableRawPointer) {
    switch piece.states[row] {
    case .value:
      appendValue(piece, row, &out)
    case .judged:
      appendSpan(piece.spans[row], of: piece.judged, &out)
    default:
      store(Int32(-1), at: &out)
    }
  }

  @inline(__always)
  private func appendValue(_ piece: Piece, _ row: Int, _ out: inout UnsafeMutableRawPointer) {
    switch piece.layout {
    case .fixed(let width):
      appendFixed(piece.payload, row, width, &out)
    case .variable:
      appendSpan(piece.spans[row], of: piece.payload, &out)
    case .text:
      let slice = piece.fields[row &* fieldsPerRow]
      store(Int32(truncatingIfNeeded: slice.count), at: &out)
      appendText(slice, &out)
    case .versionedText:
      let slice = piece.fields[row &* fieldsPerRow]
      store(Int32(truncatingIfNeeded: slice.count &+ 1), at: &out)
      store(Int8(1), at: &out)
      appendText(slice, &out)
    }
  }

  @inline(__always)
  private func appendFixed(
    _ payload: UnsafeRawPointer, _ row: Int, _ width: Int, _ out: inout UnsafeMutableRawPointer
  ) {
    store(Int32(truncatingIfNeeded: width), at: &out)
    let from = payload + row &* width
    switch width {
    case 4:
      out.storeBytes(of: from.loadUnaligned(as: UInt32.self), as: UInt32.self)
    case 8:
      out.storeBytes(of: from.loadUnaligned(as: UInt64.self), as: UInt64.self)
    default:
      out.copyMemory(from: from, byteCount: width)
    }
    out += width
  }

  @inline(__always)
  private func appendSpan(
    _ span: ColumnBuffer.Span, of bytes: UnsafeRawPointer, _ out: inout UnsafeMutableRawPointer
  ) {
    store(Int32(truncatingIfNeeded: span.count), at: &out)
    out.copyMemory(from: bytes + Int(span.offset), byteCount: Int(span.count))
    out += Int(span.count)
  }

  @inline(__always)
  private func appendText(_ slice: FieldSlice, _ out: inout UnsafeMutableRawPointer) {
    let (offset, count) = (slice.offset, slice.count)
    let from = storage + offset
    if count <= 16, offset &+ 16 <= storageLimit {
      // Two whole words are faster than a call for a few bytes; what is too much is overwritten.
      out.storeBytes(of: from.loadUnaligned(as: UInt64.self), as: UInt64.self)
      out.storeBytes(
        of: from.loadUnaligned(fromByteOffset: 8, as: UInt64.self), toByteOffset: 8,
        as: UInt64.self)
    } else {
      out.copyMemory(from: from, byteCount: count)
    }
    out += count
  }

  @inline(__always)
  private func store<I: FixedWidthInteger>(_ value: I, at out: inout UnsafeMutableRawPointer) {
    out.storeBytes(of: value.bigEndian, as: I.self)
    out += MemoryLayout<I>.size
  }
}
