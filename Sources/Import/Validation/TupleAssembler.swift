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
    /// From one row's field to the next one's.
    let fieldStride: Int
    /// What the fields point into.
    let storage: UnsafeRawPointer
    /// Bytes behind `storage` that may be read.
    let storageLimit: Int
  }

  let pieces: UnsafeBufferPointer<Piece>
  let rows: UnsafePointer<RecordRow>
  let flags: UnsafePointer<RowFlags>
  let rowCount: Int
  /// Whether the row's number comes first.
  let numbersRows: Bool

  /// Bytes that short texts may be copied beyond their end.
  static let slack = 16

  /// Writes the tuples of all rows without a fault.
  ///
  /// - Parameter start: has room for all tuples and `slack` bytes.
  /// - Returns: bytes and rows written.
  func run(into start: UnsafeMutableRawPointer) -> (bytes: Int, rows: Int) {
    guard let first = pieces.baseAddress else { return (0, 0) }
    let end = first + pieces.count
    var (out, written) = (start, 0)
    for row in 0..<rowCount where flags[row].isEmpty {
      if numbersRows {
        store(Int16(truncatingIfNeeded: pieces.count &+ 1), at: &out)
        store(Int32(8), at: &out)
        store(rows[row].number, at: &out)
      } else {
        store(Int16(truncatingIfNeeded: pieces.count), at: &out)
      }
      // Through pointers, since copies of the pieces would cost a few percent.
      var piece = first
      while piece < end {
        append(piece, row, &out)
        piece += 1
      }
      written &+= 1
    }
    return (out - start, written)
  }

  @inline(__always)
  private func append(
    _ piece: UnsafePointer<Piece>, _ row: Int, _ out: inout UnsafeMutableRawPointer
  ) {
    switch piece.pointee.states[row] {
    case .value:
      appendValue(piece, row, &out)
    case .judged:
      appendSpan(piece.pointee.spans[row], of: piece.pointee.judged, &out)
    default:
      store(Int32(-1), at: &out)
    }
  }

  @inline(__always)
  private func appendValue(
    _ piece: UnsafePointer<Piece>, _ row: Int, _ out: inout UnsafeMutableRawPointer
  ) {
    switch piece.pointee.layout {
    case .fixed(let width):
      appendFixed(piece.pointee.payload, row, width, &out)
    case .variable:
      appendSpan(piece.pointee.spans[row], of: piece.pointee.payload, &out)
    case .text:
      let slice = piece.pointee.fields[row &* piece.pointee.fieldStride]
      store(Int32(truncatingIfNeeded: slice.count), at: &out)
      appendText(slice, of: piece, &out)
    case .versionedText:
      let slice = piece.pointee.fields[row &* piece.pointee.fieldStride]
      store(Int32(truncatingIfNeeded: slice.count &+ 1), at: &out)
      store(Int8(1), at: &out)
      appendText(slice, of: piece, &out)
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
  private func appendText(
    _ slice: FieldSlice, of piece: UnsafePointer<Piece>, _ out: inout UnsafeMutableRawPointer
  ) {
    let (offset, count) = (slice.offset, slice.count)
    let from = piece.pointee.storage + offset
    if count <= 16, offset &+ 16 <= piece.pointee.storageLimit {
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
