/// What is wrong with a staged row, before its place in the file is known.
public struct RowBreach: Sendable, Equatable {
  /// Number of the row in the file.
  public var row: Int64
  /// What kind of fault it is.
  public var code: RejectCode
  /// The columns that the rule looks at; empty where the whole row is at fault.
  public var columns: [String]
  /// What is wrong.
  public var message: String

  /// Describes one breach.
  public init(row: Int64, code: RejectCode, columns: [String], message: String) {
    self.row = row
    self.code = code
    self.columns = columns
    self.message = message
  }
}
