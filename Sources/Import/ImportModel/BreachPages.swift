/// Breaches that come in pages, in the order of their rows, handed over row by row: the last row of a page may
/// go on in the next one.
public struct BreachPages: Sendable {
  private var waiting: [RowBreach] = []

  /// Begins before the first page.
  public init() {}

  /// Adds a page; an empty one is the end.
  ///
  /// - Returns: all breaches of the rows that no later page adds to.
  public mutating func add(_ page: [RowBreach]) -> [RowBreach] {
    waiting += page
    let open = page.last?.row
    let whole = Array(waiting.prefix { $0.row != open })
    waiting.removeFirst(whole.count)
    return whole
  }
}
