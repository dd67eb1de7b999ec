// swift-tools-version: 6.2
import PackageDescription

/// Set by scripts/fuzz.sh, in a scratch folder of its own: then the functions of the fuzzers are a program,
/// and otherwise tests.
let isForFuzzing = Context.environment["SLUICE_FUZZING"] == "1"

/// Optimised, as fuzzers need speed, but with all checks.
let sanitised: [SwiftSetting] =
  isForFuzzing
  ? [.unsafeFlags(["-sanitize=fuzzer,address", "-enable-testing", "-assert-config", "Debug"])] : []

let strict: [SwiftSetting] =
  [
    .swiftLanguageMode(.v6),
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    // Tests end the process at these; no release has them.
    .define("CRASH_POINTS", .when(configuration: .debug)),
  ] + sanitised

/// A C library of Debian's, as a module: `Sources/System/<name>`.
func system(_ name: String, pkgConfig: String?, apt package: String) -> Target {
  .systemLibrary(
    name: name, path: "Sources/System/\(name)", pkgConfig: pkgConfig, providers: [.apt([package])])
}

/// A module of one of the layers: `Sources/<layer>/<name>`.
func module(
  _ name: String, in layer: String, needs dependencies: [Target.Dependency] = [],
  resources: [Resource] = []
) -> Target {
  .target(
    name: name, dependencies: dependencies, path: "Sources/\(layer)/\(name)", resources: resources,
    swiftSettings: strict)
}

/// The tests of a module: `Tests/<module>Tests`.
func tests(
  _ name: String, needs dependencies: [Target.Dependency], exclude: [String] = []
) -> Target {
  .testTarget(
    name: name, dependencies: dependencies + ["TestSupport"], path: "Tests/\(name)",
    exclude: exclude, swiftSettings: strict)
}

/// The functions of the fuzzers: the program `fuzz`, or the tests that run them over Tests/Corpora.
let fuzzing: [Target] = {
  let needs: [Target.Dependency] = ["Reading", "Validation", "HTTP", "ImportModel", "Telemetry"]
  guard isForFuzzing else {
    return [tests("FuzzTests", needs: needs, exclude: ["Driver", "CLibFuzzer"])]
  }
  return [
    .systemLibrary(name: "CLibFuzzer", path: "Tests/FuzzTests/CLibFuzzer"),
    .executableTarget(
      name: "fuzz", dependencies: needs + ["CLibFuzzer"], path: "Tests/FuzzTests",
      exclude: ["CLibFuzzer", "CorpusTests.swift"], sources: ["Functions", "Driver"],
      swiftSettings: strict),
  ]
}()

