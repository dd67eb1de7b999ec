import Spool

/// What is wrong with a spool folder.
struct SpoolFindings {
  let folder: String
  let spool: SpoolInspection
  /// Files that imports may still read; nil where the database could not be asked.
  let needed: Set<String>?
  let limits: Thresholds
  /// What the next sweep takes; nil where the database could not be asked.
  var sweep: SweepFacts?

  /// Complete files that no import needs, and that are old enough not to be on their way.
  private var orphans: [(bytes: Int64, age: Int64)] {
    guard let needed else { return [] }
    return spool.files.filter {
      !needed.contains($0.key) && $0.value.age > SpoolStore.graceSeconds + limits.sweepSeconds
    }
    .map(\.value)
  }

  var all: [Finding] {
    switch spool.state {
    case .missing:
      guard let needed, !needed.isEmpty else {
        return [
          Finding(.note, "spool_missing", "\(folder) is not there yet: the first server makes it")
        ]
      }
      return [
        Finding(
          .serious, "spool_missing",
          "\(folder) is not there, and \(needed.count) imports need files of it: is it the right folder?"
        )
      ]
    case .unusable(let reason):
      return [
        Finding(.serious, "spool_unusable", "\(folder) cannot be used: \(reason)")
      ]
    case .usable: return files
    }
  }

  private var files: [Finding] {
    var found: [Finding] = []
    if spool.mode & 0o077 != 0 {
      found.append(
        Finding(
          .warning, "spool_open",
          "others may look into \(folder) (mode \(String(spool.mode, radix: 8))): chmod 700"))
    }
    if let free = spool.freeBytes, free < limits.diskBytes {
      found.append(
        Finding(
          .serious, "spool_full", "\(Amounts.bytes(free)) are free for \(folder): uploads will fail"
        ))
    }
    let missing = (needed ?? []).filter { spool.files[$0] == nil }
    if !missing.isEmpty {
      found.append(
        Finding(
          .serious, "spool_files_missing",
          "\(Amounts.count(Int64(missing.count), "file", "files")) of imports that wait, run or may be"
            + " tried again are not in \(folder): is it the folder of the server?"))
    }
    if !orphans.isEmpty {
      let bytes = orphans.reduce(0) { $0 + $1.bytes }
      found.append(
        Finding(
          .warning, "spool_orphans",
          "\(Amounts.count(Int64(orphans.count), "file", "files")) (\(Amounts.bytes(bytes))) in"
            + " \(folder) are needed by no import, and nobody sweeps them: a worker does"))
    }
    if let sweep { found += SweepFindings(facts: sweep).ofSpool }
    return found
  }
}
