/// A dialect whose structure is single bytes, each of one meaning: what the fast scanner understands.
struct PlainDialect {
  let delimiter: UInt8
  /// The quote; where there is none, a byte that means nothing.
  let quote: UInt8
  /// All ones, or zero where no byte is a quote: whatever is found of `quote` counts only with it.
  let quoteMask: UInt64
  /// The quote, or a number that no byte has.
  let quoteOrNone: UInt16

  init(delimiter: UInt8, quote: UInt8?) {
    self.delimiter = delimiter
    self.quote = quote ?? 0
    quoteMask = quote == nil ? 0 : ~0
    quoteOrNone = quote.map { UInt16($0) } ?? 0x100
  }
}
