"""Exports from the list to the file and its end: 800 rows at once, 25,000 by the link in the mail, seven days over."""

import csv
import io
import os
import re
import signal
import time
from pathlib import Path

import psycopg
import pytest
from playwright.sync_api import Page, expect

from lib import embedded
from lib.formulas import disarm
from lib.processes import Roster
from lib.public_ids import MASK, PublicIds
from tests.browser.conftest import Product
from tests.browser.test_audiences import create_audience
from tests.browser.test_import import upload
from tests.browser.test_send_a_broadcast import open_message

EXPORTS = "/t/northwind/settings/exports/"
NAMES = ["=1+1", "+49 30", "-", "@here", "''quoted", "''=1", "O'Neil", "\uff0b49", '"say ""hi"""', '"a, b"', "漢字"]
LINK = re.compile(r"http://127\.0\.0\.1:\d+(/t/northwind/settings/exports/[0-9a-f-]{36}/)")
LISTED = """
    SELECT c.id, c.email, c.first_name, c.last_name, 'true', 'unsubscribed',
        to_char(c.unsubscribed_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
        to_char(c.created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')
    FROM contacts_contact c JOIN audiences_audience a ON a.id = c.audience_id
    WHERE a.name = %s AND c.unsubscribed_at IS NOT NULL ORDER BY c.id DESC
"""


@pytest.fixture
def database(product: Product):
    """The product's own, to compare with and to move times in."""
    with psycopg.connect(embedded.addresses(product.var)["DATABASE_URL"], autocommit=True) as connected:
        yield connected


@pytest.fixture
def processes(product: Product) -> dict[str, int]:
    """The living processes of the product, by name."""
    return {name: entry[0] for name, entry in Roster(product.var / "run.processes.json").recorded().items()}


def people(page: Page, file: Path, *, unsubscribed: int) -> str:
    """A new audience of so many who unsubscribed, and three who didn't, by CSV; its page is open afterwards."""
    gone = "".join(
        f"gone{n}@x.test,{NAMES[n % len(NAMES)]},{NAMES[n // 3 % len(NAMES)]},yes\n" for n in range(unsubscribed)
    )
    here = "".join(f"here{n}@x.test,Here,Still,no\n" for n in range(3))
    file.write_text(f"email,first_name,last_name,unsubscribed\n{gone}{here}")
    name = create_audience(page)
    upload(page, file)
    page.get_by_role("button", name="Continue").click()
    page.get_by_role("button", name=re.compile("^Import ")).click(timeout=30_000)
    expect(page.get_by_text("Import done")).to_be_visible(timeout=60_000)
    page.get_by_role("link", name="See the contacts").click()
    return name


def ask(page: Page) -> None:
    """All Statuses → Unsubscribed, Export; the confirmation is open afterwards."""
    page.get_by_label("Status").select_option(label="Unsubscribed")
    expect(page).to_have_url(re.compile("status=unsubscribed"))
    expect(page.locator(".htmx-request")).to_have_count(0)
    page.get_by_role("link", name="Export", exact=True).click()
    expect(page.get_by_text("Status: Unsubscribed")).to_be_visible()


def taken(page: Page, press) -> Path:
    """The file that comes after `press`."""
    with page.expect_download() as download:
        press()
    assert re.fullmatch(r"contacts-readers-\w+-unsubscribed-[\d-]+\.csv", download.value.suggested_filename)
    return download.value.path()


def assert_is_the_list(file: Path, database, audience: str) -> None:
    """The file's rows are those of the database, cell by cell and in the list's order."""
    _header, *rows = csv.reader(io.StringIO(file.read_bytes().decode(), newline=""))
    [[key]] = database.execute("SELECT key FROM installation_key WHERE name = 'contact ids'").fetchall()
    ids = PublicIds("contact")
    ids.__dict__["keys"] = [int.from_bytes(key[at : at + 4], "big") & MASK for at in range(0, 32, 4)]
    listed = database.execute(LISTED, [audience]).fetchall()
    assert rows == [[str(ids.encode(number)), *map(disarm, cells)] for number, *cells in listed]


