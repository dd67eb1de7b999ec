/// The bounds of a multipart body.
public struct MultipartLimits: Sendable {
  /// The most bytes of one part's header.
  public var headerBytes = 8 * 1024
  /// The most parts.
  public var parts = 100

  /// The usual limits.
  public init() {}
}
