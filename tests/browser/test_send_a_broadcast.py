"""Steps 5 to 7 of README's tour: write, preview, test, review, send, watch, receive, unsubscribe."""

import re
import urllib.parse
import urllib.request
from uuid import uuid4

import pytest
from playwright.sync_api import Page, expect

from tests.browser.test_audiences import add_by_hand, create_audience

HTML = """<p>Hello {{{FIRST_NAME|there}}}!</p><p>You read this at {{{EMAIL}}}.</p>
<p><a href="{{{RESEND_UNSUBSCRIBE_URL}}}">Unsubscribe</a></p>"""
PEOPLE = "Ada Okafor <ada@x.test>, bo@y.test, Cy Young <cy@z.test>"


def write(page: Page, audience: str, subject: str) -> None:
    """A draft to the audience; the editor is open afterwards."""
    page.get_by_role("link", name="Broadcasts").first.click()
    page.get_by_role("button", name="Create broadcast").first.click()
    page.get_by_label("Name", exact=True).fill(subject)
    page.get_by_label("From", exact=True).fill("Northwind <news@northwind.example>")
    page.get_by_label("Reply-to").fill("hello@northwind.example")
    page.get_by_label("Subject").fill(subject)
    page.get_by_label("Preview text").fill("What is new")
    option = page.get_by_label("Audience").locator("option", has_text=audience)
    page.get_by_label("Audience").select_option(value=option.get_attribute("value"))
    page.get_by_label("HTML", exact=True).fill(HTML)


def send(page: Page, people: int) -> None:
    """Review → Send, and wait on the report until it is out."""
    page.get_by_role("button", name="Review", exact=True).click()
    word = "person" if people == 1 else "people"
    page.get_by_role("button", name=f"Send to {people} {word}").click()
    expect(page.locator(".head .pill", has_text="Sent")).to_be_visible(timeout=30_000)


def open_message(page: Page, subject: str, recipient: str) -> None:
    """The Outbox's page of the newest message with that subject to that recipient."""
    page.get_by_role("link", name="Outbox").first.click()
    page.get_by_role("searchbox").fill(subject)
    expect(page).to_have_url(re.compile("q="))
    row = page.get_by_role("row").filter(has_text=recipient).filter(has_text=subject)
    # By its address: the list loads itself anew, and a click that meets that would be lost.
    page.goto(row.get_by_role("link").first.get_attribute("href"))
    expect(page.get_by_role("heading", name=subject)).to_be_visible()


def unsubscribe_link(page: Page) -> str:
    return page.get_by_role("link", name="Open unsubscribe page").get_attribute("href")


@pytest.fixture
def sent(member_page: Page) -> tuple[Page, str, str]:
    """A broadcast that three people have received: the page, the audience's name and the subject."""
    audience = create_audience(member_page)
    add_by_hand(member_page, PEOPLE)
    subject = f"Spring {uuid4().hex[:6]}"
    write(member_page, audience, subject)
    send(member_page, 3)
    return member_page, audience, subject


def test_previewing_as_a_contact_and_sending_a_test(member_page: Page):
    page = member_page
    audience = create_audience(page)
    add_by_hand(page, PEOPLE)
    subject = f"Spring {uuid4().hex[:6]}"
    write(page, audience, subject)
    page.get_by_role("button", name="Preview").click()
    page.get_by_role("searchbox").fill("ada@x.test")
    expect(page).to_have_url(re.compile("q=ada"))
    page.get_by_role("link", name="ada@x.test").click()
    expect(page.frame_locator("iframe.preview").get_by_text("Hello Ada!")).to_be_visible()

    page.get_by_role("link", name="Send test").first.click()
    page.get_by_label("Send it to").fill("me@northwind.example")
    page.get_by_role("button", name="Send test").click()
    expect(page.get_by_role("status").filter(has_text="me@northwind.example").first).to_be_visible()

    page.wait_for_timeout(1500)
    open_message(page, f"[Test] {subject}", "me@northwind.example")
    page.goto(unsubscribe_link(page))
    expect(page.get_by_text("test").first).to_be_visible()
    expect(page.get_by_role("button", name="Unsubscribe")).to_have_count(0)


