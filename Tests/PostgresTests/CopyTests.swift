import Postgres
import TestSupport
import Testing

@Suite("COPY into a table")
struct CopyTests {
  static let statement = "COPY t (a) FROM STDIN (FORMAT binary)"

  /// One binary row of one int4 column.
  static func row(_ value: Int32) -> [UInt8] {
    [0, 1, 0, 0, 0, 4] + withUnsafeBytes(of: value.bigEndian) { Array($0) }
  }

  static func withTable(_ body: (PostgresConnection) async throws -> Void) async throws {
    try await withConnection { connection in
      try await connection.execute("CREATE TABLE t (a int PRIMARY KEY)")
      try await body(connection)
    }
  }

  static func expectEmpty(_ connection: PostgresConnection) async throws {
    #expect(try await number(connection, "SELECT count(*) FROM t") == 0)
  }

  @Test("binary rows arrive, cut anywhere between writes", arguments: [1, 7, 64 * 1024, 1 << 20])
  func binary(size: Int) async throws {
    let rows = size == 1 ? 50 : 20_000
    try await Self.withTable { connection in
      let bytes = (0..<rows).flatMap { Self.row(Int32($0)) }
      let outcome = try await connection.copyInBinary(into: Self.statement) { writer in
        var start = 0
        while start < bytes.count {
          let part = Array(bytes[start..<min(start + size, bytes.count)])
          // Bytes behind the count must not be sent.
          try await writer.write(part + [1, 2, 3], count: part.count)
          start += size
        }
        return "done"
      }
      #expect(outcome.result == "done")
      #expect(outcome.rows == rows)
      #expect(try await number(connection, "SELECT sum(a) FROM t") == rows * (rows - 1) / 2)
    }
  }

  @Test("other formats go through as they are")
  func text() async throws {
    try await Self.withTable { connection in
      let outcome = try await connection.copyIn("COPY t FROM STDIN (FORMAT csv)") { writer in
        try await writer.write(Array("1\n2\n3\n".utf8))
      }
      #expect(outcome.rows == 3)
    }
  }

  @Test("a body that throws leaves no rows and a usable connection")
  func abortedByBody() async throws {
    try await Self.withTable { connection in
      await #expect(throws: Mishap(number: 3)) {
        try await connection.copyInBinary(into: Self.statement) { writer in
          try await writer.write(Self.row(1))
          throw Mishap(number: 3)
        }
      }
      #expect(await connection.isUsable)
      try await Self.expectEmpty(connection)
    }
  }

  @Test("a body that throws inside a transaction rolls all of it back")
  func abortedInTransaction() async throws {
    try await Self.withTable { connection in
      await #expect(throws: Mishap(number: 3)) {
        try await connection.transaction { connection in
          _ = try await connection.query("INSERT INTO t VALUES (9)")
          _ = try await connection.copyInBinary(into: Self.statement) { writer in
            try await writer.write(Self.row(1))
            throw Mishap(number: 3)
          }
        }
      }
      try await Self.expectEmpty(connection)
    }
  }

  @Test(
    "the server's error about a row surfaces with state, constraint and place",
    arguments: [1, 200_000])
  func serverError(rowsAfter: Int) async throws {
    try await Self.withTable { connection in
      let error = try await postgresError {
        _ = try await connection.copyInBinary(into: Self.statement) { writer in
          try await writer.write(Self.row(1) + Self.row(1))
          try await writer.write((0..<rowsAfter).flatMap { Self.row(Int32($0 + 2)) })
        }
      }
      #expect(error.sqlState == "23505")
      #expect(error.constraint == "t_pkey")
      #expect(error.table == "t")
      #expect(error.context?.contains("COPY t, line 2") == true)
      #expect(await connection.isUsable)
      try await Self.expectEmpty(connection)
    }
  }

  @Test("a server that failed first wins over the body's error")
  func serverFailedFirst() async throws {
    try await Self.withTable { connection in
      let error = try await postgresError {
        _ = try await connection.copyIn("COPY t FROM STDIN (FORMAT csv)") { writer in
          try await writer.write(Array("1\nnot a number\n".utf8))
          throw Mishap(number: 1)
        }
      }
      #expect(error.sqlState == "22P02")
      #expect(error.column == nil)
      #expect(error.context?.contains("column a") == true)
      #expect(await connection.isUsable)
    }
  }

  @Test("a table that does not exist is an error before the body runs")
  func unknownTable() async throws {
    try await withConnection { connection in
      let error = try await postgresError {
        _ = try await connection.copyInBinary(into: "COPY nowhere FROM STDIN (FORMAT binary)") {
          _ in
          Issue.record("the body ran")
        }
      }
      #expect(error.sqlState == "42P01")
      #expect(try await number(connection, "SELECT 1") == 1)
    }
  }

  @Test("other statements wait outside, and a writer ends with its COPY")
  func outOfOrder() async throws {
    try await Self.withTable { connection in
      let outcome = try await connection.copyInBinary(into: Self.statement) { writer in
        let error = try await postgresError { _ = try await connection.query("SELECT 1") }
        #expect(error.code == .protocolViolation)
        try await writer.write(Self.row(1))
        return writer
      }
      #expect(outcome.rows == 1)
      let error = try await postgresError { try await outcome.result.write([1]) }
      #expect(error.code == .protocolViolation)
    }
  }

  @Test("COPY through query or execute is refused and closes the connection")
  func copyThroughQuery() async throws {
    try await Self.withTable { connection in
      let error = try await postgresError { _ = try await connection.query("COPY t TO STDOUT") }
      #expect(error.code == .protocolViolation)
      #expect(await !connection.isUsable)
    }
    try await Self.withTable { connection in
      let error = try await postgresError { try await connection.execute("COPY t FROM STDIN") }
      #expect(error.code == .protocolViolation)
      #expect(await !connection.isUsable)
    }
  }

  @Test("a task that is cancelled between writes leaves no rows and a usable connection")
  func cancelled() async throws {
    try await Self.withTable { connection in
      let task = Task {
        try await connection.copyInBinary(into: Self.statement) { writer in
          try await writer.write(Self.row(1))
          withUnsafeCurrentTask { $0?.cancel() }
          try await writer.write(Self.row(2))
        }
      }
      await #expect(throws: CancellationError.self) { try await task.value }
      try await Self.expectEmpty(connection)
    }
  }

  @Test("a session that is terminated in the middle is a connection loss")
  func terminated() async throws {
    try await Self.withTable { connection in
      let other = try await TestDatabase.connect(TestDatabase.configuration())
      let pid = connection.backendPID
      let error = try await postgresError {
        _ = try await connection.copyInBinary(into: Self.statement) { writer in
          try await writer.write(Self.row(1))
          _ = try await other.query("SELECT pg_terminate_backend($1, 5000)", [.int(Int(pid))])
          for value in 2..<100_000 as Range<Int32> {
            try await writer.write(Self.row(value))
          }
        }
      }
      await other.close()
      #expect(error.isConnectionLoss)
      #expect(await !connection.isUsable)
    }
  }
}
