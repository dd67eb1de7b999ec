"""Every type that a column can have: texts at its edges that go in, and one that does not for each of its rules."""

from dataclasses import dataclass, field

TYPES = """
CREATE EXTENSION citext; CREATE EXTENSION hstore; CREATE EXTENSION ltree; CREATE EXTENSION btree_gist;
CREATE TYPE demo.mood AS ENUM ('sad', 'ok', 'très bien', 'a,"b"');
CREATE TYPE demo.pair AS (a integer, b text);
CREATE TYPE demo.floatrange AS RANGE (subtype = float8, subtype_diff = float8mi);
CREATE DOMAIN demo.positive AS integer CONSTRAINT is_positive CHECK (VALUE > 0);
CREATE DOMAIN demo.given AS text CONSTRAINT is_given NOT NULL CONSTRAINT is_not_blank CHECK (VALUE <> ' ');
CREATE DOMAIN demo.code AS varchar(3);
CREATE DOMAIN demo.lower_code AS demo.code CONSTRAINT is_lower CHECK (VALUE = lower(VALUE));
CREATE DOMAIN demo.price AS numeric(5,2);
CREATE DOMAIN demo.object AS jsonb CONSTRAINT is_object CHECK (jsonb_typeof(VALUE) = 'object');
CREATE DOMAIN demo.moods AS demo.mood[] CONSTRAINT has_moods CHECK (cardinality(VALUE) > 0);
CREATE DOMAIN demo.whole_pair AS demo.pair CONSTRAINT is_whole CHECK ((VALUE).a IS NOT NULL);
CREATE DOMAIN demo.span AS int4range CONSTRAINT is_short CHECK (upper(VALUE) - lower(VALUE) < 10);
"""


@dataclass
class Sample:
    """A type, texts that it takes, and texts that it does not, each with the reject's code and words of its message."""

    type: str
    good: list[str]
    bad: list[tuple[str | None, str, str]] = field(default_factory=list)


LONG = "123456789012345678901234567890.123456789012345678901234567890"

NUMBERS = [
    Sample("smallint", ["32767", "-32768", " 7 ", "007"], [("32768", "out_of_range", "smallint")]),
    Sample("integer", ["2147483647", "-2147483648", "+5"], [("12a", "type", "integer"), ("1.5", "type", "integer")]),
    Sample(
        "bigint",
        ["9223372036854775807", "-9223372036854775808"],
        [("9223372036854775808", "out_of_range", "bigint")],
    ),
    Sample(
        "numeric",
        [LONG, "-" + LONG, "NaN", "Infinity", "-Infinity", "1e-20", "-0.00", "1E5"],
        [("12x", "type", "numeric")],
    ),
    Sample("numeric(7,2)", ["99999.99", "-99999.994", "0.005", "NaN"], [("99999.995", "out_of_range", "numeric")]),
    Sample("numeric(3,-2)", ["12345", "99949"], [("99950", "out_of_range", "numeric")]),
    Sample("numeric(3,5)", ["0.00999", "0.009994"], [("0.01", "out_of_range", "numeric")]),
    Sample("real", ["3.4028235e38", "1.4e-45", "-0", "NaN", "-Infinity", "0.1"], [("1e39", "out_of_range", "real")]),
    Sample(
        "double precision",
        ["1.7976931348623157e308", "5e-324", "0.1", "-0", "inf", "123456789012345.678"],
        [("1e309", "out_of_range", "double precision")],
    ),
    Sample(
        "money",
        ["$1,234.56", "-12.345", "($7)", "92233720368547758.07"],
        [("1$x", "type", "money"), ("92233720368547758.08", "out_of_range", "money")],
    ),
    Sample("oid", ["4294967295", "0", "-1"], [("4294967296", "out_of_range", "oid")]),
]

