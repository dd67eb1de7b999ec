"""The dashboard in a real browser."""

import os
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from playwright.sync_api import Browser, Locator, Page, Route, expect, sync_playwright

from api import check_conserved
from conftest import House, HouseMaker
from program import ROOT, eventually

# Long, because the machine may be busy; what is waited for is a change of the page, not the time.
PATIENCE_MS = 60_000

HEADER = "serial_number,item_code,store_id,sale_date,quantity,unit_price"

PageOpener = Callable[..., Page]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    program = os.environ.get("SLUICE_CHROMIUM") or shutil.which("chromium")
    assert program, "chromium is missing: scripts/need.sh browser"
    arguments = ["--disable-dev-shm-usage"] + (["--no-sandbox"] if os.geteuid() == 0 else [])
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=arguments)
        yield browser
        browser.close()


@pytest.fixture
def open_page(browser: Browser) -> Iterator[PageOpener]:
    """Opens the dashboard of a house; any error in its script, and any request elsewhere, fails the test."""
    expect.set_options(timeout=PATIENCE_MS)
    pages: list[Page] = []
    errors: list[str] = []
    foreign: list[str] = []

    def open_it(house: House, width: int = 1280, height: int = 860, **settings: Any) -> Page:
        context = browser.new_context(
            viewport={"width": width, "height": height}, accept_downloads=True, locale="en-US", **settings
        )
        page = context.new_page()
        page.set_default_timeout(PATIENCE_MS)
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("console", lambda line: errors.append(line.text) if "Content Security Policy" in line.text else None)
        page.on("request", lambda request: foreign.append(request.url) if is_foreign(house, request.url) else None)
        page.goto(house.server.url + "/")
        # Gone after a reload: by this a test knows that there was none.
        page.evaluate("window.openedByTest = true")
        expect(page.get_by_test_id("connection")).to_have_attribute("data-state", "open")
        pages.append(page)
        return page

    yield open_it
    for page in pages:
        assert page.evaluate("window.openedByTest") is True, "the page was loaded again"
        page.context.close()
    assert errors == []
    assert foreign == [], "the page fetches from elsewhere"


@pytest.fixture
def page(open_page: PageOpener, house: House) -> Page:
    return open_page(house)


def is_foreign(house: House, url: str) -> bool:
    own = (house.server.url, house.server.url.replace("http://", "ws://"), "data:", "blob:")
    return not url.startswith(own)


def choose(page: Page, target: str) -> None:
    field = page.get_by_test_id("target")
    expect(field.locator(f'option[value="{target}"]')).to_have_count(1)
    field.select_option(target)


def upload(page: Page, file: Path | dict[str, Any], target: str = "demo.sales") -> None:
    choose(page, target)
    page.get_by_test_id("file").set_input_files(file)
    page.get_by_test_id("upload").click()


def rows_file(name: str, *rows: str, header: str = HEADER) -> dict[str, Any]:
    return {"name": name, "mimeType": "text/csv", "buffer": "\n".join([header, *rows, ""]).encode()}


def one_row(number: int) -> str:
    return f"{number},A{number},1,2024-01-01,1,1.00"


def in_state(page: Page, status: str) -> Locator:
    return page.locator(f'[data-testid^="import-"][data-status="{status}"]')


def done_task(house: House, count: int) -> str | None:
    """The newest import, once so many are done."""
    items = house.api.get("/imports", status="done")["items"]
    return str(items[0]["task_id"]) if len(items) == count else None


def newest_task(house: House) -> str:
    return str(house.api.get("/imports", limit=1)["items"][0]["task_id"])


def drop(page: Page, file: Path) -> None:
    """Drops a file on the page, as a hand with a mouse does."""
    transfer = page.evaluate_handle(
        """([name, text]) => {
          const transfer = new DataTransfer();
          transfer.items.add(new File([text], name, { type: "text/csv" }));
          return transfer;
        }""",
        [file.name, file.read_text(encoding="utf-8")],
    )
    for event in ("dragenter", "dragover", "drop"):
        page.get_by_test_id("drop").dispatch_event(event, {"dataTransfer": transfer})


def note_states(page: Page) -> None:
    """Notes in `window.seen` each state that the page shows, from the moment a row is there."""
    page.evaluate(
        """() => {
          window.seen = [];
          const look = () => {
            const row = document.querySelector('[data-testid^="import-"]');
            const status = row && row.dataset.status;
            if (status && seen[seen.length - 1] !== status) seen.push(status);
          };
          new MutationObserver(look).observe(document.body, { subtree: true, childList: true, attributes: true });
        }"""
    )


