"""Every page a click away: no accessibility violations, nothing wider than a phone, in light and dark."""

import re
from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

IDS = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}")
SKIPPED = re.compile(r"/(logout|source|html|frame|sample\.csv|rejects\.csv)/?|\.csv")
MOST_PAGES = 60


def shape(address: str) -> str:
    """The address with its ids and query's values left out: one page of each kind is visited."""
    path, _, query = address.partition("?")
    return IDS.sub("·", path) + "?" + "&".join(sorted(part.partition("=")[0] for part in query.split("&") if part))


def pages(page: Page, start: str) -> Iterator[str]:
    """Visit each kind of page that links lead to, and yield its address while it is open."""
    waiting, seen = [start], {shape(start)}
    while waiting and len(seen) < MOST_PAGES:
        address = waiting.pop(0)
        page.goto(address)
        expect(page.locator(".htmx-request")).to_have_count(0)
        yield address
        links = page.eval_on_selector_all("a[href]", "links => links.map(link => link.pathname + link.search)")
        for link in links:
            if link.startswith(("/t/", "/accounts/")) and not SKIPPED.search(link) and shape(link) not in seen:
                seen.add(shape(link))
                waiting.append(link)


@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 390)])
def test_every_page_is_accessible_and_fits(browser, product, signed_in, scheme, width):
    context = browser.new_context(
        base_url=product.url,
        storage_state=signed_in["admin"],
        color_scheme=scheme,
        viewport={"width": width, "height": 900},
        reduced_motion="reduce",
    )
    page = context.new_page()
    wrong: dict[str, list[str]] = {}
    visited = 0

    for address in pages(page, "/t/northwind/audiences/"):
        visited += 1
        found = Axe().run(page).response["violations"]
        rules = [f"{each['id']}: {each['nodes'][0]['html'][:120]}" for each in found]
        if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
            rules.append("wider than the window")
        if rules:
            wrong[address] = rules
    context.close()

    assert wrong == {}
    assert visited > 15


@pytest.mark.parametrize("address", ["/accounts/login/", "/accounts/password/reset/", "/u/forged", "/nowhere/"])
def test_pages_for_the_signed_out_are_accessible(browser, product, address):
    context = browser.new_context(base_url=product.url, reduced_motion="reduce", viewport={"width": 390, "height": 800})
    page = context.new_page()
    page.goto(address)

    found = Axe().run(page).response["violations"]
    context.close()

    assert [each["id"] for each in found] == []
