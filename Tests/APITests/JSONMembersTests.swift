import Testing

@testable import API

@Suite("The members of a record")
struct JSONMembersTests {
  @Test(
    "are left out by their name, wherever they stand, and nothing else is touched",
    arguments: [
      (#"{"a": 1, "_errors": "x"}"#, #"{"a": 1}"#, 1),
      (#"{"_errors":"x", "a":1}"#, #"{ "a":1}"#, 1),
      (#"{"_errors":"x"}"#, "{}", 0), ("{ }", "{ }", 0),
      (#"{"a":{"_errors":1},"b":["_errors",{}]}"#, #"{"a":{"_errors":1},"b":["_errors",{}]}"#, 2),
      (#"{"a":"\",\"_errors","_errors":"},","b":1}"#, #"{"a":"\",\"_errors","b":1}"#, 2),
      (#"{"_errors":1,"a":2,"_errors":3}"#, #"{"a":2}"#, 1),
    ])
  func without(text: String, expected: String, count: Int) {
    let left = JSONMembers(Array(text.utf8)).without("_errors")
    #expect(String(decoding: left, as: UTF8.self) == expected)
    #expect(JSONMembers(left).count == count)
  }
}
