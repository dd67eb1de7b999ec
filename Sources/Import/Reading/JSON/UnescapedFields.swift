import ImportModel

/// The fields of a batch whose text does not stand in the file as it is, because it has escapes. They are
/// kept here until the batch is full, and then put behind its rows.
///
/// It keeps its memory from batch to batch.
final class UnescapedFields {
  private struct Place {
    let field: Int
    let offset: Int
    let count: Int
  }

  /// Offset of a field that waits for its place: beyond what a batch can hold.
  private static let waiting = Int(UInt32.max)

  private var values: UnsafeMutablePointer<UInt8> = .allocate(capacity: 4096)
  private var capacity = 4096
  private var count = 0
  private var places: ContiguousArray<Place> = []

  deinit {
    values.deallocate()
  }

  func removeAll() {
    count = 0
    places.removeAll(keepingCapacity: true)
  }

  /// Takes the text of the string that will be field number `index` of the batch. The slice holds until
  /// `move(to:)` makes it right.
  func append(_ string: UnsafeBufferPointer<UInt8>, index: Int) -> FieldSlice {
    if capacity - count < string.count { grow(by: string.count) }
    let length = JSONUnescaping.unescape(string, into: values + count)
    places.append(Place(field: index, offset: count, count: length))
    count += length
    return FieldSlice(offset: Self.waiting, count: length, isQuoted: true)
  }

  /// Forgets the fields from number `index` on: their row has turned out to be faulty, or is not whole.
  func remove(from index: Int) {
    while let last = places.last, last.field >= index {
      count = last.offset
      places.removeLast()
    }
  }

  /// Appends all texts to the storage of `batch` and lets its fields point to them, but for those that
  /// have got another value since.
  func move(to batch: RecordBatch) {
    guard !places.isEmpty else { return }
    let base = batch.count
    batch.reserve(base + count)
    if count > 0, let target = batch.storage.baseAddress {
      (target + base).copyMemory(from: values, byteCount: count)
    }
    batch.count = base + count
    for place in places where batch.fields[place.field].offset == Self.waiting {
      batch.fields[place.field] = FieldSlice(
        offset: base + place.offset, count: place.count, isQuoted: true)
    }
    removeAll()
  }

  private func grow(by bytes: Int) {
    let larger = max(capacity * 2, count + bytes)
    let memory = UnsafeMutablePointer<UInt8>.allocate(capacity: larger)
    memory.update(from: values, count: count)
    values.deallocate()
    values = memory
    capacity = larger
  }
}
