/// The names that a survey finds in a file, within limits.
final class JSONNameCollection {
  /// Deepest path that is collected.
  static let maxPathDepth = 8
  /// Most bytes of all paths.
  static let maxPathBytes = 4 << 20

  private let maxNames: Int
  private var names = 0
  private var paths = 0
  private var pathBytes = 0
  /// Whether every path that came was taken.
  private(set) var hasAllPaths = true
  /// Whether there are more names than may be.
  private(set) var hasTooManyNames = false

  init(maxNames: Int) {
    self.maxNames = maxNames
  }

  /// Whether there is room for a name that is not known yet.
  func wants(
    _ name: UnsafeBufferPointer<UInt8>, below parent: Int32, in tree: JSONNameTree
  ) -> Bool {
    if parent == 0 { return true }
    let above = tree.nodes[Int(parent)]
    if paths < maxNames && above.depth < Int32(Self.maxPathDepth)
      && name.count <= JSONScan.maxNameBytes
      && pathBytes + above.pathBytes + name.count <= Self.maxPathBytes
    {
      return true
    }
    hasAllPaths = false
    return false
  }

  /// Takes a name that it wants. Returns -1 where there are too many.
  func add(
    _ name: UnsafeBufferPointer<UInt8>, below parent: Int32, to tree: JSONNameTree
  ) -> Int32 {
    if parent == 0 {
      if names == maxNames {
        hasTooManyNames = true
        return -1
      }
      names += 1
    } else {
      paths += 1
      pathBytes += tree.nodes[Int(parent)].pathBytes + name.count
    }
    return tree.add(name, below: parent)
  }
}
