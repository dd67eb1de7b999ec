public import Postgres

/// The `sluice` schema and its numbered migrations.
public enum SluiceSchema {
  /// The schema's name.
  public static let name = "sluice"

  /// Brings the schema up and down.
  public static let migrator = Migrator(
    schema: name,
    migrations: [
      Migration(
        version: 1, name: "imports",
        up: text(PackageResources._001_imports_up_sql),
        down: text(PackageResources._001_imports_down_sql)),
      Migration(
        version: 2, name: "arbiter",
        up: text(PackageResources._002_arbiter_up_sql),
        down: text(PackageResources._002_arbiter_down_sql)),
      Migration(
        version: 3, name: "reports-and-templates",
        up: text(PackageResources._003_reports_and_templates_up_sql),
        down: text(PackageResources._003_reports_and_templates_down_sql)),
      Migration(
        version: 4, name: "reading",
        up: text(PackageResources._004_reading_up_sql),
        down: text(PackageResources._004_reading_down_sql)),
      Migration(
        version: 5, name: "merging",
        up: text(PackageResources._005_merging_up_sql),
        down: text(PackageResources._005_merging_down_sql)),
      Migration(
        version: 6, name: "scopes",
        up: text(PackageResources._006_scopes_up_sql),
        down: text(PackageResources._006_scopes_down_sql)),
    ],
    lockKey: 0x5C1D_5C1D)

  private static func text(_ bytes: [UInt8]) -> String {
    String(decoding: bytes, as: UTF8.self)
  }
}
