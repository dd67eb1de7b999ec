"""Targets of every kind: each takes a file, costs bad rows only those, or is refused before anything is read."""

from dataclasses import dataclass, field

import psycopg
import pytest

from api import check_problem
from conftest import House
from database import Database

ALL = ["upsert", "insert", "append", "replace"]


@dataclass
class Target:
    """A relation, a file that it takes, and one of which it takes a part."""

    name: str
    # Makes schema `s`, empty before; %url% is where the database itself can be reached.
    sql: str
    kind: str
    modes: list[str]
    # Options of the import; the target is s.t.
    options: dict[str, str]
    file: str
    counts: tuple[int, int, int]
    rows: list[tuple]
    bad_file: str
    # Row of the file and code of its reject.
    rejects: list[tuple[str, str]]
    bad_rows: list[tuple]
    query: str = "SELECT * FROM s.t ORDER BY 1, 2"
    unlisted: bool = False
    warnings: list[str] = field(default_factory=list)


APPEND = {"mode": "append"}

AUDIT = """
    CREATE TABLE s.audit (what text, n bigint);
    CREATE FUNCTION s.note() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        IF TG_LEVEL = 'ROW' AND NEW.a = 13 THEN RAISE 'thirteen'; END IF;
        INSERT INTO s.audit VALUES (lower(TG_NAME), 1);
        RETURN NEW;
      END $$;
    CREATE FUNCTION s.total() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        INSERT INTO s.audit SELECT lower(TG_NAME), count(*) FROM rows;
        RETURN NULL;
      END $$;
"""

FOREIGN = """
    CREATE EXTENSION IF NOT EXISTS postgres_fdw;
    DROP SERVER IF EXISTS self CASCADE;
    CREATE SERVER self FOREIGN DATA WRAPPER postgres_fdw OPTIONS (%options%);
    CREATE USER MAPPING FOR CURRENT_USER SERVER self OPTIONS (user 'postgres', password_required 'false');
"""

