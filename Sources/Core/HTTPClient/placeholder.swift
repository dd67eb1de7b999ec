public struct HTTPClientResponse: Sendable { public var status = 0; public var body: [UInt8] = [] }
public struct HTTPClient: Sendable {
  public init(baseURL: String, token: String?) {}
  public func get(_ path: String) async throws -> HTTPClientResponse { HTTPClientResponse() }
  public func delete(_ path: String) async throws -> HTTPClientResponse { HTTPClientResponse() }
  public func upload(_ path: String, file: String, contentType: String, headers: [(String, String)], progress: @escaping @Sendable (Int64, Int64?) -> Void) async throws -> HTTPClientResponse { HTTPClientResponse() }
  public func post(_ path: String, body: [UInt8], contentType: String, headers: [(String, String)]) async throws -> HTTPClientResponse { HTTPClientResponse() }
}
