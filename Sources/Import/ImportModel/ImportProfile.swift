import FoundationEssentials

/// Where the time of an import went: `profile` of its object. Steps overlap, so that their seconds add up
/// to more than the import's; those of all attempts are added up.
public struct ImportProfile: Sendable, Codable, Equatable {
  /// One step.
  public struct Step: Sendable, Codable, Equatable {
    /// Stable name: see `ProfileStep`.
    public var name: String
    /// Seconds of work, those of waiting not counted.
    public var seconds: Double
    /// Seconds in which it waited for the step named by the key.
    public var waiting: [String: Double]
    /// Rows that went through it; nil where it does not count any.
    public var rows: Int64?

    /// Describes a step.
    public init(
      name: String, seconds: Double, waiting: [String: Double] = [:], rows: Int64? = nil
    ) {
      self.name = name
      self.seconds = seconds
      self.waiting = waiting
      self.rows = rows
    }

    private enum CodingKeys: String, CodingKey {
      case name, seconds, waiting, rows
      case rowsPerSecond = "rows_per_second"
    }

    /// Reads what `encode` wrote.
    public init(from decoder: any Decoder) throws {
      let values = try decoder.container(keyedBy: CodingKeys.self)
      self.init(
        name: try values.decode(String.self, forKey: .name),
        seconds: try values.decode(Double.self, forKey: .seconds),
        waiting: try values.decode([String: Double].self, forKey: .waiting),
        rows: try values.decodeIfPresent(Int64.self, forKey: .rows))
    }

    /// Writes the rows a second too; `null` where no rows are counted.
    public func encode(to encoder: any Encoder) throws {
      var container = encoder.container(keyedBy: CodingKeys.self)
      try container.encode(name, forKey: .name)
      try container.encode(rounded(seconds, places: 4), forKey: .seconds)
      try container.encode(waiting.mapValues { rounded($0, places: 4) }, forKey: .waiting)
      try container.encode(rows, forKey: .rows)
      let rate = rows.flatMap { seconds > 0 ? rounded(Double($0) / seconds, places: 1) : nil }
      try container.encode(rate, forKey: .rowsPerSecond)
    }
  }

  /// The steps, in the order of the data.
  public var steps: [Step]

  /// Gathers steps.
  public init(steps: [Step] = []) {
    self.steps = steps
  }

  /// As it is kept in the database.
  ///
  /// - Throws: `EncodingError` for a number that JSON has none for.
  public var json: String {
    get throws { String(decoding: try JSONEncoder().encode(self), as: UTF8.self) }
  }
}