TARGETS = [
    Target(
        name="partitions of partitions, one of them missing",
        sql="""
            CREATE TABLE s.t (id int, region text, a int, PRIMARY KEY (id, region)) PARTITION BY LIST (region);
            CREATE TABLE s.north PARTITION OF s.t FOR VALUES IN ('n');
            CREATE TABLE s.south PARTITION OF s.t FOR VALUES IN ('s') PARTITION BY RANGE (id);
            CREATE TABLE s.south_1 PARTITION OF s.south FOR VALUES FROM (0) TO (100);
            INSERT INTO s.t VALUES (1, 'n', 1), (2, 's', 1);
        """,
        kind="partitioned_table",
        modes=ALL[:-1],
        options={},
        file="id,region,a\n1,n,2\n2,s,1\n3,s,1\n4,n,1\n",
        counts=(2, 1, 1),
        rows=[(1, "n", 2), (2, "s", 1), (3, "s", 1), (4, "n", 1)],
        bad_file="id,region,a\n5,w,1\n6,s,1\n101,s,1\n7,n,x\n",
        rejects=[("1", "check"), ("3", "check"), ("4", "type")],
        bad_rows=[(1, "n", 1), (2, "s", 1), (6, "s", 1)],
    ),
    Target(
        name="a row that its trigger would move into another partition",
        sql="""
            CREATE TABLE s.t (id int, state text, a int CHECK (a < 100), PRIMARY KEY (id, state))
              PARTITION BY LIST (state);
            CREATE TABLE s.open PARTITION OF s.t FOR VALUES IN ('open');
            CREATE TABLE s.closed PARTITION OF s.t FOR VALUES IN ('closed');
            INSERT INTO s.t VALUES (1, 'open', 1), (2, 'open', 1);
            CREATE FUNCTION s.close() RETURNS trigger LANGUAGE plpgsql AS $$
              BEGIN NEW.state = 'closed'; RETURN NEW; END $$;
            CREATE TRIGGER close BEFORE UPDATE ON s.open FOR EACH ROW WHEN (NEW.a > 9) EXECUTE FUNCTION s.close();
        """,
        kind="partitioned_table",
        modes=ALL[:-1],
        options={},
        file="id,state,a\n1,open,5\n2,open,1\n3,open,10\n",
        counts=(1, 1, 1),
        rows=[(1, "open", 5, "s.open"), (2, "open", 1, "s.open"), (3, "open", 10, "s.open")],
        # ON CONFLICT moves no row.
        bad_file="id,state,a\n1,open,10\n2,open,100\n3,open,2\n",
        rejects=[("1", "database"), ("2", "check")],
        bad_rows=[(1, "open", 1, "s.open"), (2, "open", 1, "s.open"), (3, "open", 2, "s.open")],
        query="SELECT *, tableoid::regclass::text FROM s.t ORDER BY 1",
    ),
    Target(
        name="partitions that are foreign tables",
        sql=FOREIGN
        + """
            CREATE TABLE s.far (id int CHECK (id < 1000), region text);
            CREATE TABLE s.t (id int, region text) PARTITION BY LIST (region);
            CREATE TABLE s.near PARTITION OF s.t FOR VALUES IN ('n');
            CREATE FOREIGN TABLE s.away PARTITION OF s.t FOR VALUES IN ('f') SERVER self
              OPTIONS (schema_name 's', table_name 'far');
        """,
        kind="partitioned_table",
        modes=["append"],
        options=APPEND,
        file="id,region\n1,n\n2,f\n3,f\n",
        counts=(3, 0, 0),
        rows=[(1, "n"), (2, "f"), (3, "f")],
        bad_file="id,region\n1,n\n1002,f\n3,f\n4,x\n",
        rejects=[("2", "check"), ("4", "check")],
        bad_rows=[(1, "n"), (3, "f")],
    ),
    Target(
        name="a partition",
        sql="""
            CREATE TABLE s.whole (id int PRIMARY KEY, a int) PARTITION BY RANGE (id);
            CREATE TABLE s.t PARTITION OF s.whole FOR VALUES FROM (0) TO (10);
            INSERT INTO s.whole VALUES (1, 1);
        """,
        kind="partition",
        modes=ALL,
        options={},
        file="id,a\n1,2\n2,2\n",
        counts=(1, 1, 0),
        rows=[(1, 2), (2, 2)],
        bad_file="id,a\n1,2\n10,2\n",
        rejects=[("2", "check")],
        bad_rows=[(1, 2)],
        unlisted=True,
    ),
    Target(
        name="a parent whose children have rows with the same keys",
        sql="""
            CREATE TABLE s.t (id int PRIMARY KEY, a int, b int DEFAULT 7, CHECK (a < b OR a > 0));
            CREATE TABLE s.child (PRIMARY KEY (id)) INHERITS (s.t);
            INSERT INTO s.t VALUES (1, 1, 8);
            INSERT INTO s.child VALUES (1, 5, 9), (2, 5, 9), (3, 5, 9);
        """,
        kind="table",
        modes=["upsert", "insert", "append"],
        options={},
        file="id,a\n1,2\n2,5\n4,4\n",
        counts=(2, 1, 0),
        rows=[(1, 2, 8), (2, 5, 7), (4, 4, 7)],
        bad_file="id,a\n2,-8\n3,8\n1,1\n4,x\n",
        rejects=[("4", "type")],
        bad_rows=[(1, 1, 8), (2, -8, 7), (3, 8, 7)],
        query="SELECT * FROM ONLY s.t ORDER BY 1, 2",
    ),
    Target(
        name="a child",
        sql="""
            CREATE TABLE s.parent (id int PRIMARY KEY, a int);
            CREATE TABLE s.t (b int CHECK (b > 0), PRIMARY KEY (id)) INHERITS (s.parent);
            INSERT INTO s.parent VALUES (1, 1);
            INSERT INTO s.t VALUES (1, 1, 1);
        """,
        kind="table",
        modes=ALL,
        options={},
        file="id,a,b\n1,2,2\n2,2,2\n",
        counts=(1, 1, 0),
        rows=[(1, 2, 2), (2, 2, 2)],
        bad_file="id,a,b\n1,2,0\n2,2,2\n",
        rejects=[("1", "check")],
        bad_rows=[(1, 1, 1), (2, 2, 2)],
    ),
    Target(
        name="keys that the database makes",
        sql="""
            CREATE TABLE s.t (
              code text UNIQUE, id serial PRIMARY KEY, number int GENERATED ALWAYS AS IDENTITY UNIQUE,
              uid uuid NOT NULL DEFAULT gen_random_uuid() UNIQUE, a int);
            INSERT INTO s.t (code, a) VALUES ('x', 1), ('y', 1);
        """,
        kind="table",
        modes=ALL,
        options={"key": "code"},
        file="code,a\nx,2\ny,1\nz,3\n",
        counts=(1, 1, 1),
        rows=[("x", 1, 1, 2, True), ("y", 2, 2, 1, True), ("z", 3, 3, 3, True)],
        bad_file="code,a\nx,2\ny,no\nz,3\n",
        rejects=[("2", "type")],
        bad_rows=[("x", 1, 1, 2, True), ("y", 2, 2, 1, True), ("z", 3, 3, 3, True)],
        query="SELECT code, row_number() OVER (ORDER BY id), row_number() OVER (ORDER BY number), a,"
        " uid IS NOT NULL FROM s.t ORDER BY 1",
    ),
    Target(
        name="a generated column in a key",
        sql="""
            CREATE TABLE s.t (id int PRIMARY KEY, name text, lowered text GENERATED ALWAYS AS (lower(name)) STORED,
              UNIQUE (lowered));
            INSERT INTO s.t VALUES (1, 'A');
        """,
        kind="table",
        modes=ALL,
        options={},
        file="id,name\n1,B\n2,C\n",
        counts=(1, 1, 0),
        rows=[(1, "B", "b"), (2, "C", "c")],
        bad_file="id,name\n2,a\n3,D\n4,d\n",
        rejects=[("1", "unique"), ("3", "unique")],
        bad_rows=[(1, "A", "a"), (3, "D", "d")],
    ),
    Target(
        name="constraints that wait for the commit",
        sql="""
            CREATE TABLE s.t (id int PRIMARY KEY, place int, boss int,
              UNIQUE (place) DEFERRABLE INITIALLY DEFERRED,
              FOREIGN KEY (boss) REFERENCES s.t DEFERRABLE INITIALLY DEFERRED);
            INSERT INTO s.t VALUES (1, 1, NULL), (2, 2, 1);
        """,
        kind="table",
        modes=ALL,
        options={},
        file="id,place,boss\n1,2,3\n2,1,1\n3,3,2\n",
        counts=(1, 2, 0),
        rows=[(1, 2, 3), (2, 1, 1), (3, 3, 2)],
        bad_file="id,place,boss\n3,2,1\n4,4,99\n5,5,6\n6,6,5\n",
        rejects=[("1", "unique"), ("2", "foreign_key")],
        bad_rows=[(1, 1, None), (2, 2, 1), (5, 5, 6), (6, 6, 5)],
    ),
    Target(
        name="triggers of rows, of statements and of constraints, and transition tables",
        sql=AUDIT
        + """
            CREATE TABLE s.t (id int PRIMARY KEY, a int);
            INSERT INTO s.t VALUES (1, 1), (2, 2);
            CREATE TRIGGER before_row BEFORE INSERT OR UPDATE ON s.t FOR EACH ROW EXECUTE FUNCTION s.note();
            CREATE TRIGGER after_row AFTER INSERT OR UPDATE ON s.t FOR EACH ROW EXECUTE FUNCTION s.note();
            CREATE TRIGGER before_all BEFORE INSERT ON s.t EXECUTE FUNCTION s.note();
            CREATE CONSTRAINT TRIGGER at_commit AFTER INSERT OR UPDATE ON s.t DEFERRABLE INITIALLY DEFERRED
              FOR EACH ROW EXECUTE FUNCTION s.note();
            CREATE TRIGGER inserted AFTER INSERT ON s.t REFERENCING NEW TABLE AS rows EXECUTE FUNCTION s.total();
            CREATE TRIGGER updated AFTER UPDATE ON s.t REFERENCING NEW TABLE AS rows EXECUTE FUNCTION s.total();
        """,
        kind="table",
        modes=ALL,
        options={},
        file="id,a\n1,2\n2,2\n3,2\n",
        counts=(1, 1, 1),
        rows=[("at_commit", 2), ("inserted", 1), ("updated", 1)],
        bad_file="id,a\n1,13\n2,3\n3,13\n4,3\n",
        rejects=[("1", "database"), ("3", "database")],
        bad_rows=[("at_commit", 2), ("inserted", 1), ("updated", 1)],
        query="SELECT what, sum(n)::int FROM s.audit WHERE what IN ('at_commit', 'inserted', 'updated')"
        " GROUP BY 1 ORDER BY 1",
    ),
    Target(
        name="a foreign table",
        sql=FOREIGN
        + """
            CREATE TABLE s.far (id int PRIMARY KEY, a int CHECK (a < 100));
            INSERT INTO s.far VALUES (1, 1);
            CREATE FOREIGN TABLE s.t (id int, a int) SERVER self
              OPTIONS (schema_name 's', table_name 'far', batch_size '100');
        """,
        kind="foreign_table",
        modes=["append"],
        options=APPEND,
        file="id,a\n2,2\n3,3\n4,4\n",
        counts=(3, 0, 0),
        rows=[(1, 1), (2, 2), (3, 3), (4, 4)],
        bad_file="id,a\n1,2\n2,2\n3,100\n4,x\n",
        rejects=[("1", "unique"), ("3", "check"), ("4", "type")],
        bad_rows=[(1, 1), (2, 2)],
    ),
    Target(
        name="a view with an INSTEAD OF trigger",
        sql="""
            CREATE TABLE s.people (id int PRIMARY KEY, name text);
            CREATE TABLE s.mails (id int REFERENCES s.people, mail text NOT NULL);
            CREATE VIEW s.t AS SELECT id, name, mail, count(*) OVER () AS total FROM s.people JOIN s.mails USING (id);
            CREATE FUNCTION s.put() RETURNS trigger LANGUAGE plpgsql AS $$
              BEGIN
                INSERT INTO s.people VALUES (NEW.id, NEW.name);
                INSERT INTO s.mails VALUES (NEW.id, NEW.mail);
                RETURN NEW;
              END $$;
            CREATE TRIGGER put INSTEAD OF INSERT ON s.t FOR EACH ROW EXECUTE FUNCTION s.put();
        """,
        kind="view",
        modes=["append"],
        options=APPEND,
        file="id,name,mail\n1,a,a@x\n2,b,b@x\n",
        counts=(2, 0, 0),
        rows=[(1, "a", "a@x", 2), (2, "b", "b@x", 2)],
        bad_file="id,name,mail\n1,a,a@x\n1,b,b@x\n2,c,\n",
        rejects=[("2", "unique"), ("3", "required")],
        bad_rows=[(1, "a", "a@x", 1)],
    ),
    Target(
        name="a view with a CHECK OPTION",
        sql="""
            CREATE TABLE s.people (id int PRIMARY KEY, name text, country text DEFAULT 'de');
            CREATE VIEW s.t AS SELECT id, name, country, upper(name) AS loud FROM s.people
              WHERE country = 'de' AND id > 0 WITH CHECK OPTION;
            INSERT INTO s.people VALUES (1, 'a', 'fr');
        """,
        kind="view",
        modes=["append"],
        options=APPEND,
        file="id,name\n2,b\n3,c\n",
        counts=(2, 0, 0),
        rows=[(2, "b", "de", "B"), (3, "c", "de", "C")],
        bad_file="id,name,country\n1,x,de\n2,b,de\n3,c,fr\n-1,d,de\n",
        rejects=[("1", "unique"), ("3", "check"), ("4", "check")],
        bad_rows=[(2, "b", "de", "B")],
    ),
]


