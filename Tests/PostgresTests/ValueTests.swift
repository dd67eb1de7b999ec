import Testing

@testable import Postgres

@Suite("Small values")
struct ValueTests {
  @Test("the backoff doubles up to its ceiling and starts again after a success")
  func backoff() {
    var backoff = Backoff(base: .milliseconds(100), ceiling: .seconds(1))
    let pauses = (0..<6).map { _ in backoff.next(share: 1) }
    #expect(pauses == [100, 200, 400, 800, 1000, 1000].map { .milliseconds($0) })
    backoff.reset()
    #expect(backoff.next(share: 0.5) == .milliseconds(50))
    #expect(backoff.next(share: 0) == .zero)
  }

  @Test(
    "a session that was only read from needs no reset",
    arguments: [
      ("SELECT * FROM t", "SELECT", false), ("BEGIN", "BEGIN", false),
      ("SELECT 1/0", "", false), ("SET x = 1", "SET", true), ("INSERT INTO t", "INSERT", true),
      ("SELECT SET_CONFIG('a', 'b', false)", "SELECT", true),
      ("select pg_advisory_lock(1)", "SELECT", true), ("SELECT sset_config(1)", "SELECT", true),
      ("LISTEN x", "LISTEN", true), ("CREATE TEMP TABLE t ()", "CREATE TABLE", true),
    ])
  func session(sql: String, command: String, touched: Bool) {
    var session = SessionTracker()
    session.note(sql, command: command)
    #expect(session.isTouched == touched)
    session.reset()
    #expect(!session.isTouched)
  }

  @Test("values of a connection string are quoted")
  func connectionString() throws {
    let configuration = PostgresConfiguration(
      url: "postgresql://u:p'w%5Cx@h1:1,h2:2/db?sslmode=prefer")
    let other = try configuration.replacing(database: "it's \\ new")
    let options = try ConnectionString(other.url).options
    let value = { (keyword: String) in options.first { $0.keyword == keyword }?.value }
    #expect(value("dbname") == "it's \\ new")
    #expect(value("password") == "p'w\\x")
    #expect(value("host") == "h1,h2")
    #expect(value("port") == "1,2")
    #expect(value("sslmode") == "prefer")
  }

  @Test("the least recently used statement leaves the cache first")
  func statementCache() {
    var cache = StatementCache(limit: 2)
    let keys = ["a", "b", "c"].map { StatementCache.Key(sql: $0, types: []) }
    cache.insert(keys[0], name: cache.makeName())
    #expect(cache.victim() == nil)
    cache.insert(keys[1], name: cache.makeName())
    _ = cache.name(of: keys[0])
    #expect(cache.victim()?.key == keys[1])
    cache.remove(keys[1])
    cache.insert(keys[2], name: cache.makeName())
    #expect(cache.name(of: keys[1]) == nil)
    #expect(cache.name(of: keys[2]) == "sluice_3")
  }

  @Test("a description shows neither host nor SQL")
  func descriptions() {
    var error = PostgresError(
      code: .connection, message: "connection to server at \"db.local\" failed")
    #expect(error.description == "the connection to the database failed")
    error.sqlState = "08006"
    #expect(error.description == "the connection to the database failed (08006)")
  }
}
