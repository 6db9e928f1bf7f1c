"""Steps 2 and 4 of README's tour: audiences, contacts by hand, filters, one contact."""

import re
from uuid import uuid4

from playwright.sync_api import Page, expect

from tests.browser.conftest import sign_in


def create_audience(page: Page) -> str:
    """A new audience through the dialog; its page is open afterwards."""
    name = f"Readers {uuid4().hex[:6]}"
    page.goto("/")
    page.get_by_role("link", name="Create audience").first.click()
    dialog = page.get_by_role("dialog", name="Create audience")
    dialog.get_by_label("Name").fill(name)
    dialog.get_by_role("button", name="Create audience").click()
    expect(page.get_by_role("heading", name=name, exact=True)).to_be_visible()
    return name


def add_by_hand(page: Page, text: str) -> None:
    """Add Contacts → Add Manually, from the audience's page."""
    page.get_by_role("button", name="Add Contacts").click()
    page.get_by_role("link", name="Add Manually").first.click()
    page.get_by_label("E-mail addresses").fill(text)
    page.get_by_role("button", name="Add contacts").click()


def test_signing_in_and_out(browser, product):
    page = browser.new_context(base_url=product.url).new_page()

    sign_in(page, product, "member")
    page.get_by_role("button", name="Sign out").click()

    expect(page).to_have_url(re.compile("/accounts/login/"))
    page.context.close()


def test_valid_addresses_are_added_and_the_bad_one_stays_in_the_field(member_page: Page):
    create_audience(member_page)

    add_by_hand(member_page, "a@x.test, B <b@y.test>; bad@, c@z.test")

    expect(member_page.get_by_text("3 contacts added.")).to_be_visible()
    expect(member_page.get_by_label("E-mail addresses")).to_have_value("bad@")
    expect(member_page.get_by_role("alert").filter(has_text="bad@").first).to_be_visible()


def test_renaming_and_deleting_by_typing_the_name(member_page: Page):
    name = create_audience(member_page)
    member_page.get_by_role("button", name=f"More actions for {name}").click()
    member_page.get_by_role("link", name="Rename").click()
    member_page.get_by_label("Name").fill(f"{name} weekly")
    member_page.get_by_role("button", name="Rename").click()
    expect(member_page.get_by_role("heading", name=f"{name} weekly")).to_be_visible()

    member_page.get_by_role("button", name="More actions for").click()
    member_page.get_by_role("link", name="Delete audience").click()
    member_page.get_by_label("Type the audience’s name").fill(f"{name} weekly")
    member_page.get_by_role("button", name="Delete audience").click()

    expect(member_page.get_by_text("is deleted. Its contacts are being removed")).to_be_visible()
    expect(member_page.get_by_role("link", name=f"{name} weekly")).to_have_count(0)


def test_filtering_to_unsubscribed_and_searching(member_page: Page):
    create_audience(member_page)
    add_by_hand(member_page, "Ada Okafor <ada@x.test>, bo@y.test, cy@z.test")
    member_page.get_by_role("link", name="bo@y.test").click()
    member_page.get_by_role("button", name="Unsubscribe").click()
    expect(member_page.locator(".pill", has_text="Unsubscribed").first).to_be_visible()
    member_page.get_by_label("Breadcrumb").get_by_role("link", name=re.compile("^Readers")).click()

    member_page.get_by_label("Status").select_option(label="Unsubscribed")
    expect(member_page.get_by_role("status").filter(has_text="1 contact found")).to_be_visible()
    expect(member_page.get_by_role("link", name="bo@y.test")).to_be_visible()
    expect(member_page).to_have_url(re.compile("status=unsubscribed"))

    member_page.get_by_label("Status").select_option(label="All Statuses")
    member_page.get_by_label("Search contacts").press_sequentially("okaf")
    expect(member_page.get_by_role("status").filter(has_text="1 contact found")).to_be_visible()
    expect(member_page.get_by_role("link", name="ada@x.test")).to_be_visible()
    expect(member_page.get_by_label("Search contacts")).to_be_focused()


def test_paging_by_keyset(member_page: Page):
    member_page.goto("/")
    member_page.get_by_role("link", name="Newsletter", exact=True).click()
    first = member_page.locator("tbody a").first.inner_text()

    member_page.get_by_role("link", name="Older").click()
    expect(member_page).to_have_url(re.compile("after="))
    expect(member_page.locator("tbody a").first).not_to_have_text(first)
    member_page.get_by_role("link", name="Newer").click()

    expect(member_page.locator("tbody a").first).to_have_text(first)


def test_editing_a_contact_shows_in_its_history(member_page: Page):
    create_audience(member_page)
    add_by_hand(member_page, "Ada Okafor <ada@x.test>")
    member_page.get_by_role("link", name="ada@x.test").click()
    member_page.get_by_role("link", name="Edit").click()
    member_page.get_by_label("First name").fill("Adaeze")
    member_page.get_by_role("button", name="Save").click()

    expect(member_page.get_by_text("First name changed from “Ada” to “Adaeze”")).to_be_visible()


def test_the_keyboard_reaches_what_the_mouse_does(member_page: Page):
    create_audience(member_page)

    member_page.keyboard.press("n")

    expect(member_page).to_have_url(re.compile("/add/$"))


def test_adding_works_without_javascript(browser, product, signed_in):
    context = browser.new_context(base_url=product.url, storage_state=signed_in["member"], java_script_enabled=False)
    page = context.new_page()
    page.goto("/")
    page.get_by_role("link", name="Create audience").first.click()
    page.get_by_label("Name").first.fill("Plain readers")
    page.get_by_role("button", name="Create audience").first.click()

    page.get_by_role("link", name="Add Manually").last.click()
    page.get_by_label("E-mail addresses").fill("a@x.test")
    page.get_by_role("button", name="Add contacts").click()

    expect(page.get_by_text("a@x.test")).to_be_visible()
    context.close()
