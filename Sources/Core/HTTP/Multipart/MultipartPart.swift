/// One part of a form.
public struct MultipartPart: Sendable {
  /// The name of the form's field.
  public let name: String
  /// The name of the file as the sender gave it, without any folders; nil for a field that is no file.
  public let fileName: String?
  /// All header fields of the part.
  public let headers: HTTPHeaders
  /// The content, to be read before the next part is asked for.
  public let body: HTTPBody
}

/// The header of a part, read.
struct MultipartHeader: Sendable, Equatable {
  let name: String
  let fileName: String?
  let fields: [HTTPHeaders.Field]

  /// Reads the lines of a part's header. Source: RFC 7578, section 4.2; RFC 8187 for `filename*`.
  init(lines: [[UInt8]]) throws(Problem) {
    var headers = HTTPHeaders()
    for line in lines {
      let (name, value) = try Self.field(line)
      headers.add(name, value)
    }
    try Self.checkEncoding(headers)
    let dispositions = headers.values("Content-Disposition")
    guard dispositions.count == 1,
      let disposition = HeaderParameters(dispositions[0]),
      disposition.value.equalsIgnoringASCIICase("form-data")
    else {
      throw MultipartProblem.malformed("A part has no Content-Disposition: form-data.")
    }
    guard let name = disposition["name"] else {
      throw MultipartProblem.malformed("A part has no name.")
    }
    self.name = name
    fileName = try Self.fileName(disposition)
    fields = headers.fields
  }

  private static func field(_ line: [UInt8]) throws(Problem) -> (String, String) {
    guard let colon = line.firstIndex(of: UInt8(ascii: ":")), colon > 0,
      line[..<colon].allSatisfy(\.isTokenByte),
      line[colon...].allSatisfy({ $0 >= 0x20 && $0 != 0x7F || $0 == 0x09 }),
      let text = String(validating: line[(colon + 1)...], as: UTF8.self)
    else { throw MultipartProblem.malformed("A line in the header of a part is not valid.") }
    return (String(decoding: line[..<colon], as: UTF8.self), trimmedWhitespace(Array(text.utf8)))
  }

  private static func checkEncoding(_ headers: HTTPHeaders) throws(Problem) {
    for encoding in headers.values("Content-Transfer-Encoding")
    where !["7bit", "8bit", "binary"].contains(encoding.lowercased()) {
      throw MultipartProblem.malformed(
        "Parts with a Content-Transfer-Encoding are not read.",
        hint: "Send the bytes of the part as they are.")
    }
  }

  /// The last component of the name: some senders give a whole path.
  private static func fileName(_ disposition: HeaderParameters) throws(Problem) -> String? {
    guard let extended = disposition["filename*"] else {
      return disposition["filename"].map(lastComponent)
    }
    let pieces = extended.split(separator: "'", maxSplits: 2, omittingEmptySubsequences: false)
    guard pieces.count == 3, pieces[0].equalsIgnoringASCIICase("utf-8"),
      let name = PercentCoding.decode(pieces[2].utf8)
    else { throw MultipartProblem.malformed("The filename* of a part is not valid.") }
    return lastComponent(name)
  }

  private static func lastComponent(_ path: String) -> String {
    path.split(whereSeparator: { $0 == "/" || $0 == "\\" }).last.map { String($0) } ?? ""
  }
}
