/// The names of a file's columns, and how they stand in it.
public struct FileHeader: Sendable, Equatable {
  /// One name a column, without quotes and without white space around it. Names may be empty or repeated.
  public let names: [String]
  /// The row as it stands in the file, without its line end; empty where the names were given from outside
  /// or belong to each record. Of a sheet, the row as CSV.
  public let raw: [UInt8]
  /// What stands between two fields of `raw`, and of the raw text of the rows.
  public let delimiter: [UInt8]

  /// Takes names as they are.
  public init(names: [String], raw: [UInt8] = [], delimiter: [UInt8] = [UInt8(ascii: ",")]) {
    self.names = names
    self.raw = raw
    self.delimiter = delimiter
  }
}
