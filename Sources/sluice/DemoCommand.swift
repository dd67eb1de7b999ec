import Glibc
import HTTPClient
import Postgres

/// `sluice demo`: what `make run` runs.
struct DemoCommand {
  private var settings: Settings

  init(_ arguments: Arguments) throws {
    settings = try Settings(arguments)
  }

  /// Serves the demo until a signal comes.
  func run() async throws -> Int32 {
    try await ServeCommand(settings: settings).run(
      prepare: { house in
        let schema = String(decoding: PackageResources.demo_schema_sql, as: UTF8.self)
        try await house.pool.withConnection { try await $0.execute(schema) }
      },
      whenReady: { address in await firstImport(address) })
  }

  /// Sends the fixture through the API, as anybody would.
  @Sendable private func firstImport(_ address: String) async {
    do {
      let client = ImportClient(server: address)
      let bytes = PackageResources.sales_tiny_csv
      let id = try await client.submit(
        bytes: bytes, name: "sales-tiny.csv", options: [("target", "demo.sales")])
      let object = try await client.untilEnded(id) { _ in }.object
      Output.line(
        """
        The fixture sales-tiny.csv is \(object.status): \(object.rowsRead) rows read, \
        \(object.rowsBad) rejected with their reasons, \(object.rowsInserted) inserted.
        Dashboard: \(address)/
        """)
    } catch is CancellationError {
      return
    } catch {
      Output.error("the first import failed: \(error)")
    }
  }
}
