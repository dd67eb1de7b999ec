import Glibc
import Testing

@testable import Telemetry

@Suite("A civil time")
struct CivilTimeTests {
  @Test(
    "is written as ISO 8601 with milliseconds",
    arguments: [
      (0, "1970-01-01T00:00:00.000Z"), (-1, "1969-12-31T23:59:59.999Z"),
      (951_782_400_000, "2000-02-29T00:00:00.000Z"),
      (1_795_231_363_123, "2026-11-21T03:22:43.123Z"),
      (4_107_542_400_000, "2100-03-01T00:00:00.000Z"),
    ])
  func known(milliseconds: Int64, text: String) {
    #expect(CivilTime(millisecondsSince1970: milliseconds).description == text)
  }

  @Test("agrees with the C library on every day of eight centuries")
  func everyDay() {
    for day in -146_097...146_097 {
      var seconds = time_t(day) * 86_400 + 86_399
      var fields = tm()
      gmtime_r(&seconds, &fields)
      let time = CivilTime(millisecondsSince1970: Int64(seconds) * 1000)
      let agrees =
        time.year == Int(fields.tm_year) + 1900 && time.month == Int(fields.tm_mon) + 1
        && time.day == Int(fields.tm_mday) && time.millisecond == 86_399_000
      #expect(agrees, "day \(day)")
      if !agrees { return }
    }
  }
}