TEXTS = [
    Sample(
        "text",
        ["", " spaced ", 'ä,"b"\nc\r\nd', "\\N", "NULL", "007", "1E5", "=1+1", "2024-03-04"],
        [("a\0b", "bad_encoding", "")],
    ),
    Sample("varchar", ["", "x" * 5000, "👍"]),
    Sample("varchar(3)", ["äöü", "abc  ", "", "👍👍👍"], [("abcd", "too_long", "3")]),
    Sample("char(3)", ["a", "ab ", "", "日本語"], [("abcd", "too_long", "3")]),
    Sample("char", ["b", "b   "], [("bc", "too_long", "1")]),
    Sample("bpchar", ["abc  ", ""]),
    Sample('"char"', ["a", "ab"]),
    Sample("name", ["abc", "x" * 70]),
    Sample("citext", ["Straße", ""]),
    Sample("bytea", ["\\x00ff", "\\xDE ad", "a\\\\b\\001", "\\x"], [("\\xabc", "type", "hexadecimal")]),
    Sample("bit(3)", ["101"], [("1010", "type", "bit(3)"), ("1x1", "type", "binary digit")]),
    Sample("bit varying(3)", ["1", "101"], [("1010", "too_long", "bit varying(3)")]),
    Sample("boolean", ["t", "off", " YES ", "1", "n"], [("maybe", "type", "boolean")]),
    Sample("demo.mood", ["sad", "très bien", 'a,"b"'], [("Sad", "type", "mood")]),
    Sample(
        "uuid",
        ["a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11", "{A0EEBC999C0B4EF8BB6D6BB9BD380A11}"],
        [("a0eebc99", "type", "uuid")],
    ),
    Sample("xml", ['<a b="1">ü</a>', "text <b/>"], [("<a>", "type", "XML")]),
    Sample("json", ['{"b": 1,  "a": [1E5, null]}', '"\\u00e9"', " 1 "], [("{'a': 1}", "type", "json")]),
    Sample(
        "jsonb",
        ['{"b": 1,  "a": [1E5, 1.00, null]}', "{}", "null"],
        [('{"a":}', "type", "json"), ('"\\u0000"', "type", "\\u0000")],
    ),
    Sample("jsonpath", ["$.a[*] ? (@ > 1)"], [("$.", "type", "jsonpath")]),
    Sample("tsvector", ["a fat:2A cat's 'b c':1"], [("'a", "type", "tsvector")]),
    Sample("tsquery", ["fat & !(cat | rat:ab)", "a <-> b"], [("a &", "type", "tsquery")]),
    Sample("hstore", ["a=>1, b=>NULL"], [("a=>", "type", "nd of string")]),
    Sample("ltree", ["Top.Sci_ence"], [("a..b", "type", "ltree")]),
    Sample("lquery", ["*{1,2}.a|b"], [("a.*{", "type", "lquery")]),
    Sample("ltxtquery", ["a & !b*@"], [("a &", "type", "")]),
    Sample("refcursor", ["c"]),
]

TIMES = [
    Sample(
        "date",
        ["2024-02-29", "4713-01-01 BC", "5874897-12-31", "infinity", "-infinity"],
        [("2023-02-29", "out_of_range", "date"), ("some day", "type", "date")],
    ),
    Sample("time", ["24:00:00", "04:05:06.789012", "00:00"], [("25:00", "out_of_range", "time")]),
    Sample("time(0)", ["12:00:00.6", "23:59:59.9"], [("noon", "type", "time")]),
    Sample("timetz", ["04:05:06.5+15:59", "04:05-08", "24:00:00+00"], [("04:05:06+16", "out_of_range", "")]),
    Sample("timetz(2)", ["04:05:06.789+02"], [("x", "type", "time with time zone")]),
    Sample(
        "timestamp",
        ["294276-12-31 23:59:59.999999", "4713-01-01 00:00:00 BC", "infinity", "2024-02-29T12:00"],
        [("294277-01-01", "out_of_range", "timestamp")],
    ),
    Sample("timestamp(3)", ["2024-01-01 12:00:00.9996"], [("2024-01-01 25:00", "out_of_range", "date/time")]),
    Sample(
        "timestamptz",
        ["2024-07-01T12:00:00+02", "2024-01-01 00:00 Europe/Berlin", "-infinity", "epoch"],
        [("2024-01-01 00:00 Nowhere/Land", "type", "nowhere/land")],
    ),
    Sample("timestamptz(0)", ["2024-01-01 12:00:00.5Z"], [("x", "type", "timestamp with time zone")]),
    Sample(
        "interval",
        ["178000000 years", "-1 mon +2 days 03:04:05.678", "P1Y2M3DT4H", "1-2", "1 day ago"],
        [("1 fortnight", "type", "interval"), ("3000000000 days", "out_of_range", "interval")],
    ),
    Sample("interval day to second(2)", ["1 day 2:03:04.567"], [("x", "type", "interval")]),
    Sample("interval year to month", ["1-2", "14 mons 3 days"], [("one year", "type", "interval")]),
]

