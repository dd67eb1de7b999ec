import ImportModel
import Reading
import Spool
import Threading
import Validation

/// Looks the file of an import over, on a thread that may block: in parts, as each needs more of what else is found
/// out meanwhile.
struct FileLook: Sendable {
  let file: StoppableFile
  let options: ImportOptions
  /// A folder for what does not fit into memory.
  let scratch: String
  let executor: ThreadExecutor
  let profile: ProfileRecorder

  /// How the file is read, which does not depend on its target.
  ///
  /// - Throws: as the other parts, `ImportFailure` with the reason in its code, and what the storage throws.
  func plan() async throws -> FilePlan {
    try await measured {
      try ImportPreflight.plan(of: file, options: options, scope: .whole, scratch: scratch)
    }
  }

  /// Its header beside the columns of the target.
  func preflight(
    _ plan: FilePlan, for target: TargetTable, lookups: [ColumnLookup]
  ) async throws -> ImportPreflight {
    try await measured {
      try ImportPreflight(
        file: file, plan: plan, target: target, options: options, lookups: lookups, scope: .whole,
        scratch: scratch)
    }
  }

  /// How its values are written.
  func survey(_ preflight: ImportPreflight) async throws -> PreparedFile {
    try await measured {
      try PreparedFile(file, preflight, options: options, scratch: scratch)
    }
  }

  private func measured<R: Sendable>(_ look: @Sendable () throws -> R) async throws -> R {
    try await profile.measure(.lookOver) {
      try await withTaskExecutorPreference(executor) { try look() }
    }
  }
}
