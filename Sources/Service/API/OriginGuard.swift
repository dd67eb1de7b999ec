import HTTP

/// Keeps pages of other sites from acting through the browser of somebody who can reach this server.
///
/// A browser names the page's origin in every WebSocket handshake and in every request that may change
/// something (RFC 6454, Fetch standard); programs name none.
struct OriginGuard: Sendable {
  let allowed: [String]

  /// - Throws: `Problem` `forbidden` where the request comes from a page of another origin.
  func check(_ request: HTTPRequest) throws {
    guard let origin = request.headers["Origin"] else { return }
    let host = request.headers["Host"] ?? ""
    guard (["http://\(host)", "https://\(host)"] + allowed).contains(origin) else {
      throw Problem(
        status: 403, code: "forbidden",
        detail: "pages of this origin may not do that here")
    }
  }
}
