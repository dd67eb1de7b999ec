import Testing

/// Texts to try a type with: usual ones, edges, and nasty ones.
struct TypeTexts: Sendable, CustomTestStringConvertible {
  /// The type as SQL.
  let type: String
  let texts: [String]
  /// SQL that makes the type, where it is none of Postgres's own.
  var setUp = ""

  var testDescription: String { type }

  static let integers = [
    "0", "1", "-1", "+7", "-0", "007", " 42", "42 ", "\t42\n", "\u{B}4\u{C}\r", "32767", "32768",
    "-32768", "-32769", "2147483647", "2147483648", "-2147483648", "-2147483649",
    "9223372036854775807", "9223372036854775808", "-9223372036854775808", "-9223372036854775809",
    "18446744073709551616", "99999999999999999999999999999999", "000000000000000000000000000012",
    "99999999999999999999x", "1.0", "1.5", "1e3", "", " ", "+", "-", "--1", "+-1", "1 2", "12a",
    "a12",
    "0x1F", "0o17", "0b11", "1_000", "_1", "1_", "0x", "- 1", "١٢", "1\u{A0}", "1,000", "NaN",
    "Infinity", "null", "'1'", "1;", "9223372036854775807 ", "922337203685477580 7",
    "-00000000000000000000000000000000001", "1844674407370955161", "9999999999999999999", "32768+",
    "-32768+", "9223372036854775808x",
  ]

  static let booleans = [
    "t", "tr", "tru", "true", "TRUE", "tRuE", "truex", "f", "fa", "fal", "fals", "false", "FALSE",
    "falsey", "y", "ye", "yes", "YES", "yess", "n", "no", "NO", "non", "on", "ON", "o", "of", "off",
    "OFF", "offf", "onn", "1", "0", "11", "00", "01", "2", "-1", " t", "t ", " true\n", "\tno\u{B}",
    "", " ", "  ", "t f", "ja", "wahr", "tru e", "ﬁ", "T\u{301}", "yes\u{A0}",
  ]

  static let uuids = [
    "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11", "A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11",
    "{a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11}", "a0eebc999c0b4ef8bb6d6bb9bd380a11",
    "a0ee-bc99-9c0b-4ef8-bb6d-6bb9-bd38-0a11", "{a0eebc99-9c0b4ef8-bb6d6bb9-bd380a11}",
    "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a1", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a111",
    "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a1g", "a0-eebc999c0b4ef8bb6d6bb9bd380a11",
    "a0eebc99--9c0b-4ef8-bb6d-6bb9bd380a11", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11-",
    "-a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11", " a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11",
    "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11 ", "{a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11",
    "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11}", "{}", "{", "}", "", "-", "zz", "é0eebc999c0b4ef8",
    "00000000-0000-0000-0000-000000000000", "ffffffffffffffffffffffffffffffff",
  ]

  static let byteas = [
    "\\x", "\\x00", "\\xDEADbeef", "\\xde ad\tbe\nef", "\\xd e", "\\xabc", "\\xag", "\\X00", "abc",
    "a\\\\b", "\\000\\377\\101", "\\400", "\\8", "\\01", "\\", "a\\", "\\x\\x", "é", "\\\\x41", " ",
    "\\x ", "\\x0", "\\\\", "\\\\\\", "\\1234", "\\x 00", "\\x00 ", "\\x0 0",
  ]

  static let lengths = [
    "", "a", "abc", "abcd", "abc ", "abc    ", "abcd   ", "ab  c", "   ", "     ", "äöü", "äöüß",
    "äöü ", "日本語", "日本語字", "👍👍👍", "👍👍👍👍", "e\u{301}a", "e\u{301}ab", "\t\t\t\t", "abc\n", " abc",
    "abc\u{A0}", "'a'", "\\N", "NULL",
  ]

