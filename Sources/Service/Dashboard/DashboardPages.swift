public import HTTP

/// The dashboard: one page and its assets, embedded in the program.
public enum DashboardPages {
  /// Adds `GET /` and `GET /assets/{name}`.
  public static func add(to router: inout HTTPRouter) {
    router.on(.get, "/") { answer(page, to: $0) }
    router.on(.get, "/assets/{name}") { request in
      guard let asset = assets[request.parameters["name"] ?? ""] else {
        throw Problem.notFound("There is no asset of this name.")
      }
      return answer(asset, to: request)
    }
  }

  private static let page = Asset(PackageResources.index_html, type: "text/html; charset=utf-8")

  private static let assets: [String: Asset] = [
    "favicon.svg": Asset(PackageResources.favicon_svg, type: "image/svg+xml"),
    "base.css": .style(PackageResources.base_css),
    "form.css": .style(PackageResources.form_css),
    "imports.css": .style(PackageResources.imports_css),
    "main.js": .script(PackageResources.main_js),
    "api.js": .script(PackageResources.api_js),
    "dom.js": .script(PackageResources.dom_js),
    "format.js": .script(PackageResources.format_js),
    "header.js": .script(PackageResources.header_js),
    "live.js": .script(PackageResources.live_js),
    "form.js": .script(PackageResources.form_js),
    "target.js": .script(PackageResources.target_js),
    "templates.js": .script(PackageResources.templates_js),
    "upload.js": .script(PackageResources.upload_js),
    "list.js": .script(PackageResources.list_js),
    "row.js": .script(PackageResources.row_js),
    "source.js": .script(PackageResources.source_js),
    "profile.js": .script(PackageResources.profile_js),
    "rejects.js": .script(PackageResources.rejects_js),
    "diff.js": .script(PackageResources.diff_js),
    "warnings.js": .script(PackageResources.warnings_js),
    "undo.js": .script(PackageResources.undo_js),
  ]

  /// Only files of the program's own run or are shown, nothing inline; data can never become markup
  /// (Trusted Types), and no page may put this one into a frame.
  ///
  /// Source: W3C Content Security Policy Level 3.
  private static let contentSecurityPolicy = [
    "default-src 'self'", "base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'",
    "object-src 'none'", "require-trusted-types-for 'script'", "trusted-types 'none'",
  ].joined(separator: "; ")

  private static func answer(_ asset: Asset, to request: HTTPRequest) -> HTTPResponse {
    // A browser asks again each time, so that page and scripts are always of one version.
    var headers: HTTPHeaders = [
      "ETag": asset.tag, "Cache-Control": "no-cache",
      "Content-Security-Policy": contentSecurityPolicy,
      "Referrer-Policy": "same-origin", "Cross-Origin-Opener-Policy": "same-origin",
      "Cross-Origin-Resource-Policy": "same-origin",
    ]
    if asset.isKnown(to: request.headers.values("If-None-Match")) {
      return HTTPResponse(status: 304, headers: headers)
    }
    headers.add("Content-Type", asset.type)
    return HTTPResponse(headers: headers, body: .bytes(asset.bytes))
  }
}