def make(database: Database, sql: str) -> None:
    """Makes schema `s` anew."""
    socket, port = database.rows(
        "SELECT split_part(current_setting('unix_socket_directories'), ',', 1), current_setting('port')"
    )[0]
    name = database.value("SELECT current_database()")
    options = f"host '{socket}', port '{port}', dbname '{name}'"
    database.execute("DROP SCHEMA IF EXISTS s CASCADE; CREATE SCHEMA s")
    database.execute(sql.replace("%options%", options))


def named(target: Target) -> str:
    return target.name


@pytest.mark.parametrize("target", TARGETS, ids=named)
def test_a_target_of_each_kind_takes_a_file(shared_house: House, target: Target) -> None:
    make(shared_house.database, target.sql)
    shown = shared_house.api.get("/targets/s.t")
    assert (shown["kind"], shown["modes"]) == (target.kind, target.modes)
    listed = [one["target"] for one in shared_house.api.get("/targets")["items"]]
    assert ("s.t" in listed) != target.unlisted

    done = shared_house.api.load(target.file.encode(), "s.t", force="true", **target.options)

    assert (done["rows_inserted"], done["rows_updated"], done["rows_unchanged"]) == target.counts
    assert done["rows_bad"] == 0
    assert shared_house.database.rows(target.query) == target.rows