# The file's way


def test_a_dropped_file_is_watched_to_its_end(page: Page, house: House, generated: Any) -> None:
    choose(page, "demo.sales")
    drop(page, generated("sales-10k"))
    page.get_by_test_id("upload").click()

    expect(in_state(page, "done")).to_have_count(1)
    task_id = newest_task(house)
    row = page.get_by_test_id(f"import-{task_id}")
    expect(row).to_have_attribute("data-status", "done")
    check_conserved(house.api.object(task_id))
    expect(row).to_contain_text("sales-10k.csv")
    expect(row).to_contain_text("demo.sales")
    expect(row.get_by_test_id("rows-read")).to_have_text("10,000")
    expect(row.get_by_test_id("rows-inserted")).to_have_text("10,000")
    expect(row.get_by_test_id("rows-bad")).to_have_text("0")
    expect(row.get_by_test_id("cancel")).to_be_hidden()
    expect(row.get_by_test_id("errors-csv")).to_be_hidden()
    assert house.database.value("SELECT count(*) FROM demo.sales") == 10_000


def test_states_and_rows_move_without_a_reload(page: Page, house: House, generated: Any) -> None:
    note_states(page)
    page.evaluate(
        """() => {
          window.inserted = new Set();
          const look = () => {
            const cell = document.querySelector('[data-testid="rows-inserted"]');
            if (cell) inserted.add(cell.textContent);
          };
          new MutationObserver(look).observe(document.body, { subtree: true, childList: true, characterData: true });
        }"""
    )
    # Told of at most four times a second: a quick machine inserts 300,000 rows between two of them.
    upload(page, generated("sales-1m"))

    expect(in_state(page, "done")).to_have_count(1)
    seen = page.evaluate("window.seen")
    assert seen[-1] == "done"
    assert {"parsing", "loading"} <= set(seen), seen
    assert len(page.evaluate("[...window.inserted]")) >= 3, "rows stood still"


