"""The dashboard in a real browser."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from api import check_conserved
from conftest import House
from program import ROOT

# Long, because the machine may be busy; what is waited for is a change of the page, not the time.
PATIENCE_MS = 60_000


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
def page(browser: Browser, house: House) -> Iterator[Page]:
    """The dashboard, opened; any error in its script fails the test."""
    context = browser.new_context(viewport={"width": 1280, "height": 860}, accept_downloads=True)
    page = context.new_page()
    page.set_default_timeout(PATIENCE_MS)
    expect.set_options(timeout=PATIENCE_MS)
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    foreign: list[str] = []
    page.on("request", lambda request: foreign.append(request.url) if is_foreign(house, request.url) else None)
    page.goto(house.server.url + "/")
    # Gone after a reload: by this a test knows that there was none.
    page.evaluate("window.openedByTest = true")
    yield page
    assert page.evaluate("window.openedByTest") is True, "the page was loaded again"
    context.close()
    assert errors == []
    assert foreign == [], "the page fetches from elsewhere"


def is_foreign(house: House, url: str) -> bool:
    own = (house.server.url, house.server.url.replace("http://", "ws://"), "data:", "blob:")
    return not url.startswith(own)


def choose(page: Page, target: str) -> None:
    """Picks a target, be it a list to choose from or a field to type into."""
    field = page.get_by_test_id("target")
    if field.evaluate("element => element.tagName") == "SELECT":
        expect(field.locator(f'option[value="{target}"]')).to_have_count(1)
        field.select_option(target)
    else:
        field.fill(target)


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


def test_a_dropped_file_is_watched_to_its_end(page: Page, house: House, generated: Any) -> None:
    choose(page, "demo.sales")
    drop(page, generated("sales-10k"))

    row = page.locator('[data-testid^="import-"][data-status="done"]')
    expect(row).to_have_count(1)
    task_id = newest_task(house)
    row = page.get_by_test_id(f"import-{task_id}")
    expect(row).to_have_attribute("data-status", "done")
    check_conserved(house.api.object(task_id))
    expect(row).to_contain_text("demo.sales")
    assert "10000" in "".join(letter for letter in row.inner_text() if letter.isdigit())
    assert house.database.value("SELECT count(*) FROM demo.sales") == 10_000


def test_states_and_rows_move_without_a_reload(page: Page, house: House, generated: Any) -> None:
    choose(page, "demo.sales")
    # Notes each state that the page shows, from the moment the row is there.
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
    page.get_by_test_id("file").set_input_files(generated("sales-300k"))

    expect(page.locator('[data-testid^="import-"][data-status="done"]')).to_have_count(1)
    seen = page.evaluate("window.seen")
    assert seen[-1] == "done"
    assert {"parsing", "loading"} <= set(seen), seen


def test_the_error_report_can_be_downloaded(page: Page, house: House) -> None:
    choose(page, "demo.sales")
    page.get_by_test_id("file").set_input_files(ROOT / "Fixtures/sales-tiny.csv")
    row = page.locator('[data-testid^="import-"][data-status="done"]')
    expect(row).to_have_count(1)

    link = row.locator('a[href*="/errors"]').first
    with page.expect_download() as started:
        link.click()
    text = Path(started.value.path()).read_text(encoding="utf-8")
    assert text.startswith("row,line,column,code,message,value,raw")
    assert "unterminated_quote" in text


def test_imports_of_others_appear_by_themselves(page: Page, house: House, generated: Any) -> None:
    task_id = house.api.submit(generated("sales-10k"))
    expect(page.get_by_test_id(f"import-{task_id}")).to_have_attribute("data-status", "done")


def test_it_finds_back_to_a_server_that_was_away(page: Page, house: House, generated: Any) -> None:
    before = house.api.load(generated("sales-10k"))["task_id"]
    expect(page.get_by_test_id(f"import-{before}")).to_have_attribute("data-status", "done")
    house.server.stop()
    house.server.start()

    after = house.api.submit(generated("sales-10k"), force="true")

    expect(page.get_by_test_id(f"import-{after}")).to_have_attribute("data-status", "done")
    expect(page.get_by_test_id(f"import-{before}")).to_have_count(1)


def test_a_name_is_shown_and_never_run(page: Page, house: House) -> None:
    rows = b"serial_number,item_code,store_id,sale_date,quantity,unit_price\n1,A,1,2024-01-01,1,1.00\n"
    answer = house.api.send(rows, name="<img src=x onerror=window.pwned=1>.csv")
    task_id = answer.json()["task_id"]
    expect(page.get_by_test_id(f"import-{task_id}")).to_have_attribute("data-status", "done")
    assert page.evaluate("window.pwned") is None


def test_a_refusal_is_shown(page: Page, house: House) -> None:
    choose(page, "demo.sales")
    house.database.execute("DROP TABLE demo.sales")
    page.get_by_test_id("file").set_input_files(ROOT / "Fixtures/sales-tiny.csv")
    expect(page.locator("body")).to_contain_text("demo.sales")
    expect(page.get_by_test_id("message")).not_to_be_empty()


@pytest.mark.skipif(
    os.environ.get("SLUICE_SCREENSHOT") != "1", reason="takes docs/dashboard.png: SLUICE_SCREENSHOT=1"
)
def test_the_picture_for_the_readme(page: Page, house: House, generated: Any) -> None:
    house.api.load(ROOT / "Fixtures/sales-tiny.csv")
    house.api.load(generated("sales-100k-bad"))
    choose(page, "demo.sales")
    page.get_by_test_id("file").set_input_files(generated("sales-300k"))
    expect(page.locator('[data-testid^="import-"][data-status="loading"]')).to_have_count(1)
    page.wait_for_function(
        """() => {
          const bar = document.querySelector('[data-status="loading"] progress');
          return !bar || bar.value / bar.max > 0.4;
        }"""
    )
    page.screenshot(path=str(ROOT / "docs/dashboard.png"))
    expect(page.locator('[data-testid^="import-"][data-status="done"]')).to_have_count(3)
