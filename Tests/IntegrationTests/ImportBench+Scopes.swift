import ImportModel
import Queue
import TestSupport
import Testing

extension ImportBench {
  /// Queues an import that keeps to a scope, or to none.
  func submit(
    _ text: String, scope: ImportScope?, into target: String = "public.t", key: [String] = [],
    _ change: (inout ImportOptions) -> Void = { _ in }
  ) async throws -> ImportID {
    var submission = try await submission(of: text, into: target, key: key) { options in
      options.scope = scope?.column
      change(&options)
    }
    submission.scope = scope
    try await accept(submission)
    // Ids of one millisecond have no order.
    try await Task.sleep(for: .milliseconds(2))
    return submission.id
  }

  /// Waits until the session that loads and merges waits for a lock.
  func loadWaits() async throws {
    try await eventually("a session waits", within: .seconds(60)) {
      try await count(
        """
        pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'
           AND application_name LIKE '\(WorkSession.loads.rawValue) %'
        """) > 0
    }
  }
}

/// `store=1`, or all of the target.
struct Part: Sendable, CustomTestStringConvertible, ExpressibleByStringLiteral {
  let scope: ImportScope?

  init(stringLiteral text: String) {
    let parts = text.split(separator: "=").map(String.init)
    scope = parts.count == 2 ? ImportScope(column: parts[0], value: parts[1]) : nil
  }

  var testDescription: String { scope.map { "\($0.column)=\($0.value)" } ?? "all" }
}
