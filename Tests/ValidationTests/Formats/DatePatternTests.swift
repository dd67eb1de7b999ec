import Testing

@testable import Validation

@Suite("patterns of dates")
struct DatePatternTests {
  @Test(
    "both languages give the same steps",
    arguments: [
      ("%d.%m.%Y %H:%M:%S", "DD.MM.YYYY HH24:MI:SS"), ("%d/%m/%y", "dd/mm/yy"),
      ("%Y-%m-%dT%H:%M:%S.%f%z", "yyyy-MM-dd'T'HH:mm:ss.SSSXXX"),
      ("%Y-%m-%dT%H:%M:%S%z", "YYYY-MM-DDTHH24:MI:SSTZH:TZM"),
      ("%e. %B %Y", "FMDD. Month YYYY"), ("%m/%d/%Y %I:%M %p", "MM/DD/YYYY HH12:MI AM"),
      ("%F %T", "YYYY-MM-DD HH:MM:SS"), ("%D %R", "M/D/YY H:mm"), ("%-d %b %Y", "d MMM yyyy"),
      ("%Y%j", "YYYYDDD"), ("%A, %d.%m.%Y", "EEEE, dd.MM.yyyy"),
    ])
  func languages(percent: String, letters: String) throws {
    #expect(try DatePattern(percent).steps == DatePattern(letters).steps)
  }

  @Test(
    "a pattern that cannot be is refused, and the error says why",
    arguments: [
      ("%d.%m.%Q", "has `%Q`, which is unknown"), ("%d.%m.%Y %", "ends with a lone `%`"),
      ("DD.MM.YYYY WW", "has `WW`, which is unknown; text goes in quotes"),
      ("DD.MM.YYY", "has `YYY`, which is unknown; text goes in quotes"),
      ("DD.MM", "lacks the year"), ("MM.YYYY", "lacks the day"), ("DD.YYYY", "lacks the month"),
      ("DD.MM.YYYY DD", "has the day twice"), ("YYYY-MM-DD 'T", "has a quote that does not end"),
      ("", "has neither a date nor a time"), ("HH12:MI", "has an hour of twelve without AM or PM"),
      ("%H:%M %p", "has an hour of twenty-four with AM or PM"),
      ("%Y-%m-%d %M", "has the minute without the hour"),
      ("YYYY DDD MM", "has a day of the year, which goes with a year alone"),
      ("DD.MM.YYYY SS", "has the second without the minute"),
    ])
  func refused(text: String, why: String) {
    #expect {
      _ = try DatePattern(text)
    } throws: { error in
      let error = error as? FormatError
      return error?.code == .badDateFormat
        && error?.message == "the date format \"\(text)\" \(why)" && error?.hint.isEmpty == false
    }
  }

  @Test("the day of the year is counted from 1 January")
  func dayOfYear() throws {
    let pattern = try DatePattern("%Y-%j")
    for (text, expected) in [
      ("2024-060", "2024-02-29"), ("2023-060", "2023-03-01"), ("2024-366", "2024-12-31"),
      ("1900-1", "1900-01-01"),
    ] {
      #expect(Self.read(text, pattern) == expected)
    }
    #expect(Self.read("2023-366", pattern) == nil)
    #expect(Self.read("2023-0", pattern) == nil)
  }

  @Test("numbers that touch have their full width")
  func fullWidth() throws {
    let pattern = try DatePattern("DDMMYYYY")
    #expect(Self.read("01022024", pattern) == "2024-02-01")
    #expect(Self.read("1022024", pattern) == nil)
  }

  static func read(_ text: String, _ pattern: DatePattern) -> String? {
    var out = [UInt8](repeating: 0, count: text.utf8.count + 48)
    return out.withUnsafeMutableBytes { bytes -> String? in
      guard let start = bytes.baseAddress else { return nil }
      var sink = TextSink(start)
      return Array(text.utf8).withUnsafeBytes { text -> String? in
        guard case .parts(let parts) = pattern.match(text) else { return nil }
        parts.write(to: &sink)
        return String(decoding: bytes[..<sink.count], as: UTF8.self)
      }
    }
  }
}
