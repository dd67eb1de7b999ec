import FoundationEssentials
import Testing

@Suite("What the fuzzers have in their corpora, findings of theirs among it")
struct CorpusTests {
  @Test("keeps its promises", arguments: Fuzzer.all)
  func corpus(fuzzer: Fuzzer) throws {
    let files = try Corpus.files(of: fuzzer)
    #expect(!files.isEmpty, "no corpus of \(fuzzer)")
    for file in files {
      let input = try Data(contentsOf: file)
      #expect(throws: Never.self, "\(fuzzer) \(file.lastPathComponent)") {
        try fuzzer.run(Array(input))
      }
    }
  }

  @Test("lies in folders that are each a fuzzer's")
  func folders() throws {
    let folders = try FileManager.default.contentsOfDirectory(atPath: Corpus.folder.path)
      .filter { !$0.hasSuffix(".dict") }
    #expect(Set(folders) == Set(Fuzzer.all.map(\.name)))
  }
}

/// Where the inputs lie: `Tests/Corpora/<fuzzer>/`.
private enum Corpus {
  static let folder = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().appendingPathComponent("Corpora")

  static func files(of fuzzer: Fuzzer) throws -> [URL] {
    let own = folder.appendingPathComponent(fuzzer.name)
    return try FileManager.default.contentsOfDirectory(atPath: own.path).sorted()
      .map { own.appendingPathComponent($0) }
  }
}
