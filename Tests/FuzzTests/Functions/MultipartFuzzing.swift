import HTTP
import Synchronization

/// Bodies of forms: three bytes choose boundary, limits and pieces; then comes the Content-Type up to a
/// line end, where it is asked for, and the body.
enum MultipartFuzzing {
  private struct Form: Equatable, Sendable {
    struct Part: Equatable, Sendable {
      var name: String
      var fileName: String?
      var headers: [String]
      var content: [UInt8] = []
    }

    var parts: [Part] = []
    var problem: String?
  }

  @Sendable static func run(_ bytes: [UInt8]) throws {
    var input = FuzzInput(bytes)
    let start = input.byte()
    let seed = input.byte()
    var limits = MultipartLimits()
    if start & 1 == 1 { (limits.headerBytes, limits.parts) = (80, 3) }
    let boundary = ["x", "--", "----WebKitFormBoundary7MA4YWxkTrZu0gW", "a b"][Int(start >> 1 & 3)]
    var type = "multipart/form-data; boundary=\"\(boundary)\""
    if start & 8 != 0 { type = String(decoding: input.piece(upTo: 0x0A), as: UTF8.self) }
    let body = Array(input.rest)
    let whole = try read(body, type, limits, seed: nil)
    for seed in [seed, seed &+ 1] {
      try holdEqual(
        try read(body, type, limits, seed: seed), whole, "pieces do not change the parts")
    }
    let names = try read(body, type, limits, seed: seed, skips: true)
    try holdEqual(names.problem, whole.problem, "skipping parts does not change the problem")
    try holdEqual(
      names.parts.map(\.name), whole.parts.map(\.name), "skipping parts does not change them")
    try holdWritten(body, boundary, seed)
  }

  /// What is written as a form is read as it was.
  private static func holdWritten(_ content: [UInt8], _ boundary: String, _ seed: UInt8) throws {
    let delimiter = Array("\r\n--\(boundary)".utf8)
    guard (Array("\r\n".utf8) + content).firstRange(of: delimiter) == nil else { return }
    let head = "Content-Disposition: form-data; name=\"file\"; filename=\"a.csv\"\r\n\r\n"
    let written =
      Array("--\(boundary)\r\n\(head)".utf8) + content + delimiter + Array("--\r\n".utf8)
    let type = "multipart/form-data; boundary=\"\(boundary)\""
    let form = try read(written, type, MultipartLimits(), seed: seed)
    try holdEqual(form.problem, nil, "a written form can be read")
    try holdEqual(form.parts.map(\.content), [content], "content is read as it was written")
    try holdEqual(form.parts.map(\.fileName), ["a.csv"], "names are read as they were written")
  }

  private static func read(
    _ body: [UInt8], _ type: String, _ limits: MultipartLimits, seed: UInt8?, skips: Bool = false
  ) throws -> Form {
    let blocks = Blocks(body, seed: seed)
    let form = InlineExecutor().run { () -> Result<Form, any Error> in
      var form = Form()
      do {
        let reader = try MultipartReader(
          contentType: type, body: HTTPBody(length: nil) { blocks.next() }, limits: limits)
        while let part = try await reader.next() {
          form.parts.append(
            Form.Part(
              name: part.name, fileName: part.fileName,
              headers: part.headers.fields.map { "\($0.name): \($0.value)" }))
          while !skips, let block = try await part.body.next() {
            try hold(!block.isEmpty, "blocks are never empty")
            form.parts[form.parts.count - 1].content += block
          }
        }
      } catch let problem as Problem {
        form.problem = "\(problem.status) \(problem.detail)"
      } catch {
        return .failure(error)
      }
      return .success(form)
    }
    guard let form else { throw FuzzBreach(description: "reading a form comes to an end") }
    return try form.get()
  }

  private final class Blocks: Sendable {
    private let rest: Mutex<(bytes: ArraySlice<UInt8>, sizes: PieceSizes?)>

    init(_ bytes: [UInt8], seed: UInt8?) {
      rest = Mutex((bytes[...], seed.map { PieceSizes(seed: $0) }))
    }

    func next() -> [UInt8]? {
      rest.withLock { rest in
        guard !rest.bytes.isEmpty else { return nil }
        let piece = rest.bytes.prefix(rest.sizes?.next() ?? Int.max)
        rest.bytes = rest.bytes.dropFirst(piece.count)
        return Array(piece)
      }
    }
  }
}