  static let json = [
    "1", "-1", "01", "-01", "1.", ".5", "1.5", "-0", "-", "1e5", "1E+5", "1e", "1e-400", "1e400",
    "1e131073", "1e9999", "1e99999999999", "true", "false", "null", "True", "truex", "nul", "\"a\"",
    "\"", "\"a", "a", "", " ", " 1 ", "\n\t1\r", "\u{B}1", "1 2", "{}", "[]", "{ }", "[ ]", "{",
    "[",
    "}", "]", "{]", "[}", "{\"a\":1}", "{\"a\":1,}", "{\"a\"}", "{a:1}", "{'a':1}", "{\"a\":}",
    "{\"a\" : [1, 2, {\"b\": null}]}", "[1,2,]", "[,1]", "[1 2]", "[1]]", "{\"a\":1}}",
    "{\"a\":1,\"a\":2}", "{1:2}", "{\"\":\"\"}", "\"\\u0041\"", "\"\\u0000\"", "\"\\ud83d\\ude00\"",
    "\"\\ud83d\"", "\"\\ude00\"", "\"\\ud83d\\ud83d\"", "\"\\ud83dx\"", "\"\\ud83d\\n\"",
    "\"\\u00E9\\uD83D\\uDE00x\"", "\"\\u00\"", "\"\\u00zz\"", "\"\\x\"",
    "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"",
    "\"\t\"", "\"\n\"", "\"\u{7F}\"", "\"äöü👍\"", "{\"ä\":\"ö\"}", "ä", "[1,\"2\",true,null,[],{}]",
    "\"\\", "\"\\u", "+1", "NaN", "Infinity", "--1", "1.5.5", "1e5e5", "0", "-0.0", "0.0e0",
    "123456789012345678901234567890.123456789",
    String(repeating: "[", count: 80)
      + String(repeating: "]", count: 80), String(repeating: "[", count: 30000),
    "[" + String(repeating: "9", count: 400) + "]", "// x", "/* */ 1", "{\"a\":1 \"b\":2}",
    "\u{FEFF}1",
    "[\"a\",\"b\"", "tru", "falsee", "[truefalse]", "{\"a\"::1}", "1,2", ",", ":",
  ]

  static let core: [TypeTexts] = [
    TypeTexts(type: "smallint", texts: integers), TypeTexts(type: "integer", texts: integers),
    TypeTexts(type: "bigint", texts: integers), TypeTexts(type: "boolean", texts: booleans),
    TypeTexts(type: "uuid", texts: uuids), TypeTexts(type: "bytea", texts: byteas),
    TypeTexts(type: "text", texts: lengths), TypeTexts(type: "varchar", texts: lengths),
    TypeTexts(type: "varchar(3)", texts: lengths), TypeTexts(type: "char(3)", texts: lengths),
    TypeTexts(type: "char", texts: lengths), TypeTexts(type: "json", texts: json),
    TypeTexts(type: "jsonb", texts: json),
    TypeTexts(
      type: "mood",
      texts: ["sad", "ok", "happy", "Sad", " sad", "sad ", "", "très bien", "x", "happyy"]
        + [String(repeating: "x", count: 70)],
      setUp: "CREATE TYPE mood AS ENUM ('sad', 'ok', 'happy', 'très bien', 'it''s')"),
    TypeTexts(
      type: "numeric(5,2)",
      texts: [
        "1", "999.99", "999.994", "999.995", "1000", "-999.995", "NaN", "Infinity", "x", "1e2",
        "1e3",
      ]),
    TypeTexts(type: "numeric(3,-2)", texts: ["12345", "99949", "99950", "149", "50", "49.9"]),
    TypeTexts(type: "numeric(3,5)", texts: ["0.00999", "0.009994", "0.009995", "0.01", "1"]),
    TypeTexts(type: "real", texts: ["1.5", "1e38", "1e39", "1e-50", "nan", "-inf", "x", "1e5 "]),
    TypeTexts(type: "double precision", texts: ["1.5", "1e308", "1e309", "1e-400", "x", "0x1p4"]),
    TypeTexts(
      type: "date",
      texts: [
        "2024-02-29", "2023-02-29", "infinity", "today", "2024/01/02", "x", "10000-01-01", "epoch",
      ]),
    TypeTexts(
      type: "timestamptz(0)",
      texts: [
        "2024-01-01 00:00:00.5+00", "2024-01-01 12:00 PM", "2024-01-01 00:00 Europe/Berlin", "x",
      ]),
    TypeTexts(type: "time(3)", texts: ["12:00 PM", "24:00", "25:00", "04:05:06.78967", "x"]),
    TypeTexts(type: "interval", texts: ["1 day", "P1Y2M", "1-2", "x", "1 fortnight"]),
    TypeTexts(type: "interval day to second(2)", texts: ["1 day 2:03:04.567", "1 mon", "x"]),
  ]