SHAPES = [
    Sample("point", ["(1.5,-2)", "1,2"], [("(1,", "type", "point")]),
    Sample("line", ["{1,2,3}", "[(0,0),(1,1)]"], [("{0,0,1}", "type", "line")]),
    Sample("lseg", ["[(0,0),(1,1)]"], [("[(0,0)", "type", "lseg")]),
    Sample("box", ["(1,1),(0,0)", "(0,0),(1,1)"], [("(1,1)", "type", "box")]),
    Sample("path", ["((0,0),(1,1))", "[(0,0),(1,1)]"], [("[(0,0),(1,1)", "type", "path")]),
    Sample("polygon", ["((0,0),(1,1),(1,0))"], [("((0,0),(1,1)", "type", "polygon")]),
    Sample("circle", ["<(0,0),1.5>"], [("<(0,0),-1>", "type", "circle")]),
    Sample("inet", ["10.0.0.1/8", "::ffff:1.2.3.4", "192.168.0.1"], [("10.0.0.256", "type", "inet")]),
    Sample("cidr", ["10.0.0.0/8", "2001:db8::/32"], [("10.0.0.1/8", "type", "cidr")]),
    Sample("macaddr", ["08:00:2b:01:02:03", "08002b010203"], [("08:00", "type", "macaddr")]),
    Sample("macaddr8", ["08:00:2b:01:02:03:04:05", "08:00:2b:01:02:03"], [("x", "type", "macaddr8")]),
]

MADE_OF_OTHERS = [
    Sample(
        "integer[]",
        ["{}", "{1,NULL,3}", "[2:3]={7,8}", "{{1,2},{3,4}}"],
        [("{1,x}", "type", "integer"), ("{1,2", "type", "array")],
    ),
    Sample("text[][]", ['{{a,"b,c"},{NULL,"NULL"}}', '{{{"\\"",""}}}'], [("{{a},{b,c}}", "type", "array")]),
    Sample("numeric(4,1)[]", ["{1.25,999.94}"], [("{1000}", "out_of_range", "numeric")]),
    Sample("varchar(2)[]", ["{ab,äö}"], [("{abc}", "too_long", "2")]),
    Sample("timestamp(0)[]", ["{2024-01-01 12:00:00.6}"], [("{x}", "type", "timestamp")]),
    Sample("json[]", ['{"{\\"a\\": 1}"}'], [("{x}", "type", "json")]),
    Sample("demo.mood[]", ["{sad,très bien}"], [("{Sad}", "type", "mood")]),
    Sample("demo.pair", ['(1,"a b")', "(,)", '(2,"")'], [("(x,a)", "type", "integer"), ("(1)", "type", "record")]),
    Sample("demo.pair[]", ['{"(1,\\"a b\\")",NULL}'], [('{"(x,)"}', "type", "integer")]),
    Sample("int4range", ["[1,5)", "(1,5]", "empty", "(,)"], [("[2,1)", "type", "range")]),
    Sample("int8range", ["[1,9223372036854775807)"], [("[1,9223372036854775808)", "out_of_range", "bigint")]),
    Sample("numrange", ["[1.50,)"], [("[1.5", "type", "range")]),
    Sample("tsrange", ["[2024-01-01 00:00,2024-01-02)"], [("[x,)", "type", "timestamp")]),
    Sample("tstzrange", ["[2024-01-01 00:00+02,)"], [("[x,)", "type", "timestamp")]),
    Sample("daterange", ["[2024-01-01,2024-01-31]", "empty"], [("[2024-02-30,)", "out_of_range", "date")]),
    Sample("demo.floatrange", ["[0.1,0.2)"], [("[0.2,0.1)", "type", "range")]),
    Sample("int4multirange", ["{[1,3),[5,7)}", "{}"], [("{[3,1)}", "type", "range")]),
    Sample("int8multirange", ["{[1,3)}"], [("{[1,3)", "type", "multirange")]),
    Sample("nummultirange", ["{[1.5,2.5]}"], [("{x}", "type", "multirange")]),
    Sample("tsmultirange", ["{[2024-01-01,2024-01-02)}"], [("{x}", "type", "multirange")]),
    Sample("tstzmultirange", ["{[2024-01-01Z,2024-01-02Z)}"], [("{x}", "type", "multirange")]),
    Sample("datemultirange", ["{[2024-01-01,2024-01-03]}"], [("{x}", "type", "multirange")]),
    Sample("demo.floatmultirange", ["{[0.1,0.2)}"], [("{x}", "type", "multirange")]),
]

