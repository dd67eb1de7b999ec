import ImportModel

/// What is wrong with a server, out of its facts.
struct ServerFindings {
  let facts: ServerFacts
  let version: Int
  let limits: Thresholds
  /// Bytes of the largest table in question.
  let largestBytes: Int64
  /// Bytes of the file in question; nil where there is none.
  let fileBytes: Int64?

  /// All that `sluice doctor` tells.
  var all: [Finding] {
    safety + checkpoints + memory + vacuum + holders + replication + timeouts + rest
  }

  /// What concerns one import.
  var concerningImport: [Finding] {
    let holding = replication.filter { $0.severity == .serious }
    let isLarge = (fileBytes ?? 0) >= limits.largeImportBytes
    let slow = isLarge ? checkpoints : checkpoints.filter { $0.code == "max_wal_size_small" }
    return slow + memory.filter { $0.code == "shared_buffers_default" }
      + vacuum.filter { $0.code == "autovacuum_off" } + holding
      + timeouts.filter { $0.code == "transaction_timeout" }
  }

  // MARK: Safety

  private var safety: [Finding] {
    var found: [Finding] = []
    if facts.isReadOnly {
      found.append(
        Finding(
          .serious, "read_only",
          "the database takes no writes: it is a standby, or default_transaction_read_only is on"))
    }
    if version < limits.oldestVersion {
      found.append(
        Finding(
          .serious, "old_version",
          "Postgres \(version / 10_000) is older than the oldest version that Sluice is tested with,"
            + " \(limits.oldestVersion / 10_000)"))
    }
    if facts.setting("fsync") == "off" {
      found.append(
        Finding(
          .serious, "fsync_off", "fsync is off: a crash of the machine may destroy the database",
          sql: set("fsync", "on")))
    }
    if facts.setting("full_page_writes") == "off" {
      found.append(
        Finding(
          .serious, "full_page_writes_off",
          "full_page_writes is off: a crash of the machine may leave torn pages",
          sql: set("full_page_writes", "on")))
    }
    if facts.setting("synchronous_commit") == "off" {
      found.append(
        Finding(
          .note, "synchronous_commit_off",
          "synchronous_commit is off: an import that is told to be done may be gone after a crash",
          sql: set("synchronous_commit", "on")))
    }
    return found
  }

  // MARK: Settings

  /// Statements that change a setting for the server; psql runs them one by one, as ALTER SYSTEM wants it.
  func set(_ name: String, _ value: String) -> [String] {
    ["ALTER SYSTEM SET \(name) = '\(value)'", "SELECT pg_reload_conf()"]
  }

  private var rest: [Finding] {
    var found: [Finding] = []
    let pending = facts.settings.filter(\.value.isPending).keys.sorted()
    if !pending.isEmpty {
      found.append(
        Finding(
          .note, "restart_pending",
          "\(pending.joined(separator: ", ")): changed, but Postgres has not been restarted since"))
    }
    if !facts.seesStatistics {
      found.append(
        Finding(
          .note, "statistics_hidden",
          "the role \(facts.role) does not see what other sessions and standbys do: findings about"
            + " them are left out", sql: ["GRANT pg_read_all_stats TO \(facts.sqlRole)"]))
    }
    for item in facts.extensions {
      found.append(
        Finding(
          .note, "extension_outdated",
          "the extension \(item.name) is \(item.version); \(item.available) is installed",
          sql: [item.sql]))
    }
    return found
  }
}
