/// A place in a sheet as `r="AB12"` tells it.
struct CellReference: Equatable {
  /// Counted from 0.
  var column: Int
  /// Counted from 1.
  var row: Int64

  /// Columns of a sheet: A to XFD.
  static let maxColumns = 16_384
  /// Rows of a sheet.
  static let maxRows: Int64 = 1_048_576

  /// Reads a reference that ends with a zero byte; nil where it is none, or beyond the sheet.
  @inline(__always)
  init?(_ text: UnsafePointer<CChar>) {
    var place = text
    var column = 0
    while true {
      let letter = UInt8(bitPattern: place.pointee) & 0xDF
      guard letter >= 65, letter <= 90, UInt8(bitPattern: place.pointee) >= 65 else { break }
      column = column * 26 + Int(letter - 64)
      if column > CellReference.maxColumns { return nil }
      place += 1
    }
    guard column > 0, let row = CellReference.row(place) else { return nil }
    self.column = column - 1
    self.row = row
  }

  /// Reads the number of a row; nil where it is none, or beyond the sheet.
  @inline(__always)
  static func row(_ text: UnsafePointer<CChar>) -> Int64? {
    var place = text
    var row: Int64 = 0
    while place.pointee != 0 {
      let digit = UInt8(bitPattern: place.pointee) &- 48
      guard digit < 10 else { return nil }
      row = row * 10 + Int64(digit)
      if row > maxRows { return nil }
      place += 1
    }
    return row > 0 ? row : nil
  }
}
