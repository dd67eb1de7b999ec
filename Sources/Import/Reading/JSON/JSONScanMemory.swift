import ImportModel

/// What the scans of one file share: memory that is made once, and the names that they know.
final class JSONScanMemory {
  let tree: JSONNameTree
  /// Where names that are not known go, or nil where nobody asks for them.
  let collection: JSONNameCollection?
  let names = JSONNameSet()
  let unescaped = UnescapedFields()
  let frames: UnsafeMutablePointer<JSONScan.Frame>
  /// Stands for the fields of rows without columns.
  let noFields: UnsafeMutablePointer<FieldSlice>
  /// For each column the last record that has its value under a name with dots; nil where there are no
  /// such columns.
  let literals: UnsafeMutablePointer<UInt64>?
  /// Number for the next object: none comes twice.
  var nextObject: UInt64 = 1
  /// Whether the file ends behind the bytes that are read.
  var isEnd = false

  init(tree: JSONNameTree, columns: [JSONColumn], collection: JSONNameCollection? = nil) {
    self.tree = tree
    self.collection = collection
    frames = .allocate(capacity: JSONScan.maxDepth)
    frames.initialize(repeating: JSONScan.Frame(), count: JSONScan.maxDepth)
    noFields = .allocate(capacity: 1)
    if columns.contains(where: { $0.path.count > 1 }) {
      let literals = UnsafeMutablePointer<UInt64>.allocate(capacity: columns.count)
      literals.initialize(repeating: 0, count: columns.count)
      self.literals = literals
    } else {
      literals = nil
    }
  }

  deinit {
    frames.deallocate()
    noFields.deallocate()
    literals?.deallocate()
  }
}
