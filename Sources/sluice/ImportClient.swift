import FoundationEssentials
import HTTPClient

/// Talks to a running server on behalf of `sluice import` and `sluice demo`.
struct ImportClient {
  /// How often an import is looked at.
  private static let pollInterval: Duration = .milliseconds(200)

  /// How long the answer is waited for when the person has had enough: what the server made of the file
  /// can be called off only by its name.
  private static let answerGrace: Duration = .seconds(30)

  private let client: HTTPClient

  /// - Parameter server: its address, such as `http://127.0.0.1:8080`.
  init(server: String) {
    client = HTTPClient(baseURL: server, token: nil)
  }

  /// Sends a file.
  ///
  /// - Parameter progress: called with the bytes sent, and all of them where that is known.
  /// - Returns: the import, new or made before.
  func submit(
    file: String, options: [(String, String)], headers: [(String, String)],
    progress: @escaping @Sendable (Int64, Int64?) -> Void
  ) async throws -> Accepted {
    let response = try await client.upload(
      "/imports" + HTTPClient.query(options), file: file, contentType: "application/octet-stream",
      headers: headers + [disposition(file.split(separator: "/").last.map(String.init) ?? file)],
      answerGrace: ImportClient.answerGrace, progress: progress)
    try check(response)
    return try JSONDecoder().decode(Accepted.self, from: Data(response.body))
  }

  /// Looks at an import until it has ended.
  ///
  /// - Returns: the object as the command reads it, and as the server wrote it.
  func untilEnded(
    _ id: String, show: (ImportObject) -> Void
  ) async throws -> (object: ImportObject, json: [UInt8]) {
    while true {
      let response = try await client.get("/imports/\(id)")
      try check(response)
      let object = try JSONDecoder().decode(ImportObject.self, from: Data(response.body))
      if object.hasEnded { return (object, response.body) }
      show(object)
      try await Task.sleep(for: ImportClient.pollInterval)
    }
  }

  /// Calls an import off; false where it had ended before.
  func cancel(_ id: String) async throws -> Bool {
    let response = try await client.delete("/imports/\(id)")
    if response.status == 409 { return false }
    try check(response)
    return true
  }

  private func disposition(_ name: String) -> (String, String) {
    let safe = name.filter { $0.isASCII && $0 != "\"" && $0 != "\\" && !$0.isNewline }
    return ("Content-Disposition", "attachment; filename=\"\(safe)\"")
  }

  /// What the server answers to a file.
  struct Accepted: Decodable {
    let taskID: String
    let replayed: Bool

    enum CodingKeys: String, CodingKey {
      case taskID = "task_id"
      case replayed
    }
  }

  private struct Refusal: Decodable {
    let detail: String
    let hint: String?
  }

  private func check(_ response: HTTPClientResponse) throws {
    guard !(200..<300).contains(response.status) else { return }
    do {
      let refusal = try JSONDecoder().decode(Refusal.self, from: Data(response.body))
      throw ServerRefusal(refusal.detail + (refusal.hint.map { " (\($0))" } ?? ""))
    } catch is DecodingError {
      throw ServerRefusal("the server answered with status \(response.status)")
    }
  }
}

/// The server would not do it.
struct ServerRefusal: Error, CustomStringConvertible {
  let description: String

  init(_ description: String) {
    self.description = description
  }
}
