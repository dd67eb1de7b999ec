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
      let accepted = try await client.submit(
        file: try writeFixture(), options: [("target", "demo.sales")], headers: []
      ) { _, _ in }
      let object = try await client.untilEnded(accepted.taskID) { _ in }.object
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

  private func writeFixture() throws -> String {
    let path = "\(settings.dataDir)/sales-tiny.csv"
    guard let file = fopen(path, "w") else {
      throw StartError("cannot write \(path): \(String(cString: strerror(errno)))")
    }
    let bytes = PackageResources.sales_tiny_csv
    let count = fwrite(bytes, 1, bytes.count, file)
    guard fclose(file) == 0, count == bytes.count else {
      throw StartError("cannot write \(path): \(String(cString: strerror(errno)))")
    }
    return path
  }
}
