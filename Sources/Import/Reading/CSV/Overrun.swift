import ImportModel

/// Something that does not end where it should, and is ended with its first line.
enum Overrun: Equatable {
  /// A row, which is faulty then.
  case row(RowFault)
  /// A comment, which is no row.
  case comment

  /// What makes a line end data, or nil.
  ///
  /// Without this, a file full of escaped line ends would be read again from each of its lines, for each
  /// of them runs on as the first one did.
  func escape(in dialect: CheckedDialect) -> UInt8? {
    self == .comment ? nil : dialect.escape
  }
}
