"""An admin dresses the unsubscribe page, and a recipient sees it."""

import io
from pathlib import Path
from uuid import uuid4

import pytest
from PIL import Image
from playwright.sync_api import FrameLocator, Page, expect

from tests.browser.test_audiences import add_by_hand, create_audience
from tests.browser.test_pages import violations
from tests.browser.test_send_a_broadcast import open_message, send, unsubscribe_link, write

ADDRESS = "/t/northwind/settings/unsubscribe-page/"


@pytest.fixture
def logo(tmp_path: Path) -> Path:
    made = io.BytesIO()
    Image.new("RGBA", (300, 100), (30, 110, 90, 255)).save(made, "PNG")
    file = tmp_path / "logo.png"
    file.write_bytes(made.getvalue())
    return file


@pytest.fixture
def page(admin_page: Page):
    """The settings, which are as they came again afterwards."""
    admin_page.goto(ADDRESS)
    yield admin_page
    admin_page.goto(f"{ADDRESS}reset/")
    admin_page.get_by_role("button", name="Reset").click()


def preview(page: Page) -> FrameLocator:
    return page.frame_locator("iframe.preview:not([hidden])")


def choose(page: Page, colour: str, value: str) -> None:
    """A colour, as a browser's picker sets it."""
    page.get_by_label(colour).fill(value)


def background(frame: FrameLocator) -> str:
    return frame.locator("body").evaluate("body => getComputedStyle(body).backgroundColor")


def test_the_preview_follows_what_is_typed_and_leaves_no_trace(page: Page, logo: Path):
    before = page.evaluate("history.length")

    page.get_by_label("Title").fill("Leaving already?")
    expect(preview(page).get_by_role("heading", name="Leaving already?")).to_be_visible()
    page.locator("#id_logo").set_input_files(logo)
    expect(preview(page).get_by_role("img", name="Northwind")).to_be_visible()
    choose(page, "Background colour", "#0d3b2e")
    expect(page.get_by_text("Too close")).to_be_visible()
    choose(page, "Text colour", "#f2efe4")
    expect(page.get_by_text("Too close")).to_have_count(0)
    page.get_by_label("Unsubscribed", exact=True).check()
    expect(preview(page).get_by_role("heading", name="You are unsubscribed")).to_be_visible()

    assert background(preview(page)) == "rgb(13, 59, 46)"
    assert page.evaluate("history.length") == before
    assert page.locator("iframe").count() == 1
    page.reload()
    expect(preview(page).get_by_role("heading", name="Unsubscribe?")).to_be_visible()


def test_the_preview_is_as_wide_as_a_desktop_and_as_narrow_as_a_phone(page: Page):
    widths = []

    for width in ("Desktop", "Phone"):
        page.get_by_label(width).check()
        widths.append(preview(page).locator("body").evaluate("innerWidth"))

    assert widths[0] > 600
    assert 300 < widths[1] <= 390


def test_a_recipient_sees_it_in_an_e_mail_sent_before(page: Page, logo: Path, browser):
    audience = create_audience(page)
    add_by_hand(page, "ada@x.test")
    subject = f"Autumn {uuid4().hex[:6]}"
    write(page, audience, subject)
    send(page, 1)
    open_message(page, subject, "ada@x.test")
    link = unsubscribe_link(page)

    page.goto(ADDRESS)
    page.get_by_label("Title").fill("Leaving already?")
    page.locator("#id_text").fill("We write twice a month.\n\nNo hard feelings.")
    page.locator("#id_logo").set_input_files(logo)
    for colour, value in (("Background", "#0d3b2e"), ("Text", "#f2efe4"), ("Accent", "#e8b04a")):
        choose(page, f"{colour} colour", value)
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Saved. Recipients see it")).to_be_visible()

    for scheme in ("dark", "light"):
        recipient = browser.new_context(color_scheme=scheme, viewport={"width": 390, "height": 800}).new_page()
        recipient.goto(link)
        expect(recipient.get_by_role("heading", name="Leaving already?")).to_be_visible()
        assert recipient.get_by_role("img", name="Northwind").evaluate("img => img.naturalWidth") == 300
        assert background(recipient) == "rgb(13, 59, 46)"
        assert violations(recipient) == []
        recipient.context.close()

    recipient = browser.new_context(java_script_enabled=False).new_page()
    recipient.goto(link)
    recipient.get_by_role("button", name="Unsubscribe").click()
    expect(recipient.get_by_role("heading", name="You are unsubscribed")).to_be_visible()
    recipient.get_by_role("button", name="Undo").click()
    expect(recipient.get_by_role("heading", name="You are subscribed")).to_be_visible()
    expect(recipient.get_by_role("img", name="Northwind")).to_be_visible()
    recipient.context.close()


def test_colours_that_cannot_be_read_are_refused_and_still_shown(page: Page):
    choose(page, "Text colour", "#dddddd")
    page.get_by_label("Title").fill("Hard to read")
    page.get_by_role("button", name="Save").click()

    expect(page.get_by_role("alert")).to_contain_text("has a contrast of 1.25:1")
    expect(preview(page).get_by_role("heading", name="Hard to read")).to_be_visible()


def test_it_works_without_javascript(browser, product, signed_in, page: Page):
    context = browser.new_context(base_url=product.url, storage_state=signed_in["admin"], java_script_enabled=False)
    plain = context.new_page()
    plain.goto(ADDRESS)
    plain.get_by_label("Title").fill("Plainly leaving?")

    plain.get_by_role("button", name="Show it here").click()
    expect(preview(plain).get_by_role("heading", name="Plainly leaving?")).to_be_visible()
    plain.get_by_role("button", name="Save").click()

    expect(plain.get_by_text("Saved. Recipients see it")).to_be_visible()
    context.close()
