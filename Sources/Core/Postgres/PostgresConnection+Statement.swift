internal import CLibpq

extension PostgresConnection {
  /// Runs one statement in the extended protocol, with parameters for `$1`, `$2`, ….
  public func query(
    _ sql: String, _ parameters: [PostgresParameter] = []
  ) async throws -> PostgresResult {
    try await query(sql, parameters, cancellable: true)
  }

  /// Runs one statement that the session prepares at its first use and keeps, 64 at most.
  public func queryCached(
    _ sql: String, _ parameters: [PostgresParameter] = []
  ) async throws -> PostgresResult {
    let buffer = try ParameterBuffer(parameters)
    let key = StatementCache.Key(sql: sql, types: buffer.types)
    do {
      return try await runPrepared(key, buffer)
    } catch let error as PostgresError where error.sqlState == "26000" || error.sqlState == "0A000"
    {
      // Somebody deallocated it (26000), or the shape of its result has changed (0A000).
      statements.remove(key)
      guard transactionStatus == PQTRANS_IDLE else { throw error }
      return try await runPrepared(key, buffer)
    }
  }

  /// Runs a statement whose answer is the same as long as the session lives, and keeps that answer.
  public func queryOnce(_ sql: String) async throws -> PostgresResult {
    if let answer = lastingAnswers[sql] { return answer }
    let answer = try await query(sql)
    lastingAnswers[sql] = answer
    return answer
  }

  /// Runs a body in which the session plans each statement of `queryCached` once, and not for each set of parameters.
  ///
  /// It is for queries of the catalog, which take longer to plan than to run, and have the same plan for each table.
  /// One inside another has nothing left to do, unless its search path is another.
  ///
  /// - Parameter searchPath: that of the body, where it is not the session's; inside a transaction then.
  public func planningOnce<R: Sendable>(
    searchPath: String? = nil, _ body: @Sendable (PostgresConnection) async throws -> R
  ) async throws -> R {
    let around = planning
    if let around, searchPath == nil || searchPath == around.searchPath {
      return try await body(self)
    }
    let mode = around == nil ? planCacheMode : Self.onePlan
    planning = PlanningOnce(searchPath: searchPath)
    defer { planning = around }
    let path = try await plan(Self.onePlan, searchPath)
    do {
      let result = try await body(self)
      _ = try await plan(mode, path)
      return result
    } catch {
      // The end of a transaction that has failed takes the setting back.
      if transactionStatus != PQTRANS_INERROR, isUsable { _ = try await plan(mode, path) }
      throw error
    }
  }

  private static let onePlan = "force_generic_plan"

  /// Sets how statements are planned and, where it is given, the search path until the transaction ends.
  ///
  /// - Returns: the search path before, where one is given.
  private func plan(_ mode: String, _ searchPath: String?) async throws -> String? {
    guard let searchPath else {
      _ = try await query(
        "SELECT pg_catalog.set_config('plan_cache_mode', $1, false)", [.text(mode)],
        cancellable: false)
      return nil
    }
    return try await query(
      """
      WITH before AS MATERIALIZED (SELECT pg_catalog.current_setting('search_path') AS path)
      SELECT path, pg_catalog.set_config('plan_cache_mode', $1, false),
             pg_catalog.set_config('search_path', $2, true)
        FROM before
      """, [.text(mode), .text(searchPath)], cancellable: false
    ).rows[0].string("path")
  }

  /// Runs a script of several statements, without parameters; results are dropped.
  ///
  /// Without a BEGIN of its own, the script is one transaction (simple query protocol).
  public func execute(_ script: String) async throws {
    try await execute(script, cancellable: true)
  }

  func query(
    _ sql: String, _ parameters: [PostgresParameter] = [], cancellable: Bool
  ) async throws -> PostgresResult {
    let buffer = try ParameterBuffer(parameters)
    return try await statement(sql, cancellable: cancellable) { raw in
      try buffer.withPointers { values, lengths, formats in
        try buffer.types.withUnsafeBufferPointer { types in
          try Self.take(
            PQexecParams(raw, sql, buffer.count, types.baseAddress, values, lengths, formats, 0),
            of: raw)
        }
      }
    }
  }

