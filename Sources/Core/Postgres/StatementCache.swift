internal import CLibpq

/// The prepared statements of a session, the least recently used leaving first.
struct StatementCache: Sendable {
  struct Key: Hashable {
    let sql: String
    let types: [Oid]
  }

  private struct Entry {
    let name: String
    var lastUse: UInt64
  }

  private let limit: Int
  private var entries: [Key: Entry] = [:]
  private var clock: UInt64 = 0
  private var names: UInt64 = 0

  init(limit: Int = 64) {
    self.limit = limit
  }

  var count: Int { entries.count }

  /// The name under which the server knows the statement.
  mutating func name(of key: Key) -> String? {
    clock += 1
    entries[key]?.lastUse = clock
    return entries[key]?.name
  }

  /// A name that was never used in this session.
  mutating func makeName() -> String {
    names += 1
    return "sluice_\(names)"
  }

  mutating func insert(_ key: Key, name: String) {
    clock += 1
    entries[key] = Entry(name: name, lastUse: clock)
  }

  /// The statement that must go before another one comes, if the cache is full.
  func victim() -> (key: Key, name: String)? {
    guard entries.count >= limit else { return nil }
    return entries.min { $0.value.lastUse < $1.value.lastUse }.map { ($0.key, $0.value.name) }
  }

  mutating func remove(_ key: Key) {
    entries[key] = nil
  }

  mutating func removeAll() {
    entries = [:]
  }
}
