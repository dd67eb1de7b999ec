/// One step of a schema, up and down.
public struct Migration: Sendable {
  /// From 1, without gaps.
  public let version: Int
  /// A few words, for people.
  public let name: String
  /// The SQL script that makes the step; runs in one transaction, so it holds no BEGIN or COMMIT.
  public let up: String
  /// The SQL script that takes it back.
  public let down: String

  /// Makes a migration from its two scripts.
  public init(version: Int, name: String, up: String, down: String) {
    self.version = version
    self.name = name
    self.up = up
    self.down = down
  }
}

/// A step that was made, or would be.
public struct MigrationStep: Sendable, Equatable {
  /// Which way a step goes.
  public enum Direction: String, Sendable {
    case up, down
  }

  /// The migration's version.
  public let version: Int
  /// The migration's name.
  public let name: String
  /// Up or down.
  public let direction: Direction
}

/// What a database has of a schema, compared with what the program knows.
public struct MigrationStatus: Sendable, Equatable {
  /// The highest version that the database has; 0 for none.
  public let current: Int
  /// The highest version that the program knows; 0 for none.
  public let latest: Int
  /// Versions that the program knows and the database does not have.
  public let pending: [Int]
  /// Versions that the database has and the program does not know: it is older than the database.
  public let unknown: [Int]
  /// Versions whose script has changed since it was applied.
  public let changed: [Int]

  /// True if the database has just what the program knows.
  public var isCurrent: Bool { pending.isEmpty && unknown.isEmpty && changed.isEmpty }
}

/// Why migrations cannot go ahead.
public struct MigrationError: Error, Sendable, Equatable, CustomStringConvertible {
  /// The kind of failure; the names are stable.
  public enum Code: String, Sendable {
    /// The program's own list has gaps, doubles or is out of order.
    case invalidList
    /// The version to go to does not exist.
    case unknownTarget
    /// The database has versions that this program does not know.
    case unknownVersion
    /// A script differs from what was applied under its version.
    case checksumMismatch
    /// The database has a later version but lacks an earlier one.
    case gap
  }

  /// The kind of failure.
  public let code: Code
  /// The versions in question.
  public let versions: [Int]

  /// One line, with what can be done.
  public var description: String {
    let list = versions.map(String.init).joined(separator: ", ")
    return switch code {
    case .invalidList: "migrations must be numbered 1, 2, 3, …; see \(list)"
    case .unknownTarget: "there is no migration \(list)"
    case .unknownVersion:
      "the database has migrations that this program does not know (\(list)): use a newer program"
    case .checksumMismatch: "migrations were changed after they had been applied: \(list)"
    case .gap: "the database lacks migrations \(list) but has later ones"
    }
  }
}