def test_a_message_looks_right_as_it_was_received(sent):
    page, _, subject = sent

    open_message(page, subject, "ada@x.test")

    frame = page.frame_locator("iframe.preview")
    expect(frame.get_by_text("Hello Ada!")).to_be_visible()
    expect(frame.get_by_text("You read this at ada@x.test.")).to_be_visible()
    page.get_by_role("link", name="Text", exact=True).click()
    expect(page.get_by_text("Hello Ada!")).to_be_visible()
    page.get_by_role("link", name="Headers").click()
    expect(page.get_by_text("List-Unsubscribe-Post").first).to_be_visible()
    expect(page.get_by_text("List-Unsubscribe=One-Click").first).to_be_visible()
    page.get_by_role("link", name="Source").click()
    expect(page.get_by_text("multipart/alternative").first).to_be_visible()


def test_each_recipient_has_a_link_of_their_own(sent):
    page, _, subject = sent
    links = set()

    for recipient in ("ada@x.test", "bo@y.test", "cy@z.test"):
        open_message(page, subject, recipient)
        links.add(unsubscribe_link(page))

    assert len(links) == 3


def test_unsubscribing_is_honoured_by_the_next_broadcast(sent, browser):
    page, audience, subject = sent
    open_message(page, subject, "ada@x.test")
    link = unsubscribe_link(page)
    recipient = browser.new_context(java_script_enabled=False).new_page()

    recipient.goto(link)
    recipient.goto(link)
    page.goto("/")
    page.get_by_role("link", name=audience).click()
    expect(page.get_by_role("row", name="ada@x.test").get_by_text("Subscribed", exact=True)).to_be_visible()

    recipient.get_by_role("button", name="Unsubscribe").click()
    expect(recipient.get_by_role("heading", name="You are unsubscribed")).to_be_visible()
    page.reload()
    expect(page.get_by_role("row", name="ada@x.test").get_by_text("Unsubscribed", exact=True)).to_be_visible()
    page.get_by_role("link", name="ada@x.test").click()
    history = page.get_by_role("listitem").filter(has_text="Unsubscribed by the link in an e-mail")
    expect(history.get_by_role("link", name=subject)).to_be_visible()

    again = f"Summer {uuid4().hex[:6]}"
    write(page, audience, again)
    page.get_by_role("button", name="Review", exact=True).click()
    expect(page.get_by_text(re.compile("1 unsubscribed")).first).to_be_visible()
    page.get_by_role("button", name="Send to 2 people").click()
    expect(page.locator(".head .pill", has_text="Sent")).to_be_visible(timeout=30_000)
    page.get_by_role("link", name="Outbox").first.click()
    page.get_by_role("searchbox").fill(again)
    expect(page.get_by_role("row").filter(has_text=again)).to_have_count(2)
    recipient.context.close()


def test_undoing_an_unsubscribe(sent, browser):
    page, audience, subject = sent
    open_message(page, subject, "bo@y.test")
    recipient = browser.new_context().new_page()
    recipient.goto(unsubscribe_link(page))
    recipient.get_by_role("button", name="Unsubscribe").click()

    recipient.get_by_role("button", name="Undo").click()

    page.goto("/")
    page.get_by_role("link", name=audience).click()
    expect(page.get_by_role("row", name="bo@y.test").get_by_text("Subscribed", exact=True)).to_be_visible()
    recipient.context.close()


def test_one_click_unsubscribes_without_a_redirect(sent):
    page, audience, subject = sent
    open_message(page, subject, "cy@z.test")
    body = urllib.parse.urlencode({"List-Unsubscribe": "One-Click"}).encode()

    with urllib.request.urlopen(urllib.request.Request(unsubscribe_link(page), data=body)) as answer:
        assert (answer.status, answer.geturl()) == (200, unsubscribe_link(page))

    page.goto("/")
    page.get_by_role("link", name=audience).click()
    expect(page.get_by_role("row", name="cy@z.test").get_by_text("Unsubscribed", exact=True)).to_be_visible()


def test_a_broadcast_without_an_unsubscribe_link_is_not_sent(member_page: Page):
    audience = create_audience(member_page)
    add_by_hand(member_page, PEOPLE)
    write(member_page, audience, "No way out")
    member_page.get_by_label("HTML", exact=True).fill("<p>Hello</p>")

    member_page.get_by_role("button", name="Review", exact=True).click()

    expect(member_page.get_by_text(re.compile("unsubscribe link", re.I)).first).to_be_visible()
    expect(member_page.get_by_role("button", name=re.compile("^Send to"))).to_have_count(0)
