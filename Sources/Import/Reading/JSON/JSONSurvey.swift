import ImportModel

/// What one pass over a JSON file finds out: its form, its names and how many records it has.
///
/// Memory: as a reader needs it, and the names: at most `ReadingLimits.maxColumns` of records, of 1 KiB
/// each, and as many paths, of 4 MiB together.
public struct JSONSurvey: Sendable, Equatable {
  /// How the records stand.
  public let form: JSONForm
  /// The names in the records themselves, in the order in which they first appear. Records that are
  /// faulty do not count.
  public let names: [String]
  /// The paths to values in objects within records, in the order in which they first appear; not in those
  /// within arrays.
  public let paths: [[String]]
  /// Whether `paths` has all there are: none is missing for being too deep, too long, or one too many.
  public let hasAllPaths: Bool
  /// How many records there are, faulty ones included.
  public let records: Int64
  /// How many of them are faulty.
  public let faultyRecords: Int64

  /// Reads a file from its first byte to its last.
  ///
  /// - Parameters:
  ///   - source: the bytes of the file in UTF-8.
  ///   - maxRecords: how many records to read at most, where not all of them are asked for.
  /// - Throws: `ReadingError`: `emptyFile` where there is nothing but white space, `tooManyColumns`, and
  ///   `corruptFile` as `JSONReader` does; and whatever the source throws.
  public init(
    source: any ByteSource, limits: ReadingLimits = ReadingLimits(), maxRecords: Int64 = .max
  ) throws {
    let tree = JSONNameTree()
    let collection = JSONNameCollection(maxNames: limits.maxColumns)
    let input = JSONInput(source)
    let form = try input.findForm(limits: limits)
    let reader = JSONReader(
      input: input, form: form, columns: [], limits: limits, from: nil,
      memory: JSONScanMemory(tree: tree, columns: [], collection: collection))
    let batch = RecordBatch()
    var (records, faulty): (Int64, Int64) = (0, 0)
    while records < maxRecords,
      try reader.readRows(
        into: batch, maxBytes: 1 << 20,
        maxRows: Int(clamping: maxRecords - records))
    {
      records += Int64(batch.rows.count)
      for row in batch.rows where row.fault != nil { faulty += 1 }
    }
    self.form = form
    self.records = records
    faultyRecords = faulty
    hasAllPaths = collection.hasAllPaths
    let all = (1..<max(tree.count, 1)).map { tree.path(of: $0) }
    names = all.filter { $0.count == 1 }.map { $0[0] }
    paths = all.filter { $0.count > 1 }
  }

  /// One column for each name.
  public var columns: [JSONColumn] { names.map { JSONColumn($0) } }

  /// The column that a mapping means: the name itself, or the path that it is with its dots; nil where
  /// there is neither.
  public func column(named name: String) -> JSONColumn? {
    if names.contains(name) { return JSONColumn(name) }
    return paths.first { $0.joined(separator: ".") == name }.map {
      JSONColumn(name: name, path: $0)
    }
  }
}