def test_the_bytes_are_seen_going_up_and_can_be_called_back(page: Page, house: House, generated: Any) -> None:
    line = page.context.new_cdp_session(page)
    line.send("Network.enable")
    line.send(
        "Network.emulateNetworkConditions",
        {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": 400_000},
    )
    upload(page, generated("sales-100k"))

    sending = page.get_by_test_id("sending")
    expect(sending).to_be_visible()
    expect(sending).to_contain_text(re.compile(r"B/s · .* left"))
    expect(page.get_by_test_id("upload")).to_be_hidden()
    page.get_by_test_id("upload-cancel").click()

    expect(sending).to_be_hidden()
    expect(page.get_by_test_id("problem")).to_be_empty()
    expect(page.get_by_test_id("upload")).to_be_visible()
    assert house.api.get("/imports")["items"] == []


def test_nothing_starts_before_a_target_is_chosen(page: Page, house: House) -> None:
    page.get_by_test_id("file").set_input_files(rows_file("one.csv", one_row(1)))
    page.get_by_test_id("upload").click()
    expect(page.get_by_test_id("problem")).to_contain_text("table")
    expect(page.get_by_test_id("target")).to_be_focused()
    assert house.api.get("/imports")["items"] == []

    choose(page, "demo.sales")
    expect(page.get_by_test_id("problem")).to_be_empty()
    page.get_by_test_id("upload").press("Enter")
    expect(in_state(page, "done")).to_have_count(1)


def test_a_table_shows_what_its_file_must_have(page: Page) -> None:
    choose(page, "demo.sales")
    columns = page.get_by_role("region", name="Columns of the table").locator("tbody tr")
    expect(columns).to_have_count(10)
    expect(columns.nth(0)).to_have_text(re.compile(r"serial_number\s*bigint\s*key"))
    expect(columns.nth(1)).to_have_text(re.compile(r"item_code\s*varchar\(20\)\s*required"))
    expect(columns.nth(6)).to_have_text(re.compile(r"discount\s*numeric\(5,4\)\s*optional"))
    expect(columns.nth(8)).to_have_text(re.compile(r"paid\s*boolean\s*default"))
    choose(page, "demo.products")
    expect(columns.nth(4)).to_have_text(re.compile(r"price_with_tax\s*numeric\(12,2\)\s*computed"))


def test_a_header_that_does_not_fit_is_seen_before_it_is_sent(page: Page) -> None:
    choose(page, "demo.sales")
    header = "Serial Number;item-code;STORE_ID;sale date;colour"
    page.get_by_test_id("file").set_input_files(rows_file("stock.csv", "1;A;1;2024-01-01;red", header=header))
    check = page.locator("#header-check")
    expect(page.get_by_test_id("file-reading")).to_have_text("Read as CSV with semicolons")
    expect(check).to_contain_text("Missing in the file: quantity, unit_price.")
    expect(check).to_contain_text("“colour”")
    expect(page.locator('tr[data-state="missing"]')).to_have_count(2)
    expect(page.locator('tr[data-state="found"]')).to_have_count(4)

    page.get_by_test_id("file").set_input_files(rows_file("good.csv", header=HEADER.replace(",", ";")))
    expect(check).to_contain_text("The header fits")
    page.locator("#options summary").click()
    page.get_by_label("The first row").select_option("false")
    expect(check).to_be_hidden()


def test_a_file_that_is_no_table_is_told_of_before_it_is_sent(page: Page) -> None:
    picture = {"name": "logo.csv", "mimeType": "text/csv", "buffer": b"%PDF-1.7\n" + bytes(2000)}
    page.get_by_test_id("file").set_input_files(picture)
    expect(page.get_by_test_id("problem")).to_contain_text("PDF")

    page.get_by_test_id("file").set_input_files(rows_file("good.csv"))
    expect(page.get_by_test_id("file-reading")).to_have_text("Read as CSV with commas")
    expect(page.get_by_test_id("problem")).to_be_hidden()


def test_the_options_are_sent(page: Page, house: House) -> None:
    choose(page, "demo.sales")
    page.locator("#options summary").click()
    page.get_by_label("Rows are the same when they agree in").select_option(label="item_code, store_id, sale_date")
    page.get_by_label("Of rows with one key in the file").select_option("first")
    page.get_by_label("Fields are separated by").select_option(label="tab")
    rows = [one_row(number).replace(",", "\t") for number in (1, 2)]
    second = one_row(1).replace("1,A1", "3,A1").replace(",", "\t")
    upload(page, rows_file("tabs.csv", *rows, second, header=HEADER.replace(",", "\t")))

    expect(in_state(page, "done")).to_have_count(1)
    found = house.api.object(newest_task(house))
    assert found["key"] == ["item_code", "store_id", "sale_date"]
    assert found["source"]["dialect"]["delimiter"] == "\t"
    assert (found["rows_inserted"], found["rows_skipped"]) == (2, 1)
    assert house.database.rows("SELECT serial_number FROM demo.sales ORDER BY 1") == [(1,), (2,)]


def test_how_a_file_is_read_is_shown_and_can_be_overruled(page: Page, house: House) -> None:
    house.database.execute("CREATE TABLE demo.days (id integer PRIMARY KEY, day date, amount numeric)")
    page.reload()
    page.evaluate("window.openedByTest = true")
    clear = "Stand: heute\nID;Day;Amount\n1;31.12.2024;1.234,5\n".encode("utf-16")
    upload(page, {"name": "clear.csv", "mimeType": "text/csv", "buffer": clear}, "demo.days")
    expect(in_state(page, "done")).to_have_count(1)
    expect(page.get_by_test_id("reading")).to_have_text(
        "CSV with semicolons, UTF-16LE · decimal comma · dates as day, month, year · 1 row above it left out"
    )

    open_one = b"id,day,amount\n2,03/04/2024,1\n"
    upload(page, {"name": "open.csv", "mimeType": "text/csv", "buffer": open_one}, "demo.days")
    expect(in_state(page, "failed")).to_have_count(1)
    expect(in_state(page, "failed").get_by_test_id("error")).to_contain_text("date_order")
    page.locator("#options summary").click()
    page.get_by_label("03/04/2024 is").select_option(label="3 April")
    upload(page, {"name": "open.csv", "mimeType": "text/csv", "buffer": open_one}, "demo.days")
    expect(in_state(page, "done")).to_have_count(2)
    assert house.database.value("SELECT day::text FROM demo.days WHERE id = 2") == "2024-04-03"


def test_remarks_on_the_database_are_shown_with_their_sql(page: Page, house: House) -> None:
    house.database.execute("CREATE UNLOGGED TABLE demo.fast (id integer PRIMARY KEY)")
    page.reload()
    page.evaluate("window.openedByTest = true")

    upload(page, {"name": "fast.csv", "mimeType": "text/csv", "buffer": b"id\n1\n"}, "demo.fast")

    expect(in_state(page, "done")).to_have_count(1)
    remarks = page.get_by_test_id("warnings")
    expect(remarks.locator("summary")).to_have_text("1 remark on the database")
    remarks.locator("summary").click()
    expect(remarks.locator("pre")).to_have_text("ALTER TABLE demo.fast SET LOGGED;")

    upload(page, rows_file("one.csv", one_row(1)))
    expect(in_state(page, "done")).to_have_count(2)
    expect(page.get_by_test_id("warnings").filter(visible=True)).to_have_count(1)


def test_a_file_that_was_imported_before_is_told_and_can_be_sent_again(page: Page, house: House) -> None:
    file = rows_file("one.csv", one_row(1))
    upload(page, file)
    expect(in_state(page, "done")).to_have_count(1)
    first = newest_task(house)

    upload(page, file)
    expect(page.get_by_test_id("replayed")).to_contain_text("was imported into demo.sales before")
    assert newest_task(house) == first
    page.get_by_test_id("again").click()

    expect(in_state(page, "done")).to_have_count(2)
    expect(page.get_by_test_id("replayed")).to_be_hidden()
    expect(page.get_by_test_id(f"import-{newest_task(house)}").get_by_test_id("rows-unchanged")).to_have_text("1")


# Rejects and problems


def test_the_rejects_are_shown_and_can_be_downloaded(page: Page, house: House) -> None:
    upload(page, ROOT / "Fixtures/sales-tiny.csv")
    row = in_state(page, "done")
    expect(row).to_have_count(1)
    found = house.api.object(newest_task(house))
    expect(row.get_by_test_id("rows-bad")).to_have_text(str(found["rows_bad"]))

    # Unfolded by themselves, because the import was started here.
    rejects = house.api.get(f"/imports/{newest_task(house)}/errors", format="json")["items"]
    shown = row.get_by_test_id("rejects").locator("tbody tr")
    expect(shown).to_have_count(5)
    for index, reject in enumerate(rejects[:5]):
        expect(shown.nth(index)).to_contain_text(reject["message"])
        expect(shown.nth(index)).to_contain_text(reject["code"])

    with page.expect_download() as started:
        row.get_by_test_id("errors-csv").click()
    text = Path(started.value.path()).read_text(encoding="utf-8")
    assert text.startswith("row,line,column,code,message,value,raw")
    assert "unterminated_quote" in text

    with page.expect_download() as started:
        row.get_by_test_id("errors-source").click()
    assert started.value.suggested_filename.endswith(".csv")
    assert b"_errors" in Path(started.value.path()).read_bytes().split(b"\n")[0]


def test_where_the_time_went_is_shown(page: Page, house: House, generated: Any) -> None:
    upload(page, generated("sales-10k"))
    expect(in_state(page, "done")).to_have_count(1)
    task_id = newest_task(house)
    panel = page.get_by_test_id(f"import-{task_id}").get_by_test_id("profile")

    panel.locator("summary").click()

    # It comes a moment after the commit, and without a reload.
    expect(panel.locator('tr[data-step="statistics"]')).to_have_count(1)
    steps = house.api.object(task_id)["profile"]["steps"]
    assert [line.get_attribute("data-step") for line in panel.locator("tbody tr").all()] == [
        step["name"] for step in steps
    ]
    longest = max(step["seconds"] for step in steps)
    for step in steps:
        line = panel.locator(f'tr[data-step="{step["name"]}"]')
        bar = float(line.locator("progress").get_attribute("value") or "nan")
        assert abs(bar - step["seconds"] / longest) < 0.01
        _, seconds, _, rate = line.locator("td").all_inner_texts()
        assert abs(float(seconds) - step["seconds"]) < 0.0051
        assert rate == "" or abs(float(rate.replace(",", "")) - step["rows_per_second"]) <= 0.51
        assert (rate == "") == (step["rows"] is None)


def test_an_import_that_fails_says_why(page: Page) -> None:
    choose(page, "demo.sales")
    page.locator("#options summary").click()
    page.get_by_label("A bad row").select_option("abort")
    upload(page, rows_file("bad.csv", one_row(1), one_row(2).replace("2024-01-01", "2024-02-30")))
    row = in_state(page, "failed")
    expect(row.get_by_test_id("error")).to_contain_text("too_many_rejects")
    expect(row.get_by_test_id("errors-csv")).to_be_visible()


def test_a_refusal_is_shown(page: Page, house: House) -> None:
    choose(page, "demo.sales")
    house.database.execute("DROP TABLE demo.sales")
    page.get_by_test_id("file").set_input_files(rows_file("one.csv", one_row(1)))
    page.get_by_test_id("upload").click()
    expect(page.get_by_test_id("problem")).to_contain_text("demo.sales")
    expect(page.locator("#problem-hint")).not_to_be_empty()


def test_a_name_is_shown_and_never_run(page: Page, house: House) -> None:
    name = "<img src=x onerror=window.pwned=1>.csv"
    bad = one_row(1).replace("2024-01-01", "<img src=x onerror=window.pwned=2>")
    upload(page, rows_file(name, bad))
    row = in_state(page, "done")
    expect(row).to_contain_text(name)
    expect(row.get_by_test_id("rejects")).to_contain_text("<img src=x onerror=window.pwned=2>")
    assert page.evaluate("window.pwned") is None
    assert page.locator("img").count() == 1, "more than the program's own sign"


def test_an_import_can_be_cancelled(make_house: HouseMaker, open_page: PageOpener) -> None:
    house = make_house("--no-worker")
    page = open_page(house)
    upload(page, rows_file("one.csv", one_row(1)))
    row = in_state(page, "queued")
    expect(row).to_contain_text("waiting for its turn")
    row.get_by_test_id("cancel").click()
    expect(in_state(page, "cancelled")).to_have_count(1)
    assert house.api.object(newest_task(house))["status"] == "cancelled"


def test_an_import_is_taken_back_when_that_is_meant(page: Page, house: House) -> None:
    house.api.load((HEADER + "\n" + one_row(1) + "\n").encode())
    upload(page, rows_file("two.csv", "1,A1,1,2024-01-01,7,1.00", one_row(2), one_row(3)))
    row = page.get_by_test_id(f"import-{eventually('it is done', lambda: done_task(house, 2))}")
    row.get_by_test_id("undo").click()
    question = row.get_by_test_id("undo-question")
    expect(question).to_contain_text("2 rows it inserted will be deleted, and the 1 row it changed")
    expect(question).to_contain_text("possible until")
    row.get_by_test_id("undo-no").click()
    expect(question).to_be_hidden()
    assert house.database.value("SELECT count(*) FROM demo.sales") == 3

    house.database.execute("UPDATE demo.sales SET quantity = 9 WHERE serial_number = 3")
    row.get_by_test_id("undo").click()
    row.get_by_test_id("undo-yes").click()
    expect(row.get_by_test_id("status")).to_have_text("undone")
    expect(row.get_by_test_id("undo-outcome")).to_have_text(
        "Taken back: 1 row deleted, 1 restored; 1 row left as it is."
    )
    expect(row.get_by_test_id("undo-left")).to_contain_text("serial_number = 3 the row was changed since")
    expect(row.get_by_test_id("undo")).to_be_hidden()
    assert house.database.rows("SELECT serial_number, quantity FROM demo.sales ORDER BY 1") == [(1, 1), (3, 9)]


def test_who_takes_a_replacement_back_reads_what_becomes_of_it(page: Page, house: House) -> None:
    house.api.load((HEADER + "\n" + one_row(1) + "\n").encode())
    house.api.load((HEADER + "\n" + one_row(2) + "\n").encode(), mode="replace")
    row = page.get_by_test_id(f"import-{newest_task(house)}")
    row.get_by_test_id("undo").click()
    question = row.get_by_test_id("undo-question")
    expect(question).to_contain_text("gets all rows back that it had before")
    expect(question).not_to_contain_text("deleted")
    row.get_by_test_id("undo-yes").click()
    expect(row.get_by_test_id("status")).to_have_text("undone")
    assert house.database.rows("SELECT serial_number FROM demo.sales") == [(1,)]


def test_an_undo_that_cannot_be_says_why(page: Page, house: House) -> None:
    upload(page, rows_file("one.csv", one_row(1)))
    row = in_state(page, "done")
    row.get_by_test_id("undo").click()
    house.database.execute("ALTER TABLE demo.sales RENAME COLUMN quantity TO pieces")
    row.get_by_test_id("undo-yes").click()
    expect(row.get_by_test_id("undo-error")).to_contain_text("has changed since the import")
    expect(row.get_by_test_id("status")).to_have_text("done")
    expect(row.get_by_test_id("undo")).to_be_visible()


def test_an_answer_that_news_have_overtaken_is_not_shown(page: Page, house: House) -> None:
    upload(page, rows_file("one.csv", one_row(1)))
    row = in_state(page, "done")
    expect(row).to_be_visible()
    house.database.execute("ALTER TABLE demo.sales RENAME COLUMN quantity TO pieces")

    def hold_back(route: Route) -> None:
        answer = route.fetch()
        expect(row.get_by_test_id("undo-error")).to_be_visible()
        route.fulfill(response=answer)

    page.route("**/undo", hold_back)
    row.get_by_test_id("undo").click()
    with page.expect_response("**/undo") as answer:
        row.get_by_test_id("undo-yes").click()
    answer.value.finished()
    # What is heard is shown with the next frame.
    page.evaluate("() => new Promise((shown) => requestAnimationFrame(() => requestAnimationFrame(shown)))")
    assert "has changed since the import" in row.get_by_test_id("undo-error").inner_text()


# The list


def test_imports_of_others_appear_by_themselves(page: Page, house: House, generated: Any) -> None:
    expect(page.locator("#empty")).to_be_visible()
    task_id = house.api.submit(generated("sales-10k"))
    expect(page.get_by_test_id(f"import-{task_id}")).to_have_attribute("data-status", "done")
    expect(page.locator("#empty")).to_be_hidden()


def test_it_finds_back_to_a_server_that_was_away(page: Page, house: House, generated: Any) -> None:
    before = house.api.load(generated("sales-10k"))["task_id"]
    expect(page.get_by_test_id(f"import-{before}")).to_have_attribute("data-status", "done")
    connection = page.get_by_test_id("connection")
    house.server.stop()
    expect(connection).to_have_attribute("data-state", "connecting")
    expect(page.locator("#banner")).to_be_visible()
    house.server.start()
    expect(connection).to_have_attribute("data-state", "open")
    expect(page.locator("#banner")).to_be_hidden()

    after = house.api.submit(generated("sales-10k"), force="true")
    expect(page.get_by_test_id(f"import-{after}")).to_have_attribute("data-status", "done")
    expect(page.get_by_test_id(f"import-{before}")).to_have_count(1)


def test_what_happened_while_it_was_away_is_read_again(open_page: PageOpener, house: House) -> None:
    page = open_page(house)
    page.context.set_offline(True)
    page.evaluate("dispatchEvent(new Event('offline'))")
    expect(page.get_by_test_id("connection")).to_have_attribute("data-state", "connecting")
    missed = house.api.load(f"{HEADER}\n{one_row(1)}\n".encode())["task_id"]
    expect(page.get_by_test_id(f"import-{missed}")).to_have_count(0)
    page.context.set_offline(False)
    expect(page.get_by_test_id(f"import-{missed}")).to_have_attribute("data-status", "done")


def test_older_imports_are_shown_when_asked_for(make_house: HouseMaker, open_page: PageOpener) -> None:
    house = make_house("--no-worker")
    ids = [house.api.submit(f"{HEADER}\n{one_row(number)}\n".encode()) for number in range(55)]
    page = open_page(house)
    rows = page.locator('[data-testid^="import-"]')
    # Those that wait are all told of by the WebSocket: what is over is not.
    for task_id in ids:
        assert house.api.call("DELETE", f"/imports/{task_id}").status_code == 200
    page.evaluate("window.openedByTest = false")
    page.reload()
    page.evaluate("window.openedByTest = true")
    expect(rows).to_have_count(50)
    page.get_by_test_id("older").click()
    expect(rows).to_have_count(55)
    expect(page.get_by_test_id("older")).to_be_hidden()
    shown = rows.evaluate_all("rows => rows.map((row) => row.dataset.testid)")
    assert shown == [f"import-{task_id}" for task_id in reversed(ids)]


# The page itself


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [400, 820, 1280])
def test_it_fits_every_width(open_page: PageOpener, shared_house: House, width: int, scheme: str) -> None:
    if not shared_house.api.get("/imports")["items"]:
        shared_house.api.load(ROOT / "Fixtures/sales-tiny.csv")
    page = open_page(shared_house, width=width, color_scheme=scheme)
    choose(page, "demo.stores")
    expect(in_state(page, "done")).to_have_count(1)
    page.get_by_test_id("rejects").locator("summary").click()
    expect(page.get_by_test_id("rejects").locator("tbody tr")).to_have_count(5)
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_every_field_has_a_label_and_is_reached_by_keyboard(page: Page) -> None:
    choose(page, "demo.sales")
    page.locator("#options summary").click()
    nameless = page.evaluate(
        """() => [...document.querySelectorAll("select, input")]
          .filter((field) => field.labels.length === 0).map((field) => field.id)"""
    )
    assert nameless == []
    page.get_by_test_id("target").focus()
    reached = []
    for _ in range(20):
        page.keyboard.press("Tab")
        reached.append(page.evaluate("document.activeElement.id"))
    wanted = ["file", "key", "scope", "duplicates", "on_error", "delimiter", "header", "encoding", "sheet"]
    wanted += ["date_order", "decimal", "commit", "force", "upload"]
    assert [name for name in reached if name in wanted][: len(wanted)] == wanted


