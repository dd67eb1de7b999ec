import ImportModel

/// Where values go.
extension JSONScan {
  /// Puts a value into the columns that take it.
  @inline(__always)
  func store(_ field: FieldSlice) {
    let first = targets + Int(target)
    if first.pointee.next < 0 && !first.pointee.isWeak && memory.literals == nil {
      fields[Int(first.pointee.column)] = field
    } else {
      storeInAll { _ in field }
    }
  }

  @inline(__always)
  func storeString(_ start: Int, _ end: Int, hasEscapes: Bool) {
    if !hasEscapes {
      store(FieldSlice(offset: start, count: end &- start, isQuoted: true))
    } else {
      storeEscaped(UnsafeBufferPointer(start: bytes + start, count: end &- start))
    }
  }

  @inline(never)
  func storeEscaped(_ string: UnsafeBufferPointer<UInt8>) {
    storeInAll { memory.unescaped.append(string, index: firstField + $0) }
  }

  @inline(never)
  func storeInAll(_ field: (Int) -> FieldSlice) {
    var index = target
    // The number of the record's own object tells this record from all others.
    let record = frames.pointee.object
    while index >= 0 {
      let taker = targets[Int(index)]
      index = taker.next
      let column = Int(taker.column)
      if let literals = memory.literals {
        if taker.isWeak && literals[column] == record { continue }
        if !taker.isWeak { literals[column] = record }
      }
      fields[column] = field(column)
    }
  }
}
