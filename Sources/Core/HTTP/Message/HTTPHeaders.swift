/// The fields of a message's head, in the order they came; names are compared without case.
///
/// Source: RFC 9110, section 5.
public struct HTTPHeaders: Sendable, ExpressibleByDictionaryLiteral {
  /// One line of the head.
  public struct Field: Sendable, Equatable {
    /// The name as it was written.
    public let name: String
    /// The value without the white space around it.
    public let value: String

    /// Makes a field from a name and a value.
    public init(name: String, value: String) {
      self.name = name
      self.value = value
    }
  }

  /// All fields, in order.
  public private(set) var fields: [Field]

  /// Makes headers out of names and values; a name may stand more than once.
  public init(_ fields: [(String, String)] = []) {
    self.fields = fields.map { Field(name: $0.0, value: $0.1) }
  }

  /// Makes headers out of a literal of names and values.
  public init(dictionaryLiteral elements: (String, String)...) {
    self.init(elements)
  }

  /// The first value of a name; set to replace every one of them, or to nil to remove them.
  public subscript(_ name: String) -> String? {
    get { fields.first { $0.name.equalsIgnoringASCIICase(name) }?.value }
    set {
      remove(name)
      if let newValue { add(name, newValue) }
    }
  }

  /// Every value of a name, in order.
  public func values(_ name: String) -> [String] {
    fields.filter { $0.name.equalsIgnoringASCIICase(name) }.map(\.value)
  }

  /// Whether a comma-separated list of tokens (`Connection`, `Expect`, …) holds a token, ignoring case.
  public func contains(_ token: String, in name: String) -> Bool {
    values(name).contains { value in
      value.utf8.split(separator: UInt8(ascii: ",")).contains {
        trimmedWhitespace($0).equalsIgnoringASCIICase(token)
      }
    }
  }

  /// Adds a field behind those that are there.
  public mutating func add(_ name: String, _ value: String) {
    fields.append(Field(name: name, value: value))
  }

  /// Removes every field of a name.
  public mutating func remove(_ name: String) {
    fields.removeAll { $0.name.equalsIgnoringASCIICase(name) }
  }
}