@pytest.mark.parametrize("target", TARGETS, ids=named)
def test_bad_rows_cost_a_target_of_each_kind_only_those(shared_house: House, target: Target) -> None:
    make(shared_house.database, target.sql)

    done = shared_house.api.load(target.bad_file.encode(), "s.t", force="true", **target.options)

    found = [(one["row"], one["code"]) for one in shared_house.api.error_report(done["task_id"])]
    assert found == target.rejects
    assert shared_house.database.rows(target.query) == target.bad_rows


REFUSED = [
    ("a materialized view", "CREATE MATERIALIZED VIEW s.t AS SELECT 1 AS id", "materialized view", "REFRESH"),
    ("a sequence", "CREATE SEQUENCE s.t", "a sequence", "import into"),
    ("a view that counts", "CREATE VIEW s.t AS SELECT count(*) AS id FROM pg_class", "a view", "INSTEAD OF"),
    (
        "a foreign table of files",
        "CREATE EXTENSION IF NOT EXISTS file_fdw; DROP SERVER IF EXISTS files CASCADE;"
        " CREATE SERVER files FOREIGN DATA WRAPPER file_fdw;"
        " CREATE FOREIGN TABLE s.t (id int) SERVER files OPTIONS (filename '/dev/null')",
        "(file_fdw) takes no rows",
        "where it lies",
    ),
    (
        "a foreign table that is closed",
        FOREIGN + "CREATE FOREIGN TABLE s.t (id int) SERVER self OPTIONS (updatable 'false')",
        "(postgres_fdw) takes no rows",
        "where it lies",
    ),
    (
        "a table with rules",
        "CREATE TABLE s.t (id int PRIMARY KEY); CREATE RULE r AS ON INSERT TO s.t DO INSTEAD NOTHING",
        "rules of s.t",
        "triggers",
    ),
    (
        "a view with rules",
        "CREATE VIEW s.t AS SELECT 1 AS id; CREATE RULE r AS ON INSERT TO s.t DO INSTEAD NOTHING",
        "rules of s.t",
        "triggers",
    ),
    (
        "a view over a column that is generated",
        "CREATE TABLE s.b (a int, id int GENERATED ALWAYS AS (a) STORED); CREATE VIEW s.t AS SELECT id FROM s.b",
        "would refuse the import: cannot insert",
        "",
    ),
]


