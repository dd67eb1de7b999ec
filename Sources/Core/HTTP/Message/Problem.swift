import FoundationEssentials

/// An error answer that a caller's program can read: `application/problem+json`.
///
/// Thrown by a handler, it is the answer. The object has `type` (`about:blank`), `title`, `status`,
/// `detail`, `code` (stable), `hint` where the caller can mend it, and `request_id`. Source: RFC 9457.
public struct Problem: Error, Sendable, Encodable {
  /// The status code, 400 to 599.
  public var status: Int
  /// The stable name of what is wrong.
  public var code: String
  /// What is wrong in this request.
  public var detail: String
  /// What the caller can do.
  public var hint: String?
  /// Further header fields of the answer, such as `Retry-After`.
  public var headers: [(String, String)]
  /// Further members of the object.
  public var extra: [String: Value]

  /// Makes a problem.
  public init(
    status: Int, code: String, detail: String, hint: String? = nil,
    headers: [(String, String)] = [], extra: [String: Value] = [:]
  ) {
    self.status = status
    self.code = code
    self.detail = detail
    self.hint = hint
    self.headers = headers
    self.extra = extra
  }

  /// The status code's usual phrase, as the type `about:blank` asks for: RFC 9457, section 4.2.1.
  public var title: String { HTTPStatus.phrase(status) }

  /// A member's value.
  public enum Value: Sendable, Encodable, Equatable {
    /// A text.
    case string(String)
    /// A whole number.
    case int(Int64)
    /// True or false.
    case bool(Bool)
    /// Several texts.
    case strings([String])

    /// Writes the bare value.
    public func encode(to encoder: any Encoder) throws {
      var container = encoder.singleValueContainer()
      switch self {
      case .string(let value): try container.encode(value)
      case .int(let value): try container.encode(value)
      case .bool(let value): try container.encode(value)
      case .strings(let value): try container.encode(value)
      }
    }
  }

  /// Writes the members of the object, without `request_id`.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: Key.self)
    for (name, value) in extra { try container.encode(value, forKey: Key(stringValue: name)) }
    try container.encode("about:blank", forKey: "type")
    try container.encode(title, forKey: "title")
    try container.encode(status, forKey: "status")
    try container.encode(detail, forKey: "detail")
    try container.encode(code, forKey: "code")
    try container.encodeIfPresent(hint, forKey: "hint")
  }

  private struct Key: CodingKey, ExpressibleByStringLiteral {
    let stringValue: String
    var intValue: Int? { nil }

    init(stringValue: String) { self.stringValue = stringValue }
    init(stringLiteral value: String) { stringValue = value }
    init?(intValue: Int) { return nil }
  }
}

extension Problem {
  /// 400 `bad_request`.
  public static func badRequest(_ detail: String, hint: String? = nil) -> Problem {
    Problem(status: 400, code: "bad_request", detail: detail, hint: hint)
  }

  /// 404 `not_found`.
  public static func notFound(_ detail: String, hint: String? = nil) -> Problem {
    Problem(status: 404, code: "not_found", detail: detail, hint: hint)
  }

  /// 413 `too_large`.
  public static func tooLarge(_ detail: String, hint: String? = nil) -> Problem {
    Problem(status: 413, code: "too_large", detail: detail, hint: hint)
  }

  /// 408 `request_timeout`.
  static let requestTimeout = Problem(
    status: 408, code: "request_timeout", detail: "The request's body took too long.",
    hint: "Send it again.")

  /// 503 `too_many_connections`.
  static let tooManyConnections = Problem(
    status: 503, code: "too_many_connections",
    detail: "The server has as many connections as it takes.", hint: "Try again in a few seconds.",
    headers: [("Retry-After", "5")])

  /// 503 `shutting_down`.
  static let shuttingDown = Problem(
    status: 503, code: "shutting_down", detail: "The server is shutting down.",
    hint: "Try again in a few seconds.", headers: [("Retry-After", "5")])

  /// 500 `internal`: says nothing of what went wrong but the request's id.
  public static let internalError = Problem(
    status: 500, code: "internal", detail: "Something went wrong on the server.",
    hint: "The server's log names the cause under this request_id.")

  /// The answer that shows this problem.
  ///
  /// - Parameter requestID: the id of the request, shown as `request_id`.
  public func response(requestID: String) throws -> HTTPResponse {
    var problem = self
    problem.extra["request_id"] = .string(requestID)
    var response = try HTTPResponse.json(problem, status: status)
    response.headers["Content-Type"] = "application/problem+json"
    for (name, value) in headers { response.headers.add(name, value) }
    return response
  }
}
