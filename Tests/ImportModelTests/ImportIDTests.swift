import Glibc
import ImportModel
import Testing

@Suite("Ids of imports")
struct ImportIDTests {
  @Test("an id is a UUID of version 7 that begins with the clock")
  func layout() throws {
    var before = timespec()
    clock_gettime(CLOCK_REALTIME, &before)
    let id = ImportID()
    var after = timespec()
    clock_gettime(CLOCK_REALTIME, &after)
    let text = Array(id.description)
    #expect(text.count == 36)
    #expect([8, 13, 18, 23].allSatisfy { text[$0] == "-" })
    #expect(text[14] == "7")
    #expect("89ab".contains(text[19]))
    #expect(id.description == id.description.lowercased())
    let milliseconds = try #require(Int(id.digits.prefix(12), radix: 16))
    #expect(milliseconds >= before.tv_sec * 1000 + before.tv_nsec / 1_000_000)
    #expect(milliseconds <= after.tv_sec * 1000 + after.tv_nsec / 1_000_000)
  }

  @Test("ids of later milliseconds sort behind")
  func order() {
    var previous = ImportID()
    for _ in 0..<5 {
      usleep(2000)
      let next = ImportID()
      #expect(previous.description < next.description)
      previous = next
    }
  }

  @Test("no two ids are the same")
  func unique() {
    #expect(Set((0..<10_000).map { _ in ImportID() }).count == 10_000)
  }

  @Test("an id survives being written and read, in any case")
  func roundTrip() throws {
    let id = ImportID()
    #expect(ImportID(id.description) == id)
    #expect(ImportID(id.description.uppercased()) == id)
    #expect(id.digits.count == 32)
    #expect(!id.digits.contains("-"))
  }

  @Test(
    "what is no UUID is no id",
    arguments: [
      "", "0", "0189d1f0-0000-7000-8000-00000000000", "0189d1f0-0000-7000-8000-0000000000000",
      "0189d1f0-0000-7000-8000-00000000000g", "0189d1f000-00-7000-8000-000000000000",
      "0189d1f0_0000-7000-8000-000000000000", "{189d1f0-0000-7000-8000-00000000000}",
      "0189d1f0-0000-7000-8000-0000000000é",
    ])
  func refused(text: String) {
    #expect(ImportID(text) == nil)
  }
}
