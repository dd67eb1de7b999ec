/// Amounts as people read them.
enum Amounts {
  static func bytes(_ bytes: Int64) -> String {
    let units = ["kB", "MB", "GB", "TB"]
    guard bytes >= 1 << 10 else { return "\(bytes) bytes" }
    var value = Double(bytes) / 1024
    var unit = 0
    while value >= 1023.5, unit < units.count - 1 {
      value /= 1024
      unit += 1
    }
    let tenths = (value * 10).rounded() / 10
    return value < 10 && tenths != tenths.rounded()
      ? "\(tenths) \(units[unit])" : "\(Int64(value.rounded())) \(units[unit])"
  }

  static func seconds(_ seconds: Double) -> String {
    switch seconds {
    case ..<120: "\(Int64(seconds)) s"
    case ..<7200: "\(Int64(seconds / 60)) min"
    case ..<172_800: "\(Int64(seconds / 3600)) h"
    default: "\(Int64(seconds / 86_400)) days"
    }
  }

  static func count(_ count: Int64, _ one: String, _ many: String) -> String {
    "\(count) \(count == 1 ? one : many)"
  }

  static func percent(_ share: Double) -> String { "\(Int64((share * 100).rounded())) %" }
}