def test_unsubscribed_contacts_are_exported_taken_seen_and_expire(
    admin_page: Page, member_page: Page, product: Product, database, processes, tmp_path: Path
):
    page = admin_page

    # 800 download at once.
    few = people(page, tmp_path / "few.csv", unsubscribed=800)
    audience_of_few = page.url
    ask(page)
    small = taken(page, page.get_by_role("button", name="Export 800 rows").click)
    assert_is_the_list(small, database, few)
    expect(page.get_by_text("Your download begins")).to_be_visible()
    small_page = page.url.partition("?")[0]

    # Taken in again, they change nothing.
    page.goto(audience_of_few)
    again = tmp_path / "again.csv"
    again.write_bytes(small.read_bytes())
    upload(page, again)
    page.get_by_role("button", name="Continue").click()
    expect(page.locator(".stats")).to_be_visible(timeout=20_000)
    for label, number in {"New": "0", "Updated": "0", "Unchanged": "800", "Rejected": "0"}.items():
        stat = page.locator(".stats > div").filter(has=page.get_by_text(label, exact=True))
        expect(stat.locator("dd").first).to_have_text(number)

    # 25,000 are written in the background; the page follows, and a mail leads to it.
    many = people(page, tmp_path / "many.csv", unsubscribed=25_000)
    ask(page)
    page.get_by_role("button", name="Export 25,000 rows").click()
    expect(page.get_by_role("link", name="Download")).to_be_visible(timeout=30_000)
    large_page = page.url
    time.sleep(0.5)
    open_message(page, "Your export is ready", product.sign_in("admin")["email"])
    page.get_by_role("link", name="Text", exact=True).click()
    link = LINK.search(page.locator("pre").inner_text())
    assert large_page.endswith(link[1])
    page.goto(link[0])
    large = taken(page, page.get_by_role("link", name="Download").click)
    assert_is_the_list(large, database, many)

    # A member sees both, and can take neither.
    member_page.goto(EXPORTS)
    for each, number in ((small_page, "800"), (large_page, "25,000")):
        address = each.partition("/t/")[2]
        row = member_page.get_by_role("row").filter(has=member_page.locator(f'a[href="/t/{address}"]'))
        expect(row.get_by_role("cell", name=number, exact=True)).to_be_visible()
        expect(row.get_by_text("Ready")).to_be_visible()
        assert member_page.request.get(f"{each}download/").status == 403
    member_page.goto(small_page)
    expect(member_page.get_by_text("Only admins can download it")).to_be_visible()
    expect(member_page.get_by_role("link", name="Download")).to_have_count(0)

    # Seven days later nobody can take them, though nobody has deleted them yet.
    kept = list((product.var / "files" / "exports").rglob("*.csv"))
    os.kill(processes["beat"], signal.SIGSTOP)
    try:
        time.sleep(1)
        database.execute("UPDATE exports_export SET expires_at = now() - interval '1 second'")
        page.goto(EXPORTS)
        expect(page.get_by_text("Expired").first).to_be_visible()
        expect(page.get_by_text("Ready")).to_have_count(0)
        for each in (small_page, large_page):
            page.goto(each)
            expect(page.get_by_role("link", name="Download")).to_have_count(0)
            refused = page.request.get(f"{each}download/")
            assert "This export has expired" in refused.text()
            assert "attachment" not in refused.headers.get("content-disposition", "")
        assert len(kept) >= 2
        assert all(file.exists() for file in kept)
    finally:
        os.kill(processes["beat"], signal.SIGCONT)

    # Then they are gone.
    wait_until(lambda: not any(file.exists() for file in kept))
    past = "SELECT DISTINCT status, file FROM exports_export WHERE expires_at < now()"
    wait_until(lambda: database.execute(past).fetchall() == [("expired", "")])


def test_a_worker_killed_meanwhile_costs_nothing_but_time(
    admin_page: Page, product: Product, database, processes, tmp_path: Path
):
    page = admin_page
    audience = people(page, tmp_path / "people.csv", unsubscribed=1_500)
    ask(page)

    # What it reads is locked once it was asked for, so that it is in the midst of it when it is killed.
    with psycopg.connect(embedded.addresses(product.var)["DATABASE_URL"]) as locking:
        os.kill(processes["importer"], signal.SIGSTOP)
        page.get_by_role("button", name="Export 1,500 rows").click()
        expect(page.get_by_text("Waiting to begin")).to_be_visible()
        locking.execute("LOCK TABLE contacts_contact IN ACCESS EXCLUSIVE MODE")
        os.kill(processes["importer"], signal.SIGCONT)
        expect(page.get_by_text("of about 1,500 rows written")).to_be_visible(timeout=20_000)
        for pid in family(processes["importer"]):
            os.kill(pid, signal.SIGKILL)
        expect(page.get_by_role("link", name="Download")).to_have_count(0)
        assert "no file that could be downloaded" in page.request.get(f"{page.url}download/").text()
    database.execute("UPDATE exports_export SET heartbeat_at = now() - interval '2 minutes' WHERE status = 'running'")

    expect(page.get_by_role("link", name="Download")).to_be_visible(timeout=60_000)
    file = taken(page, page.get_by_role("link", name="Download").click)
    assert_is_the_list(file, database, audience)
    assert database.execute("SELECT attempts FROM exports_export ORDER BY id DESC LIMIT 1").fetchone() == (2,)
    assert len(list((product.var / "files" / "exports").rglob("*.csv"))) == 1


def family(pid: int) -> list[int]:
    """A process and those that it has started; itself first, so that it starts no others."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [pid, *map(int, children)]


def wait_until(condition, seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it never happened"
        time.sleep(0.1)
