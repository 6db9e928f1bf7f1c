"""A broadcast to ten thousand people, watched while it goes out: live, paused, resumed, finished."""

import re
from pathlib import Path
from uuid import uuid4

from playwright.sync_api import Page, expect

from tests.browser.test_audiences import create_audience
from tests.browser.test_import import upload
from tests.browser.test_send_a_broadcast import write

PEOPLE = 10_000


def import_people(page: Page, file: Path) -> None:
    """Ten thousand people by CSV, from the audience's page."""
    rows = "".join(f"person{number}@x{number % 50}.test,Person {number},Lovelace\n" for number in range(PEOPLE))
    file.write_text(f"email,first_name,last_name\n{rows}")
    upload(page, file)
    page.get_by_role("button", name="Continue").click()
    page.get_by_role("button", name="Import 10,000 contacts").click(timeout=20_000)
    expect(page.get_by_text("Import done")).to_be_visible(timeout=20_000)


def sent(page: Page) -> int:
    """What the report says has been sent."""
    return int(page.locator(".stats > div", has_text="Sent").first.locator("dd").first.inner_text().replace(",", ""))


def wait_until_sent(page: Page, number: int) -> None:
    """Until the numbers have moved by themselves: the page isn't loaded again."""
    page.wait_for_function(
        """number => [...document.querySelectorAll(".stats > div")].some(each =>
            each.querySelector("dt").textContent === "Sent"
            && Number(each.querySelector("dd").textContent.replace(/,/g, "")) >= number)""",
        arg=number,
        timeout=40_000,
    )


def test_a_broadcast_is_watched_paused_resumed_and_finished(member_page: Page, tmp_path: Path):
    page = member_page
    audience = create_audience(page)
    import_people(page, tmp_path / "people.csv")
    subject = f"Ten thousand {uuid4().hex[:6]}"
    write(page, audience, subject)
    page.get_by_role("button", name="Review", exact=True).click()
    page.get_by_role("button", name="Send to 10,000 people").click()

    # Live: the numbers, the bar and the tab move by themselves.
    expect(page.locator(".head .pill", has_text="Sending")).to_be_visible(timeout=20_000)
    wait_until_sent(page, 1)
    first = sent(page)
    wait_until_sent(page, first + 1)
    expect(page).to_have_title(re.compile(r"^\d+% · Ten thousand"))
    expect(page.get_by_text(re.compile(r"still to go"))).to_be_visible()

    # Paused: what is under way ends, then nothing moves.
    page.get_by_role("button", name="Pause").click()
    expect(page.locator(".head .pill", has_text="Paused")).to_be_visible()
    page.wait_for_timeout(2000)
    paused = sent(page)
    page.wait_for_timeout(1000)
    page.reload()
    assert first < paused == sent(page) < PEOPLE
    expect(page.get_by_text(f"{PEOPLE - paused:,} of 10,000 still to go")).to_be_visible()

    # Resumed, to the end.
    page.get_by_role("button", name="Resume").click()
    expect(page.locator(".head .pill", has_text="Sending")).to_be_visible()
    expect(page.locator(".head .pill", has_text="Sent")).to_be_visible(timeout=120_000)
    assert sent(page) == PEOPLE
    account = page.locator("dl.facts").first
    expect(account).to_contain_text("10,000 = 10,000 e-mails + 0 left out")
    expect(account).to_contain_text("10,000 = 10,000 sent (100%)")

    # The table of recipients, too, asks once more and then stops; the slowest of all asks every five seconds.
    expect(page.locator("main [hx-trigger^=every]")).to_have_count(0, timeout=10_000)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.wait_for_timeout(5500)
    assert asked == []
