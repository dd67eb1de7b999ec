import ImportModel
import Postgres

/// Takes an import back row by row: deletes the rows that it inserted and gives those that it changed their
/// old values, as far as they stand as it left them.
struct RowUndo: UndoWay {
  private let entry: UndoEntry
  private let target: TargetTable
  private let connection: PostgresConnection

  init(_ entry: UndoEntry, target: TargetTable, on connection: PostgresConnection) {
    self.entry = entry
    self.target = target
    self.connection = connection
  }

  func run() async throws -> UndoOutcome {
    let layout = try await UndoLayout.read(entry, target: target, on: connection)
    let references = try await IncomingReference.read(target, on: connection)
    let list = UndoList(layout, on: connection)
    let size = try await list.fill()
    if !references.isEmpty {
      try await protect(references, layout)
    }
    let work = UndoWork(layout, size: size, references: references, on: connection)
    var outcome = try await work.run()
    outcome.left = try await list.report()
    return outcome
  }

  /// Leaves the rows that others refer to: no other table changes with an undo, whatever its foreign keys
  /// would do.
  private func protect(_ references: [IncomingReference], _ layout: UndoLayout) async throws {
    for reference in references where !reference.isReadable && reference.followsDeletes {
      throw ImportFailure(
        .database,
        "whether rows of \"\(reference.table)\" refer to rows of the import could not be looked up",
        hint: "nothing was taken back; let the role read the columns of \(reference.name)")
    }
    // From here on nobody can begin to refer to them.
    _ = try await connection.query(UndoStatements(layout: layout).lock)
    let readable = references.filter(\.isReadable)
    for reference in readable where reference.isTouched(by: layout) {
      _ = try await connection.query(reference.leaveHeld(layout), [.text(reference.message)])
    }
    for reference in readable where !reference.isOwn {
      _ = try await connection.query(reference.leaveReferenced(layout), [.text(reference.message)])
    }
    // A row that stays keeps those that it refers to, which keep others.
    let own = readable.filter(\.isOwn)
    var found = !own.isEmpty
    while found {
      found = false
      for reference in own {
        let left = try await connection.query(
          reference.leaveReferenced(layout), [.text(reference.message)]
        ).affected
        if left > 0 { found = true }
      }
    }
  }
}