def test_its_files_are_cached_by_their_content(shared_house: House) -> None:
    page = requests.get(shared_house.server.url + "/", timeout=10)
    assert page.headers["Content-Type"] == "text/html; charset=utf-8"
    assets = re.findall(r'(?:href|src)="(/assets/[^"]+)"', page.text)
    modules = {name.name for name in (ROOT / "Sources/Service/Dashboard/Assets").iterdir()} - {"index.html"}
    assert {path.removeprefix("/assets/") for path in assets} == modules
    for path in ["/", *assets]:
        answer = requests.get(shared_house.server.url + path, timeout=10)
        assert answer.status_code == 200, path
        assert answer.headers["Cache-Control"] == "no-cache"
        policy = answer.headers["Content-Security-Policy"].split("; ")
        assert "default-src 'self'" in policy
        assert not any("unsafe" in part for part in policy)
        tag = answer.headers["ETag"]
        for known in (tag, f"W/{tag}", f'"other", {tag}', "*"):
            again = requests.get(shared_house.server.url + path, headers={"If-None-Match": known}, timeout=10)
            assert again.status_code == 304 and again.content == b"", known
            assert again.headers["ETag"] == tag
        other = requests.get(shared_house.server.url + path, headers={"If-None-Match": '"other"'}, timeout=10)
        assert other.status_code == 200
    assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son\w+=", page.text), "something is inline"


