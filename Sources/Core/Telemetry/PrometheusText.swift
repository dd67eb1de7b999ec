/// Writer of Prometheus' text format 0.0.4.
struct PrometheusText {
  private(set) var string = ""

  /// The two comment lines that open a family.
  mutating func header(_ descriptor: MetricDescriptor) {
    string += "# HELP \(descriptor.name) "
    appendEscaped(descriptor.help, quotes: false)
    string += "\n# TYPE \(descriptor.name) \(descriptor.kind.rawValue)\n"
  }

  /// One line: a name, label names with their values, a number.
  mutating func sample(_ name: String, _ labels: [String], _ values: [String], _ number: Double) {
    string += name
    if !labels.isEmpty {
      var separator = "{"
      for (label, value) in zip(labels, values) {
        string += "\(separator)\(label)=\""
        appendEscaped(value, quotes: true)
        string += "\""
        separator = ","
      }
      string += "}"
    }
    string += " \(Self.number(number))\n"
  }

  /// A number as Go's `ParseFloat` reads it, whole ones without a fraction.
  static func number(_ value: Double) -> String {
    if value.isNaN { return "NaN" }
    if value.isInfinite { return value < 0 ? "-Inf" : "+Inf" }
    // Below 2^53 every whole number is exact.
    if value.magnitude < 9_007_199_254_740_992, value == value.rounded() {
      return String(Int64(value))
    }
    return value.description
  }

  /// Label values escape the quote, help texts do not.
  private mutating func appendEscaped(_ text: String, quotes: Bool) {
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\\": string += "\\\\"
      case "\n": string += "\\n"
      case "\"" where quotes: string += "\\\""
      default: string.unicodeScalars.append(scalar)
      }
    }
  }
}