@pytest.mark.parametrize(("sql", "reason", "hint"), [one[1:] for one in REFUSED], ids=[one[0] for one in REFUSED])
def test_what_takes_no_rows_is_refused_before_it_is_queued(
    shared_house: House, sql: str, reason: str, hint: str
) -> None:
    make(shared_house.database, sql)
    count = shared_house.database.value("SELECT count(*) FROM sluice.imports")

    problem = check_problem(shared_house.api.send(b"id\n1\n", "s.t", **APPEND), 422, "unknown_target")

    assert reason in problem["detail"] and hint in problem["hint"], problem
    if "would refuse" not in reason:
        assert reason in check_problem(shared_house.api.call("GET", "/targets/s.t"), 404)["detail"]
        assert "s.t" not in [one["target"] for one in shared_house.api.get("/targets")["items"]]
    assert shared_house.database.value("SELECT count(*) FROM sluice.imports") == count


def test_a_temporary_table_belongs_to_its_session(shared_house: House) -> None:
    shared_house.database.execute("CREATE TEMP TABLE mine (id int PRIMARY KEY)")
    schema = shared_house.database.value(
        "SELECT nspname::text FROM pg_namespace WHERE oid = pg_my_temp_schema()"
    )

    problem = check_problem(shared_house.api.send(b"id\n1\n", f"{schema}.mine"), 422, "unknown_target")

    assert "temporary table of one session" in problem["detail"]


MODES = [
    ("view", "CREATE TABLE s.b (id int PRIMARY KEY); CREATE VIEW s.t AS SELECT id FROM s.b", "s.t is a view"),
    (
        "foreign table",
        FOREIGN + "CREATE FOREIGN TABLE s.t (id int) SERVER self OPTIONS (schema_name 's', table_name 'b')",
        "s.t is a foreign table",
    ),
]


@pytest.mark.parametrize("mode", ["upsert", "insert"])
@pytest.mark.parametrize(("sql", "reason"), [one[1:] for one in MODES], ids=[one[0] for one in MODES])
def test_a_mode_that_a_kind_does_not_take_is_a_bad_option(
    shared_house: House, sql: str, reason: str, mode: str
) -> None:
    make(shared_house.database, sql)

    problem = check_problem(shared_house.api.send(b"id\n1\n", "s.t", mode=mode), 422, "bad_option")

    assert f"`mode` cannot be {mode}: {reason}" in problem["detail"] and "append" in problem["hint"]


