import ImportModel

/// Whether the rows of a chunk come in ascending order of the bytes of their keys: no key is in it twice then,
/// and many files are sorted that way.
///
/// The fields of a key are strung together as they are encoded. Equal keys give equal strings, so that strings
/// that ascend belong to different keys, whatever the order means to the type.
struct KeyOrder {
  /// Longer keys are not kept in the ledger.
  private static let longest = 512

  /// Places of the key's fields in a tuple, ascending.
  private let fields: [Int]
  /// Whether spaces at the end of a field say nothing, as Postgres may cut them off.
  private let isPadded: [Bool]
  private var isAscending: Bool
  private var key: [UInt8] = []

  /// The key of the first row; nil before it.
  private var first: [UInt8]?
  /// The key of the last row.
  private var last: [UInt8] = []

  /// Looks at the columns of a key; nothing is told of rows that lack one of them.
  init(_ key: [String], in layout: StagingLayout) {
    let found = layout.columns.indices.filter { key.contains(layout.columns[$0].name) }
    // The row's number may come first.
    fields = layout.numbersRows ? found.map { $0 + 1 } : found
    isPadded = found.map { layout.columns[$0].sqlType.hasPrefix("character varying(") }
    isAscending = !key.isEmpty && found.count == key.count
  }

  /// The first and the last key; nil where the rows are in no such order, or where there are none.
  var ends: (first: [UInt8], last: [UInt8])? {
    guard isAscending, let first else { return nil }
    return (first, last)
  }

  /// Looks at the rows of a batch, which come behind those before.
  mutating func note(_ batch: EncodedBatch) {
    guard isAscending else { return }
    batch.bytes.withUnsafeBytes { note(UnsafeRawBufferPointer(rebasing: $0[..<batch.count])) }
  }

  private mutating func note(_ tuples: UnsafeRawBufferPointer) {
    var place = 0
    while isAscending, place < tuples.count {
      let count = Int(tuples.loadUnaligned(fromByteOffset: place, as: Int16.self).bigEndian)
      place += 2
      key.removeAll(keepingCapacity: true)
      var next = 0
      for field in 0..<count {
        let length = Int(tuples.loadUnaligned(fromByteOffset: place, as: Int32.self).bigEndian)
        place += 4
        if next < fields.count, fields[next] == field {
          // NULL is another matter.
          guard length >= 0 else {
            isAscending = false
            return
          }
          var value = tuples[place..<place + length]
          if isPadded[next] { while value.last == UInt8(ascii: " ") { value.removeLast() } }
          key += value
          next += 1
        }
        place += max(0, length)
      }
      isAscending =
        key.count <= KeyOrder.longest && (first == nil || last.lexicographicallyPrecedes(key))
      if first == nil { first = key }
      swap(&key, &last)
    }
  }
}