let package = Package(
  name: "sluice",
  products: [.executable(name: "sluice", targets: ["sluice"])],
  targets: [
    // System: C libraries, no policy.
    system("CLinux", pkgConfig: nil, apt: "libc6-dev"),
    system("CSimd", pkgConfig: nil, apt: "libc6-dev"),
    system("CLibpq", pkgConfig: "libpq", apt: "libpq-dev"),
    system("CMicrohttpd", pkgConfig: "libmicrohttpd", apt: "libmicrohttpd-dev"),
    system("CWslay", pkgConfig: nil, apt: "libwslay-dev"),
    system("CZlib", pkgConfig: "zlib", apt: "zlib1g-dev"),
    system("CZstd", pkgConfig: "libzstd", apt: "libzstd-dev"),
    system("CZip", pkgConfig: "libzip", apt: "libzip-dev"),
    system("CExpat", pkgConfig: "expat", apt: "libexpat1-dev"),
    system("CIconv", pkgConfig: nil, apt: "libc6-dev"),
    system("CUchardet", pkgConfig: "uchardet", apt: "libuchardet-dev"),
    system("CCrypto", pkgConfig: "libcrypto", apt: "libssl-dev"),
    system("CCurl", pkgConfig: "libcurl", apt: "libcurl4-openssl-dev"),

    // Core: what any service would need.
    module("CrashPoints", in: "Core"),
    module("Threading", in: "Core", needs: ["CLinux"]),
    module("Telemetry", in: "Core"),
    module(
      "Postgres", in: "Core", needs: ["CLibpq", "CLinux", "CrashPoints", "Threading", "Telemetry"]),
    module("EmbeddedPostgres", in: "Core", needs: ["CLinux", "Threading", "Telemetry"]),
    module(
      "HTTP", in: "Core", needs: ["CMicrohttpd", "CWslay", "CCrypto", "Threading", "Telemetry"]),
    module("HTTPClient", in: "Core", needs: ["CCurl", "Threading"]),

    // Import: the steps, in the order of the data. They meet in ImportModel only.
    module("ImportModel", in: "Import"),
    module("Spool", in: "Import", needs: ["CCrypto", "CrashPoints", "ImportModel", "Threading"]),
    module(
      "Reading", in: "Import",
      needs: ["CSimd", "CZlib", "CZstd", "CZip", "CExpat", "CIconv", "CUchardet", "ImportModel"]),
    module("Validation", in: "Import", needs: ["ImportModel", "Postgres"]),
    module("Staging", in: "Import", needs: ["ImportModel", "Postgres"]),
    module("Merging", in: "Import", needs: ["ImportModel", "Postgres"]),
    module("Progress", in: "Import", needs: ["ImportModel", "Postgres", "Telemetry"]),

    // Service: what joins the steps and shows them.
    module(
      "Queue", in: "Service", needs: ["ImportModel", "Postgres", "Telemetry"],
      resources: [
        .embedInCode("Migrations/0001-imports.up.sql"),
        .embedInCode("Migrations/0001-imports.down.sql"),
        .embedInCode("Migrations/0002-arbiter.up.sql"),
        .embedInCode("Migrations/0002-arbiter.down.sql"),
        .embedInCode("Migrations/0003-reports-and-templates.up.sql"),
        .embedInCode("Migrations/0003-reports-and-templates.down.sql"),
        .embedInCode("Migrations/0004-reading.up.sql"),
        .embedInCode("Migrations/0004-reading.down.sql"),
        .embedInCode("Migrations/0005-merging.up.sql"),
        .embedInCode("Migrations/0005-merging.down.sql"),
        .embedInCode("Migrations/0006-scopes.up.sql"),
        .embedInCode("Migrations/0006-scopes.down.sql"),
      ]),
    module(
      "Doctor", in: "Service",
      needs: ["ImportModel", "Spool", "Staging", "Merging", "Queue", "Postgres"]),
    module(
      "Worker", in: "Service",
      needs: [
        "Doctor", "ImportModel", "Spool", "Reading", "Validation", "Staging", "Merging", "Progress",
        "Queue",
        "Postgres", "Telemetry", "Threading",
      ]),
    module(
      "Dashboard", in: "Service", needs: ["HTTP"],
      resources: [
        .embedInCode("Assets/api.js"),
        .embedInCode("Assets/base.css"),
        .embedInCode("Assets/diff.js"),
        .embedInCode("Assets/dom.js"),
        .embedInCode("Assets/favicon.svg"),
        .embedInCode("Assets/form.css"),
        .embedInCode("Assets/form.js"),
        .embedInCode("Assets/format.js"),
        .embedInCode("Assets/header.js"),
        .embedInCode("Assets/imports.css"),
        .embedInCode("Assets/index.html"),
        .embedInCode("Assets/list.js"),
        .embedInCode("Assets/live.js"),
        .embedInCode("Assets/main.js"),
        .embedInCode("Assets/profile.js"),
        .embedInCode("Assets/rejects.js"),
        .embedInCode("Assets/row.js"),
        .embedInCode("Assets/source.js"),
        .embedInCode("Assets/target.js"),
        .embedInCode("Assets/templates.js"),
        .embedInCode("Assets/undo.js"),
        .embedInCode("Assets/upload.js"),
        .embedInCode("Assets/warnings.js"),
      ]),
    module(
      "API", in: "Service",
      needs: [
        "HTTP", "ImportModel", "Spool", "Reading", "Staging", "Merging", "Validation", "Progress",
        "Queue", "Worker", "Postgres", "Telemetry", "Threading", "Dashboard",
      ],
      resources: [.embedInCode("openapi.json")]),

    .executableTarget(
      name: "sluice",
      dependencies: [
        "API", "Worker", "Doctor", "Queue", "Progress", "Spool", "Postgres", "HTTP", "HTTPClient",
        "Telemetry",
        "Threading", "ImportModel", "Dashboard", "EmbeddedPostgres", "Reading", "Validation",
      ],
      path: "Sources/sluice",
      resources: [
        .embedInCode("Resources/demo-schema.sql"), .embedInCode("Resources/sales-tiny.csv"),
      ],
      swiftSettings: strict),

    .target(
      name: "TestSupport", dependencies: ["Postgres", "Telemetry"], path: "Tests/TestSupport",
      swiftSettings: strict),
    tests("ThreadingTests", needs: ["Threading"]),
    tests("TelemetryTests", needs: ["Telemetry"]),
    tests("PostgresTests", needs: ["Postgres", "Telemetry", "Threading"]),
    tests("HTTPTests", needs: ["HTTP", "Telemetry"]),
    tests("HTTPClientTests", needs: ["HTTPClient"]),
    tests("ImportModelTests", needs: ["ImportModel"]),
    tests("SpoolTests", needs: ["Spool", "ImportModel"]),
    tests("ReadingTests", needs: ["Reading", "ImportModel"], exclude: ["XLSX/expected"]),
    tests("ValidationTests", needs: ["Validation", "ImportModel", "Postgres", "Queue"]),
    tests("ProgressTests", needs: ["Progress", "ImportModel"]),
    tests("APITests", needs: ["API", "HTTP", "ImportModel"]),
    tests(
      "IntegrationTests",
      needs: [
        "Worker", "Doctor", "Queue", "Progress", "Staging", "Merging", "Validation", "Reading",
        "Spool",
        "ImportModel", "Postgres", "Telemetry", "EmbeddedPostgres",
      ]),
  ] + fuzzing
)
