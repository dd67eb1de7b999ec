/// The names that are known in a file's records, each below the name of the object that it stands in.
///
/// Records mostly have the same names in the same order, so each name remembers which one came next the
/// last time, and is compared with that before it is looked up.
final class JSONNameTree {
  /// A name below its parent. Node 0 is the record itself.
  struct Node {
    /// The first eight bytes of the name with the quote behind it, and which of them count.
    var word: UInt64 = 1
    var mask: UInt64 = 0
    /// Where the name lies in `text`, its length in bytes, and whether it can stand in a file as it is.
    var offset = 0
    var count = 0
    var isPlain = false
    var parent: Int32 = -1
    /// The first name that is to be expected in the object under this name, and the next one in its own.
    var firstChild: Int32 = -1
    var next: Int32 = -1
    /// Number in `targets` of the first column that takes the value, or -1.
    var target: Int32 = -1
    /// The object in which the name was seen last.
    var seenIn: UInt64 = 0
    var depth: Int32 = 0
    /// Length of the whole path.
    var pathBytes = 0
    var hash = 0
  }

  /// A column that takes the value of a name.
  struct Target {
    var column: Int32
    /// The next column that takes the same value, or -1.
    var next: Int32
    /// Whether the value gives way to another one for the same column.
    var isWeak: Bool
  }

  private(set) var nodes: UnsafeMutablePointer<Node>
  private(set) var targets: UnsafeMutablePointer<Target>
  /// All names, one after another, each with a quote behind it.
  private(set) var text: UnsafeMutablePointer<UInt8>
  private(set) var count = 0
  /// Whether all names are ASCII without zeros.
  private(set) var isASCII = true
  private var capacity = 64
  private var targetCount = 0
  private var targetCapacity = 16
  private var textCount = 0
  private var textCapacity = 1024
  /// Open addressing: numbers of nodes, or -1.
  private var slots: [Int32] = Array(repeating: -1, count: 128)

  init() {
    nodes = .allocate(capacity: capacity)
    targets = .allocate(capacity: targetCapacity)
    text = .allocate(capacity: textCapacity + 8)
    nodes.initialize(to: Node())
    count = 1
  }

  deinit {
    nodes.deallocate()
    targets.deallocate()
    text.deallocate()
  }

  /// The name below `parent`, or -1.
  func find(_ name: UnsafeBufferPointer<UInt8>, below parent: Int32) -> Int32 {
    find(name, below: parent, hash: Self.hash(name, below: parent))
  }

  private func find(_ name: UnsafeBufferPointer<UInt8>, below parent: Int32, hash: Int) -> Int32 {
    var slot = hash & (slots.count - 1)
    while slots[slot] >= 0 {
      let node = nodes + Int(slots[slot])
      if node.pointee.hash == hash, node.pointee.parent == parent,
        UnsafeBufferPointer(start: text + node.pointee.offset, count: node.pointee.count)
          .elementsEqual(name)
      {
        return slots[slot]
      }
      slot = (slot + 1) & (slots.count - 1)
    }
    return -1
  }

  /// Finds the name below `parent`, or adds it.
  func add(_ name: UnsafeBufferPointer<UInt8>, below parent: Int32) -> Int32 {
    let hash = Self.hash(name, below: parent)
    let found = find(name, below: parent, hash: hash)
    if found >= 0 { return found }
    makeRoom(forName: name.count)
    let above = nodes[Int(parent)]
    var node = Node()
    node.offset = textCount
    node.count = name.count
    node.parent = parent
    node.depth = above.depth + 1
    node.pathBytes = above.pathBytes + name.count
    node.hash = hash
    node.isPlain = name.allSatisfy { $0 >= 0x20 && $0 != .doubleQuote && $0 != .backslash }
    if !name.allSatisfy({ $0 != 0 && $0 < 0x80 }) { isASCII = false }
    for (index, byte) in name.enumerated() { text[textCount + index] = byte }
    text[textCount + name.count] = .doubleQuote
    if node.isPlain {
      node.mask = name.count >= 7 ? ~0 : ~0 >> UInt64(56 - 8 * name.count)
      node.word =
        UInt64(
          littleEndian: UnsafeRawPointer(text + textCount).loadUnaligned(as: UInt64.self))
        & node.mask
    }
    textCount += name.count + 1
    (nodes + count).initialize(to: node)
    if above.firstChild < 0 { nodes[Int(parent)].firstChild = Int32(count) }
    insertSlot(Int32(count), hash: hash)
    count += 1
    return Int32(count - 1)
  }

  /// Lets a column take the value of a name.
  func addTarget(column: Int, isWeak: Bool, to node: Int32) {
    if targetCount == targetCapacity {
      targetCapacity *= 2
      targets = Self.grown(targets, count: targetCount, capacity: targetCapacity)
    }
    (targets + targetCount).initialize(
      to: Target(column: Int32(column), next: nodes[Int(node)].target, isWeak: isWeak))
    nodes[Int(node)].target = Int32(targetCount)
    targetCount += 1
  }

  /// The names that lead to a node.
  func path(of node: Int) -> [String] {
    var path: [String] = []
    var index = node
    while index > 0 {
      let name = UnsafeBufferPointer(start: text + nodes[index].offset, count: nodes[index].count)
      path.append(String(decoding: name, as: UTF8.self))
      index = Int(nodes[index].parent)
    }
    return path.reversed()
  }

  private func makeRoom(forName bytes: Int) {
    if textCapacity - textCount < bytes + 1 {
      textCapacity = max(textCapacity * 2, textCount + bytes + 1)
      text = Self.grown(text, count: textCount, capacity: textCapacity + 8)
    }
    if count == capacity {
      capacity *= 2
      nodes = Self.grown(nodes, count: count, capacity: capacity)
    }
    if count * 2 >= slots.count {
      slots = Array(repeating: -1, count: slots.count * 2)
      for index in 1..<count { insertSlot(Int32(index), hash: nodes[index].hash) }
    }
  }

  private func insertSlot(_ node: Int32, hash: Int) {
    var slot = hash & (slots.count - 1)
    while slots[slot] >= 0 { slot = (slot + 1) & (slots.count - 1) }
    slots[slot] = node
  }

  private static func grown<Element>(
    _ memory: UnsafeMutablePointer<Element>, count: Int, capacity: Int
  ) -> UnsafeMutablePointer<Element> {
    let larger = UnsafeMutablePointer<Element>.allocate(capacity: capacity)
    larger.moveInitialize(from: memory, count: count)
    memory.deallocate()
    return larger
  }

  private static func hash(_ name: UnsafeBufferPointer<UInt8>, below parent: Int32) -> Int {
    var hasher = Hasher()
    hasher.combine(parent)
    hasher.combine(bytes: UnsafeRawBufferPointer(name))
    return hasher.finalize()
  }
}

extension JSONNameTree {
  /// Makes the tree that puts values into columns. The value of a path gives way to one whose name in the
  /// record is the whole path with its dots.
  convenience init(columns: [JSONColumn]) {
    self.init()
    for (index, column) in columns.enumerated() {
      var node: Int32 = 0
      for name in column.path { node = add(name, below: node) }
      if node == 0 { continue }
      addTarget(column: index, isWeak: column.path.count > 1, to: node)
      if column.path.count > 1 {
        let literal = add(column.path.joined(separator: "."), below: 0)
        addTarget(column: index, isWeak: false, to: literal)
      }
    }
  }

  private func add(_ name: String, below parent: Int32) -> Int32 {
    var name = name
    return name.withUTF8 { add($0, below: parent) }
  }
}
