/// What is wrong with the schema `sluice`, out of its facts.
struct SchemaFindings {
  let facts: SchemaFacts
  let sqlRole: String
  let limits: Thresholds

  static func grants(to sqlRole: String) -> [String] {
    [
      "GRANT USAGE, CREATE ON SCHEMA sluice TO \(sqlRole)",
      "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA sluice TO \(sqlRole)",
    ]
  }

  var all: [Finding] {
    var found: [Finding] = []
    if !facts.mayCreate {
      found.append(
        Finding(
          .serious, "schema_closed",
          "the role may not make tables in the schema sluice: imports have nowhere to stage",
          sql: SchemaFindings.grants(to: sqlRole)))
    }
    if facts.running == 0, let seconds = facts.waitingSeconds, seconds >= limits.waitingSeconds {
      found.append(
        Finding(
          .serious, "no_worker",
          "\(Amounts.count(facts.waiting, "import waits", "imports wait")), the longest for"
            + " \(Amounts.seconds(seconds)), and nobody works: start `sluice worker` or `sluice serve`"
        ))
    }
    if facts.running == 0, facts.abandoned > 0 {
      found.append(
        Finding(
          .warning, "imports_abandoned",
          "\(Amounts.count(facts.abandoned, "import has", "imports have")) lost the worker, and nobody"
            + " takes over: start `sluice worker` or `sluice serve`"))
    }
    if facts.expired > 0 {
      found.append(
        Finding(
          .warning, "imports_expired",
          "\(facts.expired) imports or undo images are past their time, and nobody sweeps them: a worker"
            + " does, every ten minutes"))
    }
    if !facts.orphans.isEmpty {
      let bytes = facts.orphans.reduce(0) { $0 + $1.bytes }
      found.append(
        Finding(
          .warning, "orphaned_tables",
          "\(Amounts.count(Int64(facts.orphans.count), "table", "tables")) of imports that have ended"
            + " (\(Amounts.bytes(bytes))), which a worker would sweep",
          sql: facts.orphans.map(\.sql)))
    }
    return found
  }
}