def test_a_key_with_a_generated_column_is_no_conflict_key(shared_house: House) -> None:
    make(
        shared_house.database,
        "CREATE TABLE s.t (a int NOT NULL, b int GENERATED ALWAYS AS (a) STORED, PRIMARY KEY (b))",
    )
    assert shared_house.api.get("/targets/s.t")["modes"] == ["append", "replace"]

    problem = check_problem(shared_house.api.send(b"a\n1\n", "s.t"), 422, "no_key")

    assert "append" in problem["hint"]


def test_a_published_table_without_identity_cannot_be_updated(shared_house: House) -> None:
    make(
        shared_house.database,
        "CREATE TABLE s.t (id int NOT NULL UNIQUE, a int); DROP PUBLICATION IF EXISTS p;"
        " CREATE PUBLICATION p FOR TABLE s.t",
    )

    problem = check_problem(shared_house.api.send(b"id,a\n1,1\n", "s.t", key="id"), 422, "unknown_target")

    assert "replica identity" in problem["detail"] and "REPLICA IDENTITY" in problem["hint"]
    shared_house.database.execute("DROP PUBLICATION p")


def test_a_foreign_server_that_takes_no_writes_fails_the_import_and_rejects_no_row(shared_house: House) -> None:
    make(
        shared_house.database,
        FOREIGN.replace("%options%", "%options%, options '-c default_transaction_read_only=on'")
        + """
            CREATE TABLE s.far (id int);
            CREATE FOREIGN TABLE s.t (id int) SERVER self OPTIONS (schema_name 's', table_name 'far');
        """,
    )

    failed = shared_house.api.wait(
        shared_house.api.submit(b"id\n1\n2\n", "s.t", force="true", **APPEND), status="failed"
    )

    # It may be a failover: the import is tried some times.
    assert failed["error"]["code"] == "attempts_exhausted" and "read-only" in failed["error"]["message"], failed
    assert failed["rows_bad"] == 0
    assert shared_house.database.rows("SELECT * FROM s.far") == []


@pytest.mark.parametrize(
    "trigger",
    [
        "INSTEAD OF INSERT ON s.t FOR EACH ROW EXECUTE FUNCTION s.drop_one()",
        "BEFORE INSERT ON s.b FOR EACH ROW EXECUTE FUNCTION s.drop_one()",
    ],
    ids=["of the view", "behind the view"],
)
def test_rows_that_a_trigger_drops_without_a_word_fail_the_import(shared_house: House, trigger: str) -> None:
    make(
        shared_house.database,
        f"""
            CREATE TABLE s.b (id int);
            CREATE VIEW s.t AS SELECT id FROM s.b;
            CREATE FUNCTION s.drop_one() RETURNS trigger LANGUAGE plpgsql AS $$
              BEGIN IF NEW.id = 2 THEN RETURN NULL; END IF; RETURN NEW; END $$;
            CREATE TRIGGER drop_one {trigger};
        """,
    )

    failed = shared_house.api.wait(
        shared_house.api.submit(b"id\n1\n2\n", "s.t", force="true", **APPEND), status="failed"
    )

    assert failed["error"]["code"] == "not_conserved" and "keeps rows out" in failed["error"]["message"]
    assert shared_house.database.rows("SELECT * FROM s.b") == []


def test_what_went_through_a_view_cannot_be_taken_back(shared_house: House) -> None:
    make(shared_house.database, "CREATE TABLE s.b (id int); CREATE VIEW s.t AS SELECT id FROM s.b")

    done = shared_house.api.load(b"id\n1\n", "s.t", force="true", **APPEND)

    assert done["undo"]["available"] is False
    assert shared_house.database.value("SELECT count(*) FROM sluice.undo WHERE import_id = %s", done["task_id"]) == 0


def test_a_table_that_somebody_has_locked_is_told_of_and_imported_into_later(house: House) -> None:
    before = house.api.get("/targets"), house.api.get("/targets/demo.products")
    with psycopg.connect(house.database.url) as other:
        other.execute("LOCK TABLE demo.products IN ACCESS EXCLUSIVE MODE")

        # None of these waits for the lock: it would fail after five seconds.
        assert (house.api.get("/targets"), house.api.get("/targets/demo.products")) == before
        content = b"item_code,name,list_price\nA,apple,1.00\n"
        inspected = house.api.call("POST", "/inspect?target=demo.products", data=content)
        assert inspected.status_code == 200, inspected.text
        task_id = house.api.submit(content, "demo.products")
    assert house.api.wait(task_id)["rows_inserted"] == 1
