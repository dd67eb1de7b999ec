/// A column of a JSON file: its name, and where in a record its value stands.
public struct JSONColumn: Sendable, Equatable {
  /// The column's name.
  public var name: String
  /// The names that lead to the value, from the record inwards; at least one.
  public var path: [String]

  /// Takes a name and its path.
  public init(name: String, path: [String]) {
    self.name = name
    self.path = path
  }

  /// The value that stands under `name` in the record itself.
  public init(_ name: String) {
    self.init(name: name, path: [name])
  }
}
