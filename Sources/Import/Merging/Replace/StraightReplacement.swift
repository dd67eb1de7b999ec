import FoundationEssentials
public import ImportModel
public import Postgres

/// A replacement whose file is read straight into the table that takes the target's place: rows are copied once.
///
/// Those rows have no numbers, so that nothing can be said of one that is at fault: where Postgres refuses any, or
/// the target is altered meanwhile, the file is read once more, with numbers.
public struct StraightReplacement: Sendable {
  private let target: TargetTable
  private let model: TableModel
  private let rules: TargetRules
  private let standIn: StandIn

  /// Tells the model that the stand-in is built after: the comment that the stand-in has until it takes the
  /// target's place.
  public let mark: String

  /// Looks at the target, inside a transaction.
  public init(
    of target: TargetTable, by id: ImportID, on connection: PostgresConnection
  ) async throws {
    self.target = target
    model = try await TableModel.read(of: target, on: connection)
    rules = try await RuleCatalog.read(target, on: connection)
    mark = try await StraightReplacement.mark(of: model, on: connection)
    standIn = .staged(by: id)
  }

  /// Whether rows can be staged without their numbers. They cannot where natural keys are to be looked up, a value has
  /// to be cast, a trigger shapes rows, or a default is that of the transaction, of which there are many.
  ///
  /// - Parameter layout: what is to be staged.
  public func takes(_ layout: StagingLayout) -> Bool {
    let given = Set(layout.columns.map(\.name))
    let defaults = rules.columns.filter { !given.contains($0.name) && !$0.isGenerated }
    return layout.columns.allSatisfy { $0.castTo == nil && $0.lookup == nil }
      && !model.triggers.contains(where: \.shapesRows)
      // One that differs from row to row may differ from transaction to transaction.
      && defaults.allSatisfy { $0.isFixed || !$0.isSettled }
  }

  static func mark(
    of model: TableModel, on connection: PostgresConnection
  ) async throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    let text = String(decoding: try encoder.encode(model), as: UTF8.self)
    return try await connection.query(
      "SELECT 'sluice ' || encode(sha256(convert_to($1, 'UTF8')), 'hex') AS mark", [.text(text)]
    ).rows[0].string("mark")
  }

  /// Makes the stand-in, in a transaction whose `search_path` is `pg_catalog`.
  public func make(on connection: PostgresConnection) async throws {
    let build = StandInBuild(
      target: target, model: model, standIn: standIn, connection: connection)
    try await build.make()
    try await build.run(["COMMENT ON TABLE \(standIn.name) IS '\(mark)'"])
  }
}

/// The file has to be staged with the numbers of its rows: one of them is at fault, or the target was altered.
public struct RowNumbersNeeded: Error {
  /// For whoever stages rows and is refused one.
  public init() {}
}

extension Merger {
  /// Gives the table that the file was read into the target's place.
  ///
  /// - Throws: `RowNumbersNeeded`.
  func replaceStraight() async throws -> MergeOutcome {
    do {
      var counts = request.staged
      counts.inserted = counts.ok
      let standIn = StandIn.staged(by: request.lease.importID)
      let model = try await builtModel(of: standIn)
      let helper = try await availableHelper(rows: counts.ok)
      let told = try await profile.measure(.merge) {
        try await makeIndexes(after: model, of: standIn, helpedBy: helper) {
          try await KeptTable.Digest.read(
            of: standIn.name, oid: try await standIn.oid(on: $0), only: nil, on: $0)
        }
      }
      return try await exchange(
        StandInBeside(standIn: standIn, model: model, counts: counts, told: told))
    } catch is AlteredMeanwhile {
      throw RowNumbersNeeded()
    } catch let error as PostgresError where !error.isOfCircumstances {
      throw RowNumbersNeeded()
    }
  }

  /// The target's model, if the stand-in is built after it; indexes of an earlier attempt are dropped.
  private func builtModel(of standIn: StandIn) async throws -> TableModel {
    try await connection.transaction("ISOLATION LEVEL READ COMMITTED") { connection in
      try await Merger.makeSettings(on: connection)
      let model = try await TableModel.read(of: request.target, on: connection)
      let mark = try await connection.query(
        "SELECT obj_description($1::regclass, 'pg_class') AS mark", [.text(standIn.name)]
      ).rows[0]["mark"]
      guard try await StraightReplacement.mark(of: model, on: connection) == mark else {
        throw AlteredMeanwhile()
      }
      for index in try await standIn.indexNames(on: connection) {
        try await connection.execute("DROP INDEX \(StandIn.qualified(index))")
      }
      return model
    }
  }
}
