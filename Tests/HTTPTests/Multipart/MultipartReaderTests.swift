import HTTP
import Synchronization
import Testing

@Suite("reading a form")
struct MultipartReaderTests {
  private static let type = "multipart/form-data; boundary=\"x y\""

  private static func part(_ disposition: String, _ content: String, _ more: String = "") -> String
  {
    "--x y\r\nContent-Disposition: \(disposition)\r\n\(more)\r\n\(content)\r\n"
  }

  /// A body that comes in blocks of seven bytes.
  private static func body(_ text: String) -> HTTPBody {
    let rest = Mutex(Array(text.utf8)[...])
    return HTTPBody(length: nil) {
      rest.withLock { rest in
        defer { rest = rest.dropFirst(7) }
        return rest.isEmpty ? nil : Array(rest.prefix(7))
      }
    }
  }

  private static func reader(_ text: String) throws -> MultipartReader {
    try MultipartReader(contentType: type, body: body(text))
  }

  private static func text(_ part: MultipartPart) async throws -> String {
    String(decoding: try await part.body.collect(upTo: 1000), as: UTF8.self)
  }

  @Test("parts come in the order they stand in, each with its content", arguments: [true, false])
  func order(fileFirst: Bool) async throws {
    let file = Self.part(
      "form-data; name=\"file\"; filename=\"a.csv\"", "a,b\r\n1,2", "Content-Type: text/csv\r\n")
    let target = Self.part("form-data; name=target", "demo.sales")
    let reader = try Self.reader((fileFirst ? file + target : target + file) + "--x y--\r\n")
    var seen: [String] = []
    while let part = try await reader.next() {
      let text = try await Self.text(part)
      seen.append(
        "\(part.name)|\(part.fileName ?? "-")|\(part.headers["content-type"] ?? "-")|\(text)")
    }
    let expected = ["file|a.csv|text/csv|a,b\r\n1,2", "target|-|-|demo.sales"]
    #expect(seen == (fileFirst ? expected : expected.reversed()))
    let behind = try await reader.next()
    #expect(behind == nil)
  }

  @Test("what is left unread of a part is skipped, and cannot be read later")
  func skipping() async throws {
    let long = String(repeating: "0123456789", count: 100)
    let reader = try Self.reader(
      Self.part("form-data; name=a", long) + Self.part("form-data; name=b", "second") + "--x y--")
    let first = try #require(try await reader.next())
    _ = try await first.body.next()
    let second = try #require(try await reader.next())
    #expect(second.name == "b")
    await #expect(throws: HTTPBodyError.skipped) { try await first.body.next() }
    let text = try await Self.text(second)
    #expect(text == "second")
    let again = try await second.body.next()
    #expect(again == nil)
  }

  @Test(
    "names are read with their escapes, and file names without their folders",
    arguments: [
      ("name=\"a\"; filename=\"b c.csv\"", "a", "b c.csv"),
      ("name=\"a\\\"b\"; filename=\"q\\\\r.csv\"", "a\"b", "r.csv"),
      ("NAME=a; FileName=b.csv", "a", "b.csv"),
      ("name=a; filename=\"C:\\data\\sales.csv\"", "a", "sales.csv"),
      ("name=a; filename=\"../../etc/passwd\"", "a", "passwd"),
      ("name=a; filename=x; filename*=UTF-8''%E2%82%AC.csv", "a", "€.csv"),
      ("name=\"ä;b\"; filename=\"ü;.csv\"", "ä;b", "ü;.csv"),
      ("name=a; filename=\"\"", "a", ""),
    ])
  func names(disposition: String, name: String, fileName: String) async throws {
    let reader = try Self.reader(Self.part("form-data; \(disposition)", "x") + "--x y--")
    let part = try #require(try await reader.next())
    #expect(part.name == name)
    #expect(part.fileName == fileName)
  }

  @Test(
    "a header that is not a form's is refused",
    arguments: [
      "Content-Disposition: attachment; name=a", "Content-Disposition: form-data", "A: b",
      "nonsense",
      "Content-Disposition: form-data; name=\"a", "Content-Disposition: form-data; name=a; name=b",
      "Content-Disposition: form-data; name=a; filename*=latin1''a",
      "Content-Disposition: form-data; name=a\r\nContent-Transfer-Encoding: base64",
      "Content-Disposition: form-data; name=a\r\n folded: b",
      "Content Disposition: form-data; name=a",
      "Content-Disposition: form-data; name=a\u{0}",
    ])
  func badHeaders(header: String) async throws {
    let reader = try Self.reader("--x y\r\n\(header)\r\n\r\nx\r\n--x y--")
    let problem = await #expect(throws: Problem.self) { _ = try await reader.next() }
    #expect(problem?.status == 400)
  }

  @Test(
    "a content type without a usable boundary is refused",
    arguments: [
      "", "text/csv", "multipart/form-data", "multipart/form-data; boundary=",
      "multipart/form-data; boundary=\"a \"", "multipart/form-data; boundary=\"a\u{e4}\"",
      "multipart/form-data; boundary=\(String(repeating: "a", count: 71))",
      "multipart/mixed; boundary=a",
    ])
  func badTypes(type: String) {
    let problem = #expect(throws: Problem.self) {
      _ = try MultipartReader(contentType: type, body: .empty)
    }
    #expect(problem?.status == 400)
  }

  @Test("a form that curl sends is read while it comes in")
  func fromCurl() async throws {
    let file = try TemporaryFile(size: 3_000_000)
    try await withServer { router in
      router.on(.post, "/", maxBodyBytes: 1 << 30) { request in
        let reader = try MultipartReader(request)
        var seen = ""
        while let part = try await reader.next() {
          var count = 0
          for try await block in part.body { count += block.count }
          seen += "\(part.name)=\(count);"
        }
        return .text(seen)
      }
    } _: { bench in
      let (code, output) = try await curl([
        "-F", "target=demo.sales", "-F", "file=@\(file.path)", "-F", "mode=upsert", bench.url("/"),
      ])
      #expect(code == 0)
      #expect(output == "target=10;file=3000000;mode=6;")
    }
  }

  @Test("a form that is cut short is 400")
  func cutShort() async throws {
    try await withServer { router in
      router.on(.post, "/") { request in
        let reader = try MultipartReader(request)
        while let part = try await reader.next() { _ = try await part.body.collect(upTo: 1000) }
        return .text("whole")
      }
    } _: { bench in
      let form = Self.part("form-data; name=a", "x")
      let response = try await bench.exchange(
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Type: \(Self.type)\r\n"
          + "Content-Length: \(form.utf8.count)\r\n\r\n\(form)")
      #expect(response.status == 400)
    }
  }
}
