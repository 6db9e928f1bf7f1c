"""Every page of the product: no accessibility violations, nothing wider than the window, in light and in dark."""

import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.browser.test_audiences import add_by_hand, create_audience
from tests.browser.test_import import CSV, upload
from tests.browser.test_send_a_broadcast import HTML, PEOPLE, write

IDS = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}")
# Answers that are no pages of ours: downloads, documents for frames, what only takes a POST, and the question that is
# asked only while a broadcast is under way.
NO_PAGES = {
    "broadcasts/new/",
    "broadcasts/·/cancel/",
    "broadcasts/·/duplicate/",
    "broadcasts/·/held/again/",
    "broadcasts/·/held/leave/",
    "broadcasts/·/pause/",
    "broadcasts/·/preview/frame/",
    "broadcasts/·/resume/",
    "broadcasts/·/schedule/",
    "broadcasts/·/send/",
    "broadcasts/·/take-back/",
    "broadcasts/·/unschedule/",
    "contacts/·/resubscribe/",
    "contacts/·/unsubscribe/",
    "domains/·/check/",
    "emails/·/frame/",
    "imports/sample.csv",
    "imports/·/",
    "imports/·/cancel/",
    "imports/·/rejects.csv",
    "outbox/clear/",
    "outbox/·/html/",
    "outbox/·/source/",
    "settings/exports/·/download/",
    "settings/exports/·/retry/",
    "settings/unsubscribe-page/preview/",
    "settings/invitations/·/send/",
    "settings/invitations/·/withdraw/",
}


def shape(address: str) -> str:
    """The path below the team, with its ids left out."""
    return IDS.sub("·", address.split("/t/northwind/", 1)[-1].partition("?")[0])


def team_pages() -> set[str]:
    """The shape of every page of a team, from the URL configuration."""
    from tests.test_access import TEAM_ROUTES

    routes = {re.sub(r"<[^>]*>", "·", route.removeprefix("t/<slug:team>/")) for route, _ in TEAM_ROUTES}
    return routes - NO_PAGES


def states(page: Page, folder: Path) -> Iterator[None]:
    """Bring up every page of the product in turn, with something on it, and stop at each."""
    audience = create_audience(page)
    yield
    home = page.url
    page.goto(f"{home}add/")
    page.get_by_label("E-mail addresses").fill("bad@")
    page.get_by_role("button", name="Add contacts").click()
    expect(page.get_by_role("alert").first).to_be_visible()
    yield
    page.goto(home)
    add_by_hand(page, PEOPLE)
    yield
    page.goto(f"{home}?q=nobody")
    yield
    yield from _import(page, home, folder)
    yield from _contact(page, home)
    yield from _broadcast(page, audience)
    yield from _walk(page, "/t/northwind/broadcasts/", "Autumn harvest")
    yield from _walk(page, "/t/northwind/outbox/", None)
    yield from _domains(page)
    yield from _programs(page, home)
    yield from _exports(page, home)
    yield from _people(page)
    yield from _walk(page, "/t/northwind/emails/", None)
    yield from _unsubscribe_page(page)
    for address in ("/t/northwind/audiences/new/", "/t/northwind/audiences/", "/t/northwind/settings/sending/"):
        page.goto(address)
        yield
    for last in ("rename/", "delete/", "imports/"):
        page.goto(home + last)
        yield


def _import(page: Page, home: str, folder: Path) -> Iterator[None]:
    file = folder / "people.csv"
    file.write_text(CSV)
    page.goto(f"{home}import/")
    yield
    page.goto(home)
    upload(page, file)
    yield
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_role("heading", name="Rejected rows")).to_be_visible(timeout=15_000)
    yield
    page.get_by_role("button", name=re.compile("^Import ")).click()
    expect(page.get_by_text("Import done")).to_be_visible(timeout=15_000)
    yield


def _contact(page: Page, home: str) -> Iterator[None]:
    page.goto(home)
    page.get_by_role("link", name="bo@y.test").click()
    page.get_by_role("button", name="Unsubscribe").click()
    expect(page.get_by_text("Unsubscribed by hand")).to_be_visible()
    yield
    contact = page.url
    for last in ("edit/", "delete/", "activity/"):
        page.goto(contact + last)
        yield


