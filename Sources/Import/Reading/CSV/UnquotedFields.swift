import ImportModel

/// The fields of a batch whose value does not stand in the file as it is: a quote or an escape had to be
/// taken out of the middle. They are kept here until the batch is full, and then put behind its rows.
///
/// It keeps its memory from batch to batch.
final class UnquotedFields {
  private struct Place {
    let field: Int
    let offset: Int
  }

  private var values: UnsafeMutableRawBufferPointer = .allocate(byteCount: 4096, alignment: 16)
  private var count = 0
  private var places: ContiguousArray<Place> = []

  deinit {
    values.deallocate()
  }

  func removeAll() {
    count = 0
    places.removeAll(keepingCapacity: true)
  }

  /// Takes the value of the field that will be number `index` in the batch. The slice holds until
  /// `move(to:)` makes it right.
  func append(_ field: UnsafeRawBufferPointer, quote: UInt8, index: Int) -> FieldSlice {
    let length = FieldDecoding.unquote(field, quote: quote, into: room(for: field.count))
    return add(length, index: index)
  }

  /// The same for a field of any coding.
  func append(
    _ field: UnsafeRawBufferPointer, decoding: FieldDecoding, index: Int
  ) -> FieldSlice {
    add(decoding.decode(field, into: room(for: field.count)), index: index)
  }

  /// Whether the value appended last, whose slice it is, has a byte that is zero or above 0x7F.
  func isSpecial(_ slice: FieldSlice) -> Bool {
    values[slice.offset..<(slice.offset + slice.count)].contains { $0 == 0 || $0 > 0x7F }
  }

  private func room(for bytes: Int) -> UnsafeMutableRawBufferPointer {
    if values.count - count < bytes { grow(by: bytes) }
    return UnsafeMutableRawBufferPointer(rebasing: values[count...])
  }

  private func add(_ length: Int, index: Int) -> FieldSlice {
    places.append(Place(field: index, offset: count))
    defer { count += length }
    return FieldSlice(offset: count, count: length, isQuoted: true)
  }

  /// Forgets the fields from number `index` on: their row has turned out to be faulty.
  func remove(from index: Int) {
    while let last = places.last, last.field >= index {
      count = last.offset
      places.removeLast()
    }
  }

  /// Appends all values to the storage of `batch` and lets its fields point to them.
  func move(to batch: RecordBatch) {
    guard !places.isEmpty else { return }
    let base = batch.count
    batch.reserve(base + count)
    if count > 0, let source = values.baseAddress {
      (batch.storage.baseAddress! + base).copyMemory(from: source, byteCount: count)
    }
    batch.count = base + count
    for place in places {
      let length = batch.fields[place.field].count
      batch.fields[place.field] = FieldSlice(
        offset: base + place.offset, count: length, isQuoted: true)
    }
    removeAll()
  }

  private func grow(by bytes: Int) {
    let larger = UnsafeMutableRawBufferPointer.allocate(
      byteCount: max(values.count * 2, count + bytes), alignment: 16)
    larger.copyMemory(from: UnsafeRawBufferPointer(rebasing: values[0..<count]))
    values.deallocate()
    values = larger
  }
}
