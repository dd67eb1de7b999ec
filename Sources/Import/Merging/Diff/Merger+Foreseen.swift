import FoundationEssentials
import ImportModel
import Postgres

extension Merger {
  /// Notes where a dry run that is carried out came to something else than it had said.
  func noteChanges(_ counts: RowCounts, content: String?) async throws {
    guard let foreseen = request.foreseen,
      let message = foreseen.differences(
        from: counts, in: TargetOutline(request.target), content: content)
    else { return }
    let warning = ImportWarning(code: "target_changed", message: message)
    let json = String(decoding: try JSONEncoder().encode([warning]), as: UTF8.self)
    _ = try await connection.query(
      "UPDATE sluice.imports SET warnings = warnings || $2::jsonb WHERE id = $1::uuid",
      [.text(request.lease.importID.description), .text(json)])
  }
}

extension Merger {
  /// What the target holds.
  func content() async throws -> String {
    let oid = request.target.oid
    let name = try await connection.query(
      """
      SELECT format('%I.%I', n.nspname, c.relname) AS name
        FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = $1::bigint::oid
      """, [.int(Int64(oid))]
    ).rows[0].string("name")
    let digest = try await RowDigest.read(oid, on: connection)
    return try await connection.query(
      DiffStatements.content(of: request.isPartitioned ? name : "ONLY \(name)", digest)
    ).rows[0].string("content")
  }
}

extension ImportDiff {
  /// What came of a merge, where it is not what was foreseen; nil where it is.
  ///
  /// - Parameter content: what the target held; nil where it does not matter.
  func differences(
    from counts: RowCounts, in shape: TargetOutline, content: String? = nil
  ) -> String? {
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
    if let content, content != self.content {
      parts.append("the rows that were replaced are others than then")
    }
    if let changes = target.changes(to: shape) {
      parts.append("columns or keys of the target are others than then (\(changes))")
    }
    return parts.isEmpty ? nil : parts.joined(separator: "; ")
  }
}