def _broadcast(page: Page, audience: str) -> Iterator[None]:
    write(page, audience, "Spring news")
    page.get_by_label("From", exact=True).fill("nobody")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("alert").first).to_be_visible()
    yield
    page.get_by_label("From", exact=True).fill("Northwind <news@northwind.example>")
    page.get_by_label("HTML", exact=True).fill(HTML)
    page.get_by_role("button", name="Preview").click()
    yield
    broadcast = page.url.partition("preview/")[0]
    for last in ("edit/", "test/", "review/", "delete/"):
        page.goto(broadcast + last)
        yield
    page.goto(f"{broadcast}review/")
    page.get_by_role("button", name=re.compile("^Send to")).click()
    expect(page.locator(".head .pill", has_text="Sent")).to_be_visible(timeout=30_000)
    yield
    page.get_by_role("link", name="Send to the rest").click()
    expect(page.get_by_text("Nobody is left")).to_be_visible()
    yield


def _domains(page: Page) -> Iterator[None]:
    page.goto("/t/northwind/domains/")
    yield
    page.goto("/t/northwind/domains/new/")
    page.get_by_label("Domain").fill("https://northwind.example/")
    page.get_by_role("button", name="Add domain").click()
    expect(page.get_by_role("alert").first).to_be_visible()
    yield
    page.get_by_label("Domain").fill(f"d{time.time_ns()}.example")
    page.get_by_role("button", name="Add domain").click()
    expect(page.locator(".card .pill", has_text="Missing")).to_be_visible(timeout=15_000)
    yield
    page.goto("/t/northwind/domains/?q=nothing")
    yield
    page.goto("/t/northwind/domains/")
    yield
    page.locator("tbody a").first.click()
    page.get_by_role("link", name="Delete").click()
    expect(page.get_by_role("button", name="Delete domain")).to_be_visible()
    yield


def _programs(page: Page, home: str) -> Iterator[None]:
    """Keys and logs, with a key made in the browser and a request made with it."""
    page.goto("/t/northwind/api-keys/new/")
    yield
    page.get_by_label("Name").fill("Website sign-up")
    page.get_by_role("button", name="Create API key").click()
    expect(page.get_by_text("Copy the secret now.")).to_be_visible()
    yield
    token = page.locator(".copy code").first.inner_text()
    audience = home.rstrip("/").rpartition("/")[2]
    page.request.get(f"/api/audiences/{audience}", headers={"Authorization": f"Bearer {token}"})
    page.goto("/t/northwind/logs/?q=nothing")
    yield
    page.goto("/t/northwind/logs/")
    yield
    page.locator("tbody a").first.click()
    expect(page.get_by_role("heading", name="Response body")).to_be_visible()
    yield
    page.goto("/t/northwind/api-keys/documentation/")
    yield
    page.goto("/t/northwind/api-keys/")
    yield
    page.get_by_role("link", name="Revoke Website sign-up").first.click()
    expect(page.get_by_role("heading", name="Revoke “Website sign-up”")).to_be_visible()
    yield


def _exports(page: Page, home: str) -> Iterator[None]:
    audience = home.rstrip("/").rpartition("/")[2]
    page.goto(f"/t/northwind/exports/new/?resource=contacts&audience={audience}&q=nobody")
    expect(page.get_by_text("there is nothing to export")).to_be_visible()
    yield
    page.goto(home)
    page.get_by_role("link", name="Export", exact=True).click()
    expect(page.get_by_role("heading", name="What it will hold")).to_be_visible()
    yield
    with page.expect_download() as download:
        page.get_by_role("button", name=re.compile("^Export ")).click()
    expect(page.get_by_text("Your download begins")).to_be_visible()
    assert download.value.suggested_filename.endswith(".csv")
    yield
    page.goto("/t/northwind/settings/exports/")
    yield


def _unsubscribe_page(page: Page) -> Iterator[None]:
    """As it came, refused, dressed, and about to be reset."""
    settings = "/t/northwind/settings/unsubscribe-page/"
    page.goto(settings)
    yield
    page.get_by_label("Text colour").fill("#dddddd")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("alert").first).to_be_visible()
    yield
    page.get_by_label("Text colour").fill("#3d2b1f")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Saved. Recipients")).to_be_visible()
    yield
    page.goto(f"{settings}reset/")
    yield
    page.get_by_role("button", name="Reset").click()


