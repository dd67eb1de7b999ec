public import Postgres

/// Session settings that decide how Postgres reads a value.
///
/// What is not known to be true here is left to Postgres, value by value: slower, never wrong.
public struct ValidationSettings: Sendable, Equatable {
  /// Whether `TimeZone` is UTC: then a `timestamptz` without a zone needs no table of zones.
  public var timeZoneIsUTC: Bool

  /// Whether the database's own encoding is UTF-8: then it has every character.
  public var encodingIsUTF8: Bool

  /// Knows nothing of the session, unless told otherwise.
  public init(timeZoneIsUTC: Bool = false, encodingIsUTF8: Bool = false) {
    self.timeZoneIsUTC = timeZoneIsUTC
    self.encodingIsUTF8 = encodingIsUTF8
  }

  /// Reads the settings of a session.
  ///
  /// - Throws: `PostgresError`.
  public static func read(on connection: PostgresConnection) async throws -> ValidationSettings {
    let result = try await connection.queryCached(
      """
      SELECT current_setting('TimeZone') AS zone, current_setting('server_encoding') AS encoding
      """)
    guard let row = result.rows.first else { return ValidationSettings() }
    return ValidationSettings(
      timeZoneIsUTC: namesOfUTC.contains(try row.string("zone").uppercased()),
      encodingIsUTF8: try row.string("encoding") == "UTF8")
  }

  private static let namesOfUTC: Set<String> = [
    "UTC", "ETC/UTC", "ETC/UCT", "ETC/ZULU", "ETC/UNIVERSAL", "UCT", "ZULU", "UNIVERSAL",
    "GMT", "ETC/GMT",
  ]
}