DOMAINS = [
    Sample("demo.positive", ["7", "2147483647"], [("0", "check", "is_positive"), ("x", "type", "integer")]),
    Sample("demo.given", ["", "x"], [(None, "required", ""), (" ", "check", "is_not_blank")]),
    Sample("demo.lower_code", ["abc", "ab   "], [("ABC", "check", "is_lower"), ("abcd", "too_long", "3")]),
    Sample("demo.price", ["999.994"], [("999.995", "out_of_range", "numeric")]),
    Sample("demo.object", ['{"a": 1}'], [("[]", "check", "is_object")]),
    Sample("demo.moods", ["{sad,ok}"], [("{}", "check", "has_moods"), ("{Sad}", "type", "mood")]),
    Sample("demo.whole_pair", ["(1,a)"], [(None, "check", "is_whole"), ("(,a)", "check", "is_whole")]),
    Sample("demo.span", ["[1,5)"], [("[1,50)", "check", "is_short")]),
]

CATALOG = [
    Sample("regclass", ["pg_class", "1259"], [("no_such_table", "database", "no_such_table")]),
    Sample("regproc", ["now"], [("no_such_function", "database", "no_such_function")]),
    Sample("regprocedure", ["abs(integer)"], [("abs(mood)", "database", "mood")]),
    Sample("regoper", ["||/"], [("+", "database", "operator")]),
    Sample("regoperator", ["+(integer,integer)"], [("+(text,text)", "database", "operator")]),
    Sample("regtype", ["integer", "demo.mood"], [("no_such_type", "database", "no_such_type")]),
    Sample("regrole", ["postgres"], [("nobody_at_all", "database", "nobody_at_all")]),
    Sample("regnamespace", ["pg_catalog"], [("no_such_schema", "database", "no_such_schema")]),
    Sample("regconfig", ["german"], [("klingon", "database", "klingon")]),
    Sample("regdictionary", ["german_stem"], [("klingon", "database", "klingon")]),
    Sample("regcollation", ['"C"'], [("klingon", "database", "klingon")]),
    Sample("xid", ["42"]),
    Sample("cid", ["42"]),
    Sample("xid8", ["18446744073709551615"]),
    Sample("tid", ["(1,2)"], [("(1", "type", "tid")]),
    Sample("pg_lsn", ["16/B374D848"], [("x", "type", "pg_lsn")]),
    Sample("txid_snapshot", ["10:20:10,14,15"], [("20:10:", "type", "snapshot")]),
    Sample("pg_snapshot", ["10:20:10,14,15"], [("x", "type", "snapshot")]),
    Sample("oidvector", ["1 2 3"], [("1 x", "type", "oid")]),
    Sample("int2vector", ["1 2 3"], [("1 x", "type", "smallint")]),
    Sample("aclitem", ["=r/postgres"], [("x", "type", "key word")]),
]

SAMPLES = NUMBERS + TEXTS + TIMES + SHAPES + MADE_OF_OTHERS + DOMAINS + CATALOG
