/// What the next sweep takes, in words: there is nothing to do about it.
struct SweepFindings {
  let facts: SweepFacts

  /// What lies in the schema `sluice`.
  var ofSchema: [Finding] {
    var found: [Finding] = []
    if facts.imports > 0 {
      let imports = Amounts.count(Int64(facts.imports), "import", "imports")
      found.append(
        Finding(
          .note, "sweep_imports",
          "\(imports) past retention, with rejects and what else is kept: \(SweepFindings.end)"))
    }
    found += [
      note(
        "sweep_staging", facts.staging, "staging table of an ended import",
        "staging tables of ended imports"),
      note(
        "sweep_images_expired", facts.expiredImages, "set of images past its time",
        "sets of images past their time"),
      note(
        "sweep_images", facts.images, "set of images of an import that is gone or undone",
        "sets of images of imports that are gone or undone"),
      note(
        "sweep_former_tables", facts.formerTables, "former table of an import with mode=replace",
        "former tables of imports with mode=replace"),
      note(
        "sweep_attempt_tables", facts.besideTables, "table of an attempt that has ended",
        "tables of attempts that have ended"),
    ].compactMap(\.self)
    return found
  }

  /// What lies in the spool.
  var ofSpool: [Finding] {
    [
      note(
        "sweep_files", facts.filesOfTheEnded, "file of an ended import", "files of ended imports"),
      note(
        "sweep_files_of_nobody", facts.filesOfNobody, "file that no import knows",
        "files that no import knows"),
      note(
        "sweep_unfinished_files", facts.unfinishedFiles, "file of an upload that broke off",
        "files of uploads that broke off"),
    ].compactMap(\.self)
  }

  private static let end = "the next sweep removes them"

  private func note(
    _ code: String, _ heap: SweepFacts.Heap, _ one: String, _ many: String
  ) -> Finding? {
    guard heap.count > 0 else { return nil }
    return Finding(
      .note, code,
      "\(Amounts.count(Int64(heap.count), one, many)) (\(Amounts.bytes(heap.bytes))):"
        + " \(SweepFindings.end)")
  }
}
