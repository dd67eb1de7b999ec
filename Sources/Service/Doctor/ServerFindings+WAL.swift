extension ServerFindings {
  /// Checkpoints that come too often, and the page images behind them.
  var checkpoints: [Finding] {
    [forcedCheckpoints, smallWAL, pageImages].compactMap { $0 }
  }

  private var maxWAL: Int64 { facts.bytes("max_wal_size") }

  private func gigabytes(_ bytes: Int64) -> Int64 {
    var gigabytes: Int64 = 2
    while gigabytes << 30 < bytes, gigabytes < 1024 { gigabytes *= 2 }
    return gigabytes
  }

  private var forcedCheckpoints: Finding? {
    let (timed, forced) = (facts.checkpointsTimed, facts.checkpointsForced)
    guard forced >= limits.forcedCheckpoints, forced > timed else { return nil }
    // The counters begin anew, so that one sees whether it was enough.
    let counters = version >= 170_000 ? "checkpointer" : "bgwriter"
    return Finding(
      .warning, "checkpoints_forced",
      "\(forced) checkpoints were forced by WAL, and \(timed) came by time: max_wal_size"
        + " (\(Amounts.bytes(maxWAL))) is too small for what is written",
      sql: set("max_wal_size", "\(gigabytes(max(maxWAL, 1) * 2))GB") + [
        "SELECT pg_stat_reset_shared('\(counters)')"
      ])
  }

  /// One import's WAL against what may be written between two checkpoints.
  private var smallWAL: Finding? {
    guard let fileBytes, fileBytes >= limits.smallTableBytes else { return nil }
    let wal = fileBytes.multipliedReportingOverflow(by: limits.walPerFileByte)
    let room = Double(maxWAL) * limits.walBeforeCheckpoint
    guard !wal.overflow, maxWAL > 0, Double(wal.partialValue) > room else { return nil }
    let needed = Int64(Double(wal.partialValue) / limits.walBeforeCheckpoint)
    return Finding(
      .warning, "max_wal_size_small",
      "the import will write about \(Amounts.bytes(wal.partialValue)) of WAL, and max_wal_size"
        + " (\(Amounts.bytes(maxWAL))) forces a checkpoint every \(Amounts.bytes(Int64(room)))",
      sql: set("max_wal_size", "\(gigabytes(needed))GB"))
  }

  private var pageImages: Finding? {
    let setting = facts.settings["wal_compression"]
    let isOff = setting?.value == "off"
    let hasBetter = (setting?.choices ?? []).contains("lz4")
    guard facts.setting("full_page_writes") == "on",
      isOff || setting?.value == "pglz" && hasBetter
    else { return nil }
    let images = Double(facts.walPageImages) * 8192
    let isStorm =
      facts.walBytes >= Double(limits.pageImageWALBytes)
      && images >= facts.walBytes * limits.pageImageShare
    let isLarge = (fileBytes ?? 0) >= limits.largeImportBytes && largestBytes >= limits.largeBytes
    guard isStorm || isLarge else { return nil }
    guard isOff else {
      return Finding(
        .warning, "wal_compression_slow",
        "behind each checkpoint, pages of the target go into the WAL as a whole, compressed by pglz: that"
          + " takes longer than to change them, and lz4 a tenth of it",
        sql: set("wal_compression", "lz4"))
    }
    return Finding(
      .warning, "wal_compression_off",
      isStorm
        ? "images of whole pages are about \(Amounts.percent(min(1, images / facts.walBytes))) of"
          + " all WAL, and are not compressed"
        : "behind each checkpoint, pages of the target go into the WAL as a whole, uncompressed",
      sql: set("wal_compression", hasBetter ? "lz4" : "on"))
  }
}
