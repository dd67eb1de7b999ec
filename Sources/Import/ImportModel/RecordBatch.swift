/// Rows in the order of the file, as bytes and the places of their fields: what Reading hands to
/// Validation.
///
/// It is meant to be filled, used and filled again, so that nothing is allocated for a field or a row.
/// One thread owns it; it is not `Sendable` on purpose.
///
/// Every row has exactly `fieldsPerRow` fields in `fields`, row by row: field `c` of row `r` is
/// `fields[r * fieldsPerRow + c]`. A row that the reader could not make whole has a `fault`; its fields
/// are there too, but mean nothing.
public final class RecordBatch {
  /// The bytes that fields, rows and faults point into. Valid until the batch is filled again.
  public private(set) var storage: UnsafeMutableRawBufferPointer
  /// How many bytes of `storage` are in use.
  public var count: Int
  /// The places of all fields, row by row.
  public var fields: ContiguousArray<FieldSlice>
  /// One entry a row.
  public var rows: ContiguousArray<RecordRow>
  /// How many fields each row has: the number of columns in the header.
  public var fieldsPerRow: Int
  /// Whether no byte of the batch is zero or above 0x7F: then every text in it is valid UTF-8.
  public var isPlainASCII: Bool
  /// Position in the file just behind the last row: where a reader goes on after this batch.
  public var end: FilePosition

  /// Makes an empty batch.
  ///
  /// - Parameter capacity: bytes reserved at first; `reserve(_:)` makes more room.
  public init(capacity: Int = 1 << 20) {
    storage = .allocate(byteCount: max(capacity, 64), alignment: 64)
    count = 0
    fields = []
    rows = []
    fieldsPerRow = 0
    isPlainASCII = true
    end = FilePosition()
  }

  deinit {
    storage.deallocate()
  }

  /// Makes room for `capacity` bytes in all, keeping those in use.
  public func reserve(_ capacity: Int) {
    guard capacity > storage.count else { return }
    let larger = UnsafeMutableRawBufferPointer.allocate(
      byteCount: max(capacity, storage.count * 2), alignment: 64)
    larger.copyMemory(from: UnsafeRawBufferPointer(rebasing: storage[0..<count]))
    storage.deallocate()
    storage = larger
  }

  /// Empties the batch and keeps its memory.
  public func removeAll() {
    count = 0
    fields.removeAll(keepingCapacity: true)
    rows.removeAll(keepingCapacity: true)
    isPlainASCII = true
  }

  /// The bytes of a field, without its quotes and with doubled quotes undone.
  @inlinable
  public func bytes(of field: FieldSlice) -> UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(rebasing: storage[field.offset..<(field.offset + field.count)])
  }

  /// The bytes of a row as they stand in the file, without its line end.
  @inlinable
  public func raw(of row: RecordRow) -> UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(rebasing: storage[row.rawOffset..<(row.rawOffset + row.rawCount)])
  }
}

/// Where a field lies in the storage of its batch, and whether it stood in quotes.
public struct FieldSlice: Sendable, Equatable {
  @usableFromInline let start: UInt32
  @usableFromInline let countAndQuoted: UInt32

  /// - Parameters:
  ///   - offset: first byte, below 2^32.
  ///   - count: length in bytes, below 2^31.
  ///   - isQuoted: whether the field stood in quotes: an empty field that did is no NULL.
  @inlinable @inline(__always)
  public init(offset: Int, count: Int, isQuoted: Bool) {
    self.init(
      start: UInt32(truncatingIfNeeded: offset),
      countAndQuoted: UInt32(truncatingIfNeeded: count) << 1 | (isQuoted ? 1 : 0))
  }

  @inlinable @inline(__always)
  init(start: UInt32, countAndQuoted: UInt32) {
    self.start = start
    self.countAndQuoted = countAndQuoted
  }

  /// First byte in the storage of the batch.
  @inlinable public var offset: Int { Int(start) }
  /// Length in bytes.
  @inlinable public var count: Int { Int(countAndQuoted >> 1) }
  /// Whether the field stood in quotes.
  @inlinable public var isQuoted: Bool { countAndQuoted & 1 == 1 }
}

/// Where a row lies in its file and in its batch.
public struct RecordRow: Sendable, Equatable {
  /// Number of the row in the file, the first one after the header being 1.
  public var number: Int64
  /// Line of the file on which the row begins, the first line being 1.
  public var line: Int64
  /// First byte of the row's own text in the storage of the batch.
  public var rawOffset: Int
  /// Length of the row's own text, without the line end.
  public var rawCount: Int
  /// Why the reader could not make the row whole, or nil.
  public var fault: RowFault?

  /// Describes one row.
  @inlinable
  public init(
    number: Int64, line: Int64, rawOffset: Int, rawCount: Int, fault: RowFault? = nil
  ) {
    self.number = number
    self.line = line
    self.rawOffset = rawOffset
    self.rawCount = rawCount
    self.fault = fault
  }
}

/// Why a row could not be made whole.
public enum RowFault: Sendable, Equatable {
  /// The row has another number of fields than the header.
  case fieldCount(found: Int)
  /// The file ends inside a quoted field that begins on the row's line.
  case unterminatedQuote
  /// The row is longer than the limit, in bytes; its text is cut off there.
  case tooLong(limit: Int)
  /// The row's bytes are no text in the file's encoding.
  case badEncoding
  /// The row's text breaks the rules of its format: no JSON object, say.
  case syntax(message: String)
  /// The row is whole, but some of its cells have an error in the place of a value.
  case badCells([BadCell])
}

/// A cell that has an error in the place of a value, as `#DIV/0!` in a workbook.
public struct BadCell: Sendable, Equatable {
  /// Which field of the row it is, the first one being 0.
  public var field: Int
  /// What stands in it.
  public var text: String

  /// Describes one cell.
  public init(field: Int, text: String) {
    self.field = field
    self.text = text
  }
}

/// A place between two rows of a file, from which reading can go on.
public struct FilePosition: Sendable, Equatable, Codable {
  /// Bytes before it.
  public var byte: Int64
  /// Rows before it, the header not counted.
  public var row: Int64
  /// Lines before it.
  public var line: Int64

  /// The start of a file, unless told otherwise.
  public init(byte: Int64 = 0, row: Int64 = 0, line: Int64 = 0) {
    self.byte = byte
    self.row = row
    self.line = line
  }
}