def _people(page: Page) -> Iterator[None]:
    """The team and who is in it; with one invitation, of which another is refused."""
    page.goto("/t/northwind/settings/team/")
    yield
    page.goto("/t/northwind/settings/invitations/new/")
    yield
    page.get_by_label("E-mail addresses").fill("somebody.with.a.long.name@new.example, bad@")
    page.get_by_role("button", name="Send invitations").click()
    expect(page.get_by_text("Not invited")).to_be_visible()
    yield
    page.goto("/t/northwind/settings/members/")
    expect(page.get_by_role("heading", name="Open invitations")).to_be_visible()
    yield
    page.get_by_role("link", name="Change Jonas Okafor").click()
    yield
    page.get_by_role("link", name="Remove from team").click()
    yield
    page.goto("/t/northwind/settings/members/leave/")
    yield
    page.locator("button.team").click()
    yield


def _walk(page: Page, list_page: str, name: str | None) -> Iterator[None]:
    page.goto(list_page)
    yield
    links = page.locator("tbody a")
    (links.filter(has_text=name) if name else links).first.click()
    expect(page.locator("tbody a, .tabs").first).to_be_visible()
    yield


def test_every_page_is_accessible_and_fits(browser, product, signed_in, tmp_path):
    """In both looks at each stop of one walk, for it is the walk that takes long."""
    context = browser.new_context(
        base_url=product.url,
        storage_state=signed_in["admin"],
        color_scheme="light",
        viewport={"width": 1280, "height": 900},
        reduced_motion="reduce",
    )
    page = context.new_page()
    wrong: dict[str, list[str]] = {}
    seen: set[str] = set()

    for _ in states(page, tmp_path):
        seen.add(shape(page.url))
        page.wait_for_load_state()
        for scheme, width in (("dark", 390), ("light", 1280)):
            page.emulate_media(color_scheme=scheme)
            page.set_viewport_size({"width": width, "height": 900})
            if rules := violations(page):
                wrong[f"{page.url}, {scheme}, {width} px"] = rules
    context.close()

    assert wrong == {}
    assert team_pages() - seen == set()


def violations(page: Page) -> list[str]:
    """What axe objects to on the open page, and whether it is wider than its window."""
    expect(page.locator(".htmx-request")).to_have_count(0)
    found = Axe().run(page).response["violations"]
    rules = [f"{each['id']}: {each['nodes'][0]['html'][:120]}" for each in found]
    if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
        rules.append("wider than the window")
    return rules


@pytest.mark.parametrize(
    "address", ["/accounts/login/", "/accounts/password/reset/", "/u/forged", "/nowhere/", "/invitations/forged/"]
)
def test_pages_for_the_signed_out_are_accessible(browser, product, address):
    context = browser.new_context(base_url=product.url, reduced_motion="reduce", viewport={"width": 390, "height": 800})
    page = context.new_page()
    page.goto(address)

    found = violations(page)
    context.close()

    assert found == []


@pytest.mark.parametrize("width", [1280, 390])
def test_pages_about_oneself_are_accessible(admin_page: Page, width):
    admin_page.set_viewport_size({"width": width, "height": 900})
    addresses = [
        "/profile/",
        "/teams/new/",
        *(f"/accounts/{each}/" for each in ("password/change", "2fa", "2fa/webauthn", "email", "sessions", "logout")),
    ]
    wrong = {}

    for address in addresses:
        admin_page.goto(address)
        if rules := violations(admin_page):
            wrong[address] = rules

    assert wrong == {}


def test_the_page_that_asks_for_a_code_is_accessible(admin_page: Page):
    admin_page.set_viewport_size({"width": 390, "height": 900})
    admin_page.goto("/accounts/email/")
    admin_page.get_by_label("Email").fill("mara@home.example")
    admin_page.get_by_role("button", name="Add address").click()
    expect(admin_page.get_by_role("heading", name="Confirm your address")).to_be_visible()

    assert violations(admin_page) == []
