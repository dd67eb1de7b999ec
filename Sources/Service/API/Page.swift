/// A page of a list: `{"items": […], "next": cursor or null}`.
struct Page<Item: Encodable>: Encodable {
  private let items: [Item]
  private let next: String?

  /// Makes a page of what was found.
  ///
  /// - Parameters:
  ///   - rows: one more than fits, where there are more.
  ///   - cursor: behind which row the next page begins.
  init<Row>(
    _ rows: [Row], limit: Int, cursor: (Row) -> String, item: (Row) throws -> Item
  ) rethrows {
    items = try rows.prefix(limit).map(item)
    next = rows.count > limit ? rows.prefix(limit).last.map(cursor) : nil
  }

  private enum CodingKeys: String, CodingKey { case items, next }

  /// Writes `next` also where it is null.
  func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(items, forKey: .items)
    try container.encode(next, forKey: .next)
  }
}