@pytest.mark.skipif(
    os.environ.get("SLUICE_SCREENSHOT") != "1", reason="takes docs/dashboard.png: SLUICE_SCREENSHOT=1"
)
def test_the_picture_for_the_readme(page: Page, house: House, generated: Any) -> None:
    house.api.load(ROOT / "Fixtures/sales-tiny.csv")
    house.api.load(generated("sales-100k-bad"))
    upload(page, generated("sales-300k"))
    page.wait_for_function(
        """() => {
          const bar = document.querySelector('[data-status="loading"] progress');
          return bar && bar.value > 0.5;
        }"""
    )
    page.screenshot(path=str(ROOT / "docs/dashboard.png"))
    expect(in_state(page, "done")).to_have_count(3)


# Dry runs


def test_a_dry_run_shows_what_would_change_and_is_committed(page: Page, house: House) -> None:
    house.api.load(rows_file("before.csv", one_row(1), one_row(2))["buffer"])
    before = house.database.rows("SELECT serial_number, quantity, xmin::text FROM demo.sales ORDER BY 1")
    choose(page, "demo.sales")
    changed = "2,A2,1,2024-01-01,7,1.00"
    page.get_by_test_id("file").set_input_files(rows_file("what-if.csv", one_row(1), changed, one_row(3)))
    page.get_by_test_id("dry-run-option").check()
    expect(page.get_by_test_id("upload")).to_have_text("Start dry run")
    page.get_by_test_id("upload").click()

    row = page.locator('[data-testid^="import-"]').filter(has_text="what-if.csv")
    expect(row).to_have_attribute("data-status", "done")
    expect(row.get_by_test_id("dry-run")).to_be_visible()
    expect(row.get_by_test_id("diff-outcome")).to_have_text(
        "The table is as it was. 1 row would be new, 1 would change, 1 would stay."
    )
    expect(row.get_by_test_id("diff-columns")).to_contain_text("quantity (1)")
    # Unfolded by itself, because it was started here.
    lines = row.get_by_test_id("diff").locator("tbody tr")
    expect(lines).to_have_count(2)
    expect(lines.nth(0)).to_contain_text("new")
    expect(lines.nth(0).locator("ins")).to_have_count(0)
    expect(lines.nth(1).locator("del")).to_have_text("1")
    expect(lines.nth(1).locator("ins")).to_have_text("7")
    # With the digits that the table has.
    expect(lines.nth(0)).to_contain_text("1.00")
    expect(page.get_by_test_id("upload")).to_have_text("Start import")
    assert house.database.rows("SELECT serial_number, quantity, xmin::text FROM demo.sales ORDER BY 1") == before
    if os.environ.get("SLUICE_SCREENSHOT") == "diff":
        page.screenshot(path=os.environ["SLUICE_SCREENSHOT_FILE"])

    house.database.execute("DELETE FROM demo.sales WHERE serial_number = 1")
    row.get_by_test_id("commit").click()
    expect(row.get_by_test_id("dry-run")).to_be_hidden()
    expect(row.get_by_test_id("rows-inserted")).to_have_text("2")
    expect(row).to_have_attribute("data-status", "done")
    expect(row.get_by_test_id("commit")).to_be_hidden()
    expect(row.get_by_test_id("news")).to_contain_text("foresaw 1 inserted, 1 unchanged")
    assert house.database.value("SELECT quantity FROM demo.sales WHERE serial_number = 2") == 7


