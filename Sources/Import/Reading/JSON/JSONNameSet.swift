/// The names seen in the objects of one record, but for those of the tree: tells which one comes twice.
///
/// Memory: that of the record with the most such names. It is emptied without touching it. Swift's seeded
/// hash keeps names that were chosen to collide from slowing it down.
final class JSONNameSet {
  private struct Entry {
    var record: UInt64 = 0
    var object: UInt64 = 0
    var hash = 0
    var offset = 0
    var count = 0
    var isCopied = false
  }

  private var entries: UnsafeMutablePointer<Entry> = .allocate(capacity: 64)
  private var capacity = 64
  private var count = 0
  private var record: UInt64 = 1
  private var copies: UnsafeMutablePointer<UInt8> = .allocate(capacity: 256)
  private var copiesCapacity = 256
  private var copiesCount = 0

  init() {
    entries.initialize(repeating: Entry(), count: capacity)
  }

  deinit {
    entries.deallocate()
    copies.deallocate()
  }

  /// Begins a record.
  func removeAll() {
    record &+= 1
    count = 0
    copiesCount = 0
  }

  /// The text of a name with escapes, until the next record.
  func unescape(_ name: UnsafeBufferPointer<UInt8>) -> Range<Int> {
    if copiesCapacity - copiesCount < name.count {
      copiesCapacity = max(copiesCapacity * 2, copiesCount + name.count)
      let larger = UnsafeMutablePointer<UInt8>.allocate(capacity: copiesCapacity)
      larger.update(from: copies, count: copiesCount)
      copies.deallocate()
      copies = larger
    }
    let start = copiesCount
    copiesCount += JSONUnescaping.unescape(name, into: copies + start)
    return start..<copiesCount
  }

  /// The bytes of an unescaped name, until another one is unescaped.
  func bytes(of name: Range<Int>) -> UnsafeBufferPointer<UInt8> {
    UnsafeBufferPointer(start: copies + name.lowerBound, count: name.count)
  }

  /// Takes a name of an object. Returns false where the object has it already.
  ///
  /// - Parameters:
  ///   - name: where it lies in `bytes`, or, where it is a copy, among the unescaped ones.
  ///   - object: a number that no other object has.
  func insert(
    _ name: Range<Int>, isCopied: Bool, of bytes: UnsafePointer<UInt8>, object: UInt64
  ) -> Bool {
    if count * 2 >= capacity { grow() }
    let text = UnsafeBufferPointer(
      start: (isCopied ? UnsafePointer(copies) : bytes) + name.lowerBound, count: name.count)
    var hasher = Hasher()
    hasher.combine(object)
    hasher.combine(bytes: UnsafeRawBufferPointer(text))
    let hash = hasher.finalize()
    var slot = hash & (capacity - 1)
    while entries[slot].record == record {
      let entry = entries[slot]
      let other = (entry.isCopied ? UnsafePointer(copies) : bytes) + entry.offset
      if entry.hash == hash, entry.object == object, entry.count == name.count,
        UnsafeBufferPointer(start: other, count: entry.count).elementsEqual(text)
      {
        return false
      }
      slot = (slot + 1) & (capacity - 1)
    }
    entries[slot] = Entry(
      record: record, object: object, hash: hash, offset: name.lowerBound, count: name.count,
      isCopied: isCopied)
    count += 1
    return true
  }

  private func grow() {
    let old = UnsafeBufferPointer(start: entries, count: capacity)
    capacity *= 2
    entries = .allocate(capacity: capacity)
    entries.initialize(repeating: Entry(), count: capacity)
    for entry in old where entry.record == record {
      var slot = entry.hash & (capacity - 1)
      while entries[slot].record == record { slot = (slot + 1) & (capacity - 1) }
      entries[slot] = entry
    }
    old.deallocate()
  }
}
