extension ServerFindings {
  // MARK: Memory

  var memory: [Finding] {
    let size = max(largestBytes, facts.databaseBytes)
    guard size >= limits.largeBytes else { return [] }
    let advice: [(String, String, Finding.Severity, String)] = [
      ("shared_buffers", "1GB", .warning, "it needs a restart; a quarter of the memory is usual"),
      ("maintenance_work_mem", "512MB", .note, "indexes are built and vacuumed with it"),
      (
        "work_mem", "16MB", .note,
        "merges set their own; your queries beside them sort and hash with it"
      ),
    ]
    return advice.compactMap { name, value, severity, reason in
      guard facts.isLeft(name), facts.settings[name]?.isPending != true else { return nil }
      return Finding(
        severity, "\(name)_default",
        "\(name) is \(Amounts.bytes(facts.bytes(name))), as Postgres is delivered, beside"
          + " \(Amounts.bytes(size)) of data: \(reason)", sql: set(name, value))
    }
  }

  // MARK: Vacuum

  var vacuum: [Finding] {
    let isOff = ["autovacuum", "track_counts"].filter { facts.setting($0) == "off" }
    if let name = isOff.first {
      return [
        Finding(
          .serious, "autovacuum_off",
          "\(name) is off: dead rows stay, statistics grow old, and one day Postgres takes no writes",
          sql: set(name, "on"))
      ]
    }
    guard let most = Int(facts.setting("autovacuum_max_workers")), facts.vacuumsRunning >= most,
      facts.vacuumsDue > facts.vacuumsRunning
    else { return [] }
    return [
      Finding(
        .warning, "autovacuum_starved",
        "all \(most) autovacuum workers are busy, and \(facts.vacuumsDue) tables are due",
        sql: set("autovacuum_vacuum_cost_limit", "2000"))
    ]
  }

  /// What keeps dead rows from being removed.
  var holders: [Finding] {
    let prepared = facts.prepared.filter { ($0.seconds ?? 0) >= limits.oldPreparedSeconds }
    let snapshots = facts.snapshots.filter { ($0.seconds ?? 0) >= limits.oldSnapshotSeconds }
    return prepared.map { holder in
      Finding(
        .serious, "prepared_transaction",
        "the prepared transaction \"\(holder.name)\" is \(Amounts.seconds(holder.seconds ?? 0)) old:"
          + " it keeps its locks and holds back VACUUM; commit it if that is what its owner wants",
        sql: [holder.sql])
    }
      + snapshots.map { holder in
        Finding(
          .warning, "old_snapshot",
          "the transaction of session \(holder.name) is \(Amounts.seconds(holder.seconds ?? 0)) old:"
            + " it holds back VACUUM", sql: [holder.sql])
      }
  }

  // MARK: Replication

  var replication: [Finding] {
    var found: [Finding] = []
    for slot in facts.slots where (slot.bytes ?? 0) >= limits.slotBytes {
      found.append(
        Finding(
          .serious, "replication_slot",
          "nobody reads from the replication slot \"\(slot.name)\", and it holds"
            + " \(Amounts.bytes(slot.bytes ?? 0)) of WAL: the disk will fill up", sql: [slot.sql]))
    }
    let names = facts.setting("synchronous_standby_names")
    guard !names.isEmpty, !["off", "local"].contains(facts.setting("synchronous_commit")) else {
      return found
    }
    if facts.synchronousStandbys > 0 || !facts.seesStatistics {
      found.append(
        Finding(
          .note, "synchronous_replication",
          "each commit waits for a standby (synchronous_standby_names = \(names))"))
    } else {
      found.append(
        Finding(
          .serious, "synchronous_standby_missing",
          "commits wait for a standby that is not connected (synchronous_standby_names = \(names)):"
            + " imports will hang",
          sql: ["ALTER SYSTEM SET synchronous_standby_names = ''", "SELECT pg_reload_conf()"]))
    }
    return found
  }

  // MARK: Timeouts

  var timeouts: [Finding] {
    let meanings: [(String, Finding.Severity, String)] = [
      ("transaction_timeout", .serious, "a merge that takes longer is thrown away"),
      ("idle_session_timeout", .warning, "sessions that wait for news are ended, and begin again"),
      (
        "statement_timeout", .note,
        "imports set their own; `sluice migrate` and `sluice inspect` are bound by it"
      ),
    ]
    return meanings.compactMap { name, severity, meaning in
      guard let value = Int64(facts.setting(name)), value > 0 else { return nil }
      return Finding(
        severity, name,
        "\(name) of the role \(facts.role) is \(Amounts.seconds(Double(value) / 1000)): \(meaning)",
        sql: [
          "ALTER ROLE \(facts.sqlRole) IN DATABASE \(facts.sqlDatabase) SET \(name) = 0"
        ])
    }
  }
}