def test_a_commit_that_is_refused_says_why(page: Page, house: House) -> None:
    page.get_by_test_id("dry-run-option").check()
    upload(page, rows_file("old.csv", one_row(1)))
    row = in_state(page, "done")
    expect(row.get_by_test_id("commit")).to_be_visible()
    house.database.execute("UPDATE sluice.imports SET commit_until = now() - interval '1 s'")
    row.get_by_test_id("commit").click()
    expect(row.get_by_test_id("commit-problem")).to_contain_text("24 hours ago")


# Templates


def test_a_template_is_saved_chosen_and_sent(open_page: PageOpener, house: House) -> None:
    house.api.call("PUT", "/templates/german", json={"target": "demo.sales", "mapping": {"Nummer": "serial_number"}})
    page = open_page(house)
    page.get_by_test_id("template").select_option("german")
    # Its table is taken over, and the header is read as its mapping has it.
    expect(page.get_by_test_id("target")).to_have_value("demo.sales")
    header = HEADER.replace("serial_number", "Nummer")
    page.get_by_test_id("file").set_input_files(rows_file("a.csv", one_row(1), header=header))
    expect(page.locator("#header-check")).to_contain_text("The header fits")

    page.locator("#options summary").click()
    page.get_by_label("Of rows with one key in the file").select_option("first")
    page.get_by_test_id("template-name").fill("mine")
    page.get_by_test_id("template-save").click()
    expect(page.get_by_test_id("template")).to_have_value("mine")
    assert house.api.get("/templates/mine")["options"] == {
        "target": "demo.sales", "duplicates": "first", "mapping": {"Nummer": "serial_number"}
    }

    page.get_by_test_id("upload").click()
    expect(in_state(page, "done")).to_have_count(1)
    assert house.database.rows("SELECT serial_number FROM demo.sales") == [(1,)]


def test_a_report_that_does_not_list_all_says_so(make_house: HouseMaker, open_page: PageOpener) -> None:
    house = make_house(SLUICE_REJECT_LIMIT="2")
    page = open_page(house)
    bad = [one_row(number).replace("2024-01-01", "never") for number in range(1, 6)]
    upload(page, rows_file("bad.csv", *bad[:2]))
    expect(in_state(page, "done")).to_have_count(1)
    expect(in_state(page, "done").get_by_test_id("rejects").locator("tbody tr")).to_have_count(2)
    expect(page.get_by_test_id("rejects-listed")).to_be_hidden()
    upload(page, rows_file("worse.csv", *bad))
    expect(page.get_by_text("5 rows were rejected; the reports list the first 2 that were found.")).to_be_visible()
