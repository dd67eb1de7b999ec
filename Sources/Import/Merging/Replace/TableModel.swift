import ImportModel
import Postgres

/// How a table is built, and all that hangs on it, as the catalog's own functions write it: what another
/// table needs to take its place.
struct TableModel: Sendable, Codable, Equatable {
  struct Column: Sendable, Codable, Equatable {
    let name: String
    /// Type, collation and the like.
    let definition: String
    let `default`: String?
    let statistics: Int
    let options: [String]
    let comment: String
    let grants: [Grant]
  }

  /// A sequence that belongs to a column.
  struct Sequence: Sendable, Codable, Equatable {
    let schema: String
    let name: String
    let column: String
    let isIdentity: Bool
    let definition: String
    let type: String
    let ascends: Bool
    let comment: String
    let grants: [Grant]
  }

  struct Grant: Sendable, Codable, Equatable {
    let grantor: String
    let grantee: String
    let privileges: [String]
    let grantable: [String]
  }

  /// A CHECK constraint.
  struct Check: Sendable, Codable, Equatable {
    let name: String
    let definition: String
    let comment: String
  }

  struct Index: Sendable, Codable, Equatable {
    struct Constraint: Sendable, Codable, Equatable {
      /// `p`, `u` or `x`.
      let kind: String
      let definition: String
      let delay: String
      let comment: String
    }

    let name: String
    let isUnique: Bool
    let tail: String
    let tablespace: String
    let isClustered: Bool
    let isReplicaIdentity: Bool
    let comment: String
    /// Pairs of an expression's number and its target.
    let statistics: [[Int]]
    let constraint: Constraint?
  }

  /// A foreign key of the table.
  struct Reference: Sendable, Codable, Equatable {
    let name: String
    let definition: String
    /// Whether it points to the table itself.
    let isOwn: Bool
    let comment: String
  }

  /// A foreign key of another table that points to this one.
  struct Referrer: Sendable, Codable, Equatable {
    /// Its table, quoted.
    let table: String
    let display: String
    let name: String
    let definition: String
    let isPartitioned: Bool
    let columns: [String]
    let referencedColumns: [String]
    let operators: [String]
    let comment: String
  }

  /// Extended statistics.
  struct Statistics: Sendable, Codable, Equatable {
    let schema: String
    let name: String
    let owner: String
    /// What stands between the name and the table.
    let head: String
    let target: Int
    let comment: String
  }

  struct Trigger: Sendable, Codable, Equatable {
    let name: String
    let definition: String
    let enabled: String
    /// Whether it is no copy of a trigger of the partitioned table.
    let isOwn: Bool
    /// Whether it may change or refuse rows before they are inserted.
    let shapesRows: Bool
    let comment: String
  }

  struct RewriteRule: Sendable, Codable, Equatable {
    let name: String
    let definition: String
    let enabled: String
    let comment: String
  }

  struct Policy: Sendable, Codable, Equatable {
    let name: String
    let definition: String
    let comment: String
  }

  struct Publication: Sendable, Codable, Equatable {
    let name: String
    let clause: String
  }

  struct View: Sendable, Codable, Equatable {
    /// Quoted.
    let name: String
    let definition: String
    let owner: String
    let options: [String]
  }

  struct Parent: Sendable, Codable, Equatable {
    /// Quoted.
    let name: String
    let bound: String
    /// What holds for each of its rows; nil for the only partition, which is the default one.
    let constraint: String?
  }

  let oid: UInt32
  let schema: String
  let name: String
  /// Qualified, and quoted as the catalog does it.
  let fullName: String
  let owner: String
  let isLogged: Bool
  let method: String
  let tablespace: String
  let options: [String]
  let type: String?
  let replicaIdentity: String
  let hasRowSecurity: Bool
  let forcesRowSecurity: Bool
  let comment: String
  let grants: [Grant]
  let parent: Parent?
  let columns: [Column]
  let sequences: [Sequence]
  let checks: [Check]
  let indexes: [Index]
  let references: [Reference]
  let referrers: [Referrer]
  let statistics: [Statistics]
  let triggers: [Trigger]
  let rules: [RewriteRule]
  let policies: [Policy]
  let publications: [Publication]
  let views: [View]
}

extension TableModel {
  /// How the definition of a constraint ends that Postgres holds new rows to, but has not looked for among those
  /// of before.
  static let notValid = " NOT VALID"

  /// What keeps a table that was built as `other` says from taking this one's place, once it has got what is
  /// put on at the end; empty where nothing does.
  func differences(from other: TableModel) -> [String] {
    let parts: [(String, Bool)] = [
      (
        "columns",
        columns.map(\.name) == other.columns.map(\.name)
          && columns.map(\.definition) == other.columns.map(\.definition)
      ),
      (
        "checks",
        checks.map(\.definition) == other.checks.map(\.definition)
          && checks.map(\.name) == other.checks.map(\.name)
      ),
      ("indexes", indexes.map(\.shape) == other.indexes.map(\.shape)),
      (
        "sequences",
        sequences.filter(\.isIdentity).map(\.definition)
          == other.sequences.filter(\.isIdentity).map(\.definition)
      ),
      ("kind", type == other.type && isLogged == other.isLogged && method == other.method),
      ("parent", parent == other.parent),
      ("replica identity", replicaIdentity == other.replicaIdentity),
    ]
    return parts.filter { !$0.1 }.map(\.0)
  }
}

extension TableModel.Index {
  /// What makes it another index.
  fileprivate var shape: [String] {
    [
      name, tail, constraint?.kind ?? "", constraint?.delay ?? "", "\(isReplicaIdentity)",
      "\(isClustered)", tablespace,
    ]
  }
}
