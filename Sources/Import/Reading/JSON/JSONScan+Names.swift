/// The names of an object's members.
extension JSONScan {
  /// Reads a name; then `node` and `target` say what its value belongs to.
  @inline(__always)
  mutating func name(of frame: UnsafeMutablePointer<Frame>) -> Bool {
    let expected = frame.pointee.expected
    if expected >= 0 {
      let known = nodes + Int(expected)
      let word = UInt64(
        littleEndian: UnsafeRawPointer(bytes + (at &+ 1)).loadUnaligned(as: UInt64.self))
      let count = known.pointee.count
      if word & known.pointee.mask == known.pointee.word
        && (count < 8 || isRest(of: known, at: at &+ 9))
      {
        let start = at
        at = start &+ count &+ 2
        return take(expected, of: frame, at: start)
      }
    }
    return unexpectedName(of: frame)
  }

  /// Whether the name goes on as a known one of eight bytes or more does.
  @inline(__always)
  func isRest(of known: UnsafeMutablePointer<JSONNameTree.Node>, at offset: Int) -> Bool {
    let count = known.pointee.count &- 7
    guard offset &+ count <= end else { return false }
    let text = names + (known.pointee.offset &+ 8)
    for index in 0..<count where bytes[offset &+ index] != text[index] { return false }
    return true
  }

  @inline(__always)
  mutating func take(
    _ name: Int32, of frame: UnsafeMutablePointer<Frame>, at start: Int
  ) -> Bool {
    let known = nodes + Int(name)
    if known.pointee.seenIn == frame.pointee.object { return fail(.duplicateName, at: start) }
    known.pointee.seenIn = frame.pointee.object
    node = name
    target = known.pointee.target
    frame.pointee.last = name
    frame.pointee.expected = known.pointee.next
    return true
  }

  /// Reads a name that is none of those expected.
  @inline(never)
  mutating func unexpectedName(of frame: UnsafeMutablePointer<Frame>) -> Bool {
    let start = at
    var isCopied = false
    guard string(hasEscapes: &isCopied) else { return false }
    if depth == 1 && at - start - 2 > Self.maxNameBytes { return fail(.nameTooLong, at: start) }
    if !hasUsedNames {
      hasUsedNames = true
      memory.names.removeAll()
    }
    var range = start + 1..<at - 1
    if isCopied {
      range = memory.names.unescape(
        UnsafeBufferPointer(start: bytes + range.lowerBound, count: range.count))
    }
    if frame.pointee.node >= 0 {
      let text =
        isCopied
        ? memory.names.bytes(of: range)
        : UnsafeBufferPointer(start: bytes + range.lowerBound, count: range.count)
      let known = find(text, of: frame.pointee.node)
      if known >= 0 {
        expect(known, in: frame)
        return take(known, of: frame, at: start)
      }
    }
    node = -1
    target = -1
    let isNew = memory.names.insert(
      range, isCopied: isCopied, of: bytes, object: frame.pointee.object)
    return isNew ? true : fail(.duplicateName, at: start)
  }

  mutating func find(_ name: UnsafeBufferPointer<UInt8>, of parent: Int32) -> Int32 {
    let known = memory.tree.find(name, below: parent)
    guard known < 0, let collection = memory.collection else { return known }
    guard collection.wants(name, below: parent, in: memory.tree) else { return -1 }
    hasNewNames = true
    guard collects else { return -1 }
    let added = collection.add(name, below: parent, to: memory.tree)
    nodes = memory.tree.nodes
    names = memory.tree.text
    return added
  }

  /// Remembers that a name came where it did.
  func expect(_ name: Int32, in frame: UnsafeMutablePointer<Frame>) {
    if frame.pointee.last >= 0 {
      nodes[Int(frame.pointee.last)].next = name
    } else {
      nodes[Int(frame.pointee.node)].firstChild = name
    }
  }
}
