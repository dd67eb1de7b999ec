/// A name as an SQL identifier: in double quotes, with those inside doubled.
///
/// The one function that quotes identifiers. U+0000 cannot be part of a name in Postgres: a name
/// that holds one is a mistake of the caller and traps, so check words from outside first.
///
/// Source: PostgreSQL manual, "Identifiers and Key Words" (4.1.1).
public func quotedIdentifier(_ name: String) -> String {
  var bytes: [UInt8] = [UInt8(ascii: "\"")]
  bytes.reserveCapacity(name.utf8.count + 2)
  for byte in name.utf8 {
    precondition(byte != 0, "an identifier cannot hold a NUL character")
    if byte == UInt8(ascii: "\"") { bytes.append(byte) }
    bytes.append(byte)
  }
  bytes.append(UInt8(ascii: "\""))
  return String(decoding: bytes, as: UTF8.self)
}
