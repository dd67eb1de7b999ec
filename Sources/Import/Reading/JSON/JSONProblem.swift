/// What is wrong with a record, and where its bytes begin to be.
struct JSONProblem: Equatable {
  /// The kinds of problems.
  enum Kind: Equatable {
    case endsInside
    case lineEndsInside
    case endsBeforeArrayDoes
    case expectedValue
    case expectedName
    case unquotedName
    case expectedColon
    case expectedCommaOrBrace
    case expectedCommaOrBracket
    case expectedComma
    case trailingComma
    case missingRecord
    case comment
    case singleQuotes
    case notANumber
    case badNumber
    case badWord
    case controlCharacter
    case badEscape
    case loneSurrogate
    case zeroCharacter
    case duplicateName
    case nameTooLong
    case tooDeep
    case textBehindRecord
    case textBehindArray
    case badEncoding
    case notAnObject
  }

  var kind: Kind
  /// Offset in the bytes of the batch.
  var offset: Int
}

extension JSONProblem {
  /// What is said of the problem, but for the place.
  ///
  /// - Parameter bytes: the bytes from the problem on, to the end of the record at most.
  func text(at bytes: UnsafeBufferPointer<UInt8>) -> String {
    switch kind {
    case .endsInside: "the file ends inside this record"
    case .lineEndsInside: "the line ends inside this record"
    case .endsBeforeArrayDoes: "the file ends before its array is closed: it seems to be cut off"
    case .expectedValue: "a value must stand here"
    case .expectedName: "a name in double quotes must stand here"
    case .unquotedName: "names must stand in double quotes"
    case .expectedColon: "a colon must stand behind the name"
    case .expectedCommaOrBrace: "a comma or } must stand here"
    case .expectedCommaOrBracket: "a comma or ] must stand here"
    case .expectedComma: "a comma must stand behind the record"
    case .trailingComma: "a comma must not stand behind the last element"
    case .missingRecord: "a comma has no record before it"
    case .comment: "JSON has no comments"
    case .singleQuotes: "text must stand in double quotes, not in single ones"
    case .notANumber: "JSON has no NaN and no Infinity; write null"
    case .badNumber: "this is no number as JSON writes it"
    case .badWord: "this word is none of true, false and null"
    case .controlCharacter: "a control character in a string must be written with a backslash"
    case .badEscape: "this backslash sequence does not exist"
    case .loneSurrogate: "half of a surrogate pair is no character"
    case .zeroCharacter: "the character \\u0000 cannot be stored"
    case .duplicateName: "the name \(Self.quoted(bytes)) comes twice in one object"
    case .nameTooLong: "a name is longer than \(JSONScan.maxNameBytes) bytes"
    case .tooDeep: "objects and arrays are nested more than \(JSONScan.maxDepth) deep"
    case .textBehindRecord: "only white space may stand behind the record on its line"
    case .textBehindArray: "there is more text behind the end of the array; only one array is read"
    case .badEncoding: "these bytes are not UTF-8"
    case .notAnObject: "is \(Self.typeName(bytes.first)), not an object"
    }
  }

  /// Whether the place helps to find the problem.
  var hasPlace: Bool {
    switch kind {
    case .endsInside, .lineEndsInside, .endsBeforeArrayDoes, .notAnObject: false
    default: true
    }
  }

  private static func typeName(_ first: UInt8?) -> String {
    switch first {
    case .doubleQuote: "a string"
    case .openBracket: "an array"
    case UInt8(ascii: "t"), UInt8(ascii: "f"): "a boolean"
    case UInt8(ascii: "n"): "null"
    default: "a number"
    }
  }

  /// The string literal that the bytes begin with, cut to a length that can be read.
  private static func quoted(_ bytes: UnsafeBufferPointer<UInt8>) -> String {
    var end = min(1, bytes.count)
    while end < bytes.count && bytes[end] != .doubleQuote {
      end += bytes[end] == .backslash ? 2 : 1
    }
    let literal = bytes[0..<min(end + 1, bytes.count, 200)]
    return String(decoding: literal, as: UTF8.self)
  }
}
