import Glibc

/// Postgres's server programs, as Debian or a PATH has them.
struct ServerBinaries {
  /// The folder that `postgres` and `initdb` are in.
  let folder: String
  /// Major version.
  let version: Int

  /// Finds the newest, or those of a version that a cluster was made with.
  static func find(version wanted: Int? = nil) throws -> ServerBinaries {
    let root = "/usr/lib/postgresql"
    let versions = entries(of: root).compactMap(Int.init).sorted(by: >)
    for version in versions where wanted == nil || wanted == version {
      let folder = "\(root)/\(version)/bin"
      if access("\(folder)/postgres", X_OK) == 0, access("\(folder)/initdb", X_OK) == 0 {
        return ServerBinaries(folder: folder, version: version)
      }
    }
    let name = wanted.map { "Postgres \($0)" } ?? "Postgres"
    throw EmbeddedClusterError(
      "\(name) is not installed below \(root): install postgresql, or set SLUICE_DATABASE_URL")
  }

  private static func entries(of folder: String) -> [String] {
    guard let directory = opendir(folder) else { return [] }
    defer { closedir(directory) }
    var names: [String] = []
    while let entry = readdir(directory) {
      names.append(
        withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
          String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
        })
    }
    return names
  }
}