  static let others: [TypeTexts] = [
    TypeTexts(
      type: "inet", texts: ["10.0.0.1", "10.0.0.0/8", "::1", "10.0.0.256", "x", " 10.0.0.1"]),
    TypeTexts(
      type: "integer[]",
      texts: ["{}", "{1,2}", "{1,NULL}", "{{1},{2}}", "{1,x}", "{1,2", "1", "{99999999999}"]),
    TypeTexts(type: "varchar(2)[]", texts: ["{ab,cd}", "{abc}", "{\"ab \"}", "{\"abc  \"}"]),
    TypeTexts(
      type: "tstzrange",
      texts: ["[2024-01-01,2024-02-01)", "empty", "[2024-02-01,2024-01-01)", "x", "(,)"]),
    TypeTexts(type: "money", texts: ["1.50", "$1,234.56", "x", "99999999999999999999"]),
    TypeTexts(type: "xml", texts: ["<a/>", "text", "<a>", "<a>é</a>"]),
    TypeTexts(type: "point", texts: ["(1,2)", "1,2", "x"]),
    TypeTexts(type: "bit(3)", texts: ["101", "1010", "10", "222", "x0F", "b1"]),
    TypeTexts(type: "bit varying(3)", texts: ["101", "1010", "10", ""]),
    TypeTexts(type: "\"char\"", texts: ["a", "ab", "\\101"]),
    TypeTexts(type: "name", texts: ["abc", String(repeating: "x", count: 100)]),
    TypeTexts(type: "oid", texts: ["1", "-1", "4294967295", "4294967296", "x"]),
    TypeTexts(type: "regclass", texts: ["pg_class", "no_such_table", "1259", "a b"]),
    TypeTexts(type: "macaddr", texts: ["08:00:2b:01:02:03", "08002b010203", "x"]),
    TypeTexts(type: "tsvector", texts: ["a b:1A c", "'", "it's"]),
    TypeTexts(type: "jsonpath", texts: ["$.a", "$.", "$[*] ? (@ > 1)"]),
    TypeTexts(type: "pg_lsn", texts: ["16/B374D848", "x"]),
    TypeTexts(type: "int4multirange", texts: ["{[1,3),[5,7)}", "{}", "{[3,1)}"]),
    TypeTexts(
      type: "pair", texts: ["(1,a)", "(1,\"a b\")", "(,)", "(1)", "(x,a)", "1"],
      setUp: "CREATE TYPE pair AS (a integer, b text)"),
    TypeTexts(
      type: "aclitem", texts: ["=r/postgres", "x", "nobody_at_all=r/postgres"]),
    TypeTexts(type: "aclitem[]", texts: ["{=r/postgres}", "{x}"]),
    TypeTexts(
      type: "positive", texts: ["1", "0", "-1", "x", "99999999999", " 7 "],
      setUp: "CREATE DOMAIN positive AS integer CONSTRAINT is_positive CHECK (VALUE > 0)"),
    TypeTexts(
      type: "short_code", texts: ["ab", "abc", "abcd", "abc  ", "AB", ""],
      setUp:
        "CREATE DOMAIN code AS varchar(3); CREATE DOMAIN short_code AS code CHECK (VALUE = lower(VALUE))"
    ),
    TypeTexts(
      type: "amount", texts: ["1", "999.999", "1000", "x"],
      setUp: "CREATE DOMAIN amount AS numeric(5,2)"),
    TypeTexts(
      type: "object", texts: ["{}", "[]", "{\"a\":1}", "{"],
      setUp: "CREATE DOMAIN object AS jsonb CHECK (jsonb_typeof(VALUE) = 'object')"),
    TypeTexts(
      type: "moods", texts: ["{sad,ok}", "{x}", "{}", "sad"],
      setUp:
        "CREATE TYPE mood AS ENUM ('sad', 'ok'); CREATE DOMAIN moods AS mood[] CHECK (cardinality(VALUE) > 0)"
    ),
    TypeTexts(
      type: "good_mood", texts: ["ok", "sad", "x"],
      setUp:
        "CREATE TYPE mood AS ENUM ('sad', 'ok'); CREATE DOMAIN good_mood AS mood CHECK (VALUE <> 'sad')"
    ),
  ]
}