  func execute(_ script: String, cancellable: Bool) async throws {
    session.touch()
    try await interruptible(cancellable: cancellable, try ready()) { raw in
      guard PQsendQuery(raw, script) == 1 else { throw PostgresError(connection: raw) }
      var tags: [String] = []
      let failure = Self.drain(raw) { tags.append($0.command) }
      forgetStatements(after: tags)
      if let failure { throw failure }
    }
  }

  private func runPrepared(
    _ key: StatementCache.Key, _ buffer: ParameterBuffer
  ) async throws -> PostgresResult {
    let name = try await prepare(key)
    return try await statement(key.sql, cancellable: true) { raw in
      try buffer.withPointers { values, lengths, formats in
        try Self.take(
          PQexecPrepared(raw, name, buffer.count, values, lengths, formats, 0), of: raw)
      }
    }
  }

  private func prepare(_ key: StatementCache.Key) async throws -> String {
    if let name = statements.name(of: key) { return name }
    if let victim = statements.victim() {
      try await interruptible(cancellable: true, try ready()) { raw in
        _ = try Self.take(PQexec(raw, "DEALLOCATE \(victim.name)"), of: raw)
      }
      statements.remove(victim.key)
    }
    let name = statements.makeName()
    try await interruptible(cancellable: true, try ready()) { raw in
      _ = try key.types.withUnsafeBufferPointer { types in
        try Self.take(PQprepare(raw, name, key.sql, Int32(types.count), types.baseAddress), of: raw)
      }
    }
    statements.insert(key, name: name)
    return name
  }

  /// Runs one statement and keeps the books: session state, prepared statements.
  private func statement(
    _ sql: String, cancellable: Bool, _ call: (OpaquePointer) throws -> PostgresResult
  ) async throws -> PostgresResult {
    do {
      let result = try await interruptible(cancellable: cancellable, try ready(), call)
      session.note(sql, command: result.command)
      forgetStatements(after: [result.command])
      return result
    } catch {
      session.note(sql, command: "")
      throw error
    }
  }

  /// The body that `planningOnce` runs.
  struct PlanningOnce: Sendable {
    /// Its search path, if that is not the session's.
    let searchPath: String?
  }

  private func forgetStatements(after tags: [String]) {
    if tags.contains("DISCARD ALL") || tags.contains("DEALLOCATE ALL") { statements.removeAll() }
  }

  /// Makes a result ours, or throws the error that it is.
  static func take(_ result: OpaquePointer?, of raw: OpaquePointer) throws -> PostgresResult {
    guard let result else { throw PostgresError(connection: raw) }
    let handle = ResultHandle(owning: result)
    switch PQresultStatus(handle.raw) {
    case PGRES_COMMAND_OK, PGRES_TUPLES_OK, PGRES_EMPTY_QUERY:
      return PostgresResult(copying: handle.raw)
    case PGRES_COPY_IN, PGRES_COPY_OUT, PGRES_COPY_BOTH:
      throw Self.unexpectedCopy
    default:
      throw PostgresError(result: handle.raw, connection: raw)
    }
  }

  /// Takes all results that are still to come.
  ///
  /// - Returns: the first error among them.
  static func drain(
    _ raw: OpaquePointer, _ body: (PostgresResult) -> Void = { _ in }
  ) -> PostgresError? {
    var failure: PostgresError?
    while let result = PQgetResult(raw) {
      do {
        body(try take(result, of: raw))
      } catch let error as PostgresError {
        failure = failure ?? error
        // In the midst of a COPY the same result comes for ever.
        if error.isConnectionLoss { break }
      } catch {
        preconditionFailure("take throws PostgresError only")
      }
    }
    return failure
  }

  /// COPY through `query` or `execute`: the session is out of step and must be closed.
  private static var unexpectedCopy: PostgresError {
    var error = PostgresError(code: .protocolViolation, message: "COPY needs copyIn")
    error.connectionBroke = true
    return error
  }
}
