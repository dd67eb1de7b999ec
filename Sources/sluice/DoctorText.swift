import Doctor

/// A report to be read in the middle of the night: what is serious first, and what to type below it.
struct DoctorText {
  private static let width = 96
  private static let indent = "    "

  private let report: DoctorReport

  init(_ report: DoctorReport) {
    self.report = report
  }

  var text: String {
    var parts = [verdict]
    parts += report.sections.filter { $0.name != "target" || !$0.findings.isEmpty }.map(section)
    let healthy = report.sections.count { $0.name == "target" && $0.findings.isEmpty }
    if healthy > 0 {
      parts.append("TARGETS  \(healthy) without findings")
    }
    return parts.joined(separator: "\n\n")
  }

  private var verdict: String {
    let counts = [
      (report.count(.serious), "serious", "serious"),
      (report.count(.warning), "warning", "warnings"), (report.count(.note), "note", "notes"),
    ]
    let words = counts.filter { $0.0 > 0 }.map { "\($0.0) \($0.0 == 1 ? $0.1 : $0.2)" }
    return words.isEmpty ? "all is well" : words.joined(separator: ", ")
  }

  private func section(_ section: DoctorReport.Section) -> String {
    let head = "\(section.name.uppercased())  \(section.summary)"
    guard !section.findings.isEmpty else { return "\(head)\n  fine" }
    return ([head] + section.findings.map(lines(of:))).joined(separator: "\n")
  }

  private func lines(of finding: Finding) -> String {
    var lines = ["  \(finding.severity.rawValue.uppercased()): \(finding.code)"]
    lines += wrapped(finding.message).map { DoctorText.indent + $0 }
    if let sql = finding.sql {
      // Whole lines, to be copied as they are.
      lines += sql.split(separator: "\n").map { DoctorText.indent + "  " + $0 }
    }
    return lines.joined(separator: "\n")
  }

  private func wrapped(_ text: String) -> [String] {
    var lines = [""]
    for word in text.split(separator: " ") {
      let last = lines[lines.count - 1]
      if !last.isEmpty, last.count + 1 + word.count > DoctorText.width {
        lines.append(String(word))
      } else {
        lines[lines.count - 1] = last.isEmpty ? String(word) : "\(last) \(word)"
      }
    }
    return lines
  }
}
