import FoundationEssentials
import ImportModel
import Postgres

extension Merger {
  /// Notes where a dry run that is carried out came to something else than it had said.
  func noteChanges(_ counts: RowCounts) async throws {
    guard let foreseen = request.foreseen,
      let message = foreseen.differences(from: counts, in: TargetShape(request.target))
    else { return }
    let warning = ImportWarning(code: "target_changed", message: message)
    let json = String(decoding: try JSONEncoder().encode([warning]), as: UTF8.self)
    _ = try await connection.query(
      "UPDATE sluice.imports SET warnings = warnings || $2::jsonb WHERE id = $1::uuid",
      [.text(request.lease.importID.description), .text(json)])
  }
}

extension ImportDiff {
  /// What came of a merge, where it is not what was foreseen; nil where it is.
  func differences(from counts: RowCounts, in shape: TargetShape) -> String? {
    let outcomes: [(String, KeyPath<RowCounts, Int64>)] = [
      ("inserted", \.inserted), ("updated", \.updated), ("unchanged", \.unchanged),
      ("skipped", \.skipped), ("bad", \.bad),
    ]
    let other = outcomes.filter { self.counts[keyPath: $0.1] != counts[keyPath: $0.1] }
    var parts: [String] = []
    if !other.isEmpty {
      let then = other.map { "\(self.counts[keyPath: $0.1]) \($0.0)" }.joined(separator: ", ")
      let now = other.map { "\(counts[keyPath: $0.1]) \($0.0)" }.joined(separator: ", ")
      parts.append("the dry run foresaw \(then); it became \(now)")
    }
    if let changes = target.changes(to: shape) {
      parts.append("columns or keys of the target are others than then (\(changes))")
    }
    return parts.isEmpty ? nil : parts.joined(separator: "; ")
  }
}
