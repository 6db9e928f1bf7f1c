"""Inviting somebody, joining as them, and guarding the account with a code and a passkey."""

import base64
import hashlib
import hmac
import re
import struct
import time
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Product, sign_in

PASSWORD = "quiet-harbour-41"


@pytest.fixture
def visitor(browser, product: Product) -> Iterator[Page]:
    """A browser that knows nobody, under a name, since passkeys aren't kept for numbers; and its passkey device."""
    context = browser.new_context(
        base_url=product.url.replace("127.0.0.1", "localhost"), timezone_id="Asia/Tokyo", reduced_motion="reduce"
    )
    page = context.new_page()
    device = context.new_cdp_session(page)
    device.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    device.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    yield page
    context.close()


def link_to(page: Page, address: str) -> str:
    """The path of the newest invitation of `address`, from the Outbox."""
    page.goto(f"/t/northwind/outbox/?q={address}")
    message = page.get_by_role("link", name=re.compile("invites you to Northwind")).first
    for _ in range(50):
        if message.count():
            break
        page.wait_for_timeout(200)
        page.reload()
    message.click()
    return re.search(r"/invitations/[\w-]+/", page.locator("main").inner_text())[0]


def invite(page: Page, address: str) -> str:
    page.goto("/t/northwind/settings/members/")
    page.get_by_role("link", name="Invite people").click()
    page.get_by_label("E-mail addresses").fill(address)
    page.get_by_role("button", name="Send invitations").click()
    expect(page.get_by_text(f"{address} is invited.")).to_be_visible()
    return link_to(page, address)


def code(secret: str) -> str:
    """What an authenticator app shows now (RFC 6238)."""
    counter = struct.pack(">Q", int(time.time()) // 30)
    digest = hmac.new(base64.b32decode(secret), counter, hashlib.sha1).digest()
    start = digest[-1] & 15
    return f"{(struct.unpack('>I', digest[start : start + 4])[0] & 0x7FFFFFFF) % 10**6:06}"


def type_password(page: Page, address: str) -> None:
    page.goto("/accounts/login/")
    page.get_by_label("Email").fill(address)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()


def sign_out(page: Page) -> None:
    page.get_by_role("button", name="Sign out", exact=True).click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()


def test_an_invited_person_joins_and_guards_the_account(admin_page: Page, visitor: Page):
    visitor.goto(invite(admin_page, "nia@new.example"))
    visitor.get_by_label("Your name").fill("Nia New")
    visitor.get_by_label("Password", exact=True).fill(PASSWORD)
    visitor.get_by_role("button", name="Make account and join").click()
    expect(visitor.get_by_text("Welcome to “Northwind”.")).to_be_visible()

    visitor.goto("/profile/")
    expect(visitor.get_by_text("JST")).to_be_visible()

    visitor.goto("/accounts/2fa/totp/activate/")
    visitor.get_by_label("Password", exact=True).fill(PASSWORD)
    visitor.get_by_role("button", name="Confirm", exact=True).click()
    secret = visitor.locator(".copy code").inner_text()
    visitor.get_by_label("Authenticator code").fill(code(secret))
    visitor.get_by_role("button", name="Turn on").click()
    expect(visitor.get_by_role("heading", name="Recovery codes")).to_be_visible()
    recovery = visitor.locator("pre").inner_text().split()[0]

    visitor.goto("/accounts/2fa/webauthn/add/")
    visitor.get_by_label("Name").fill("Work laptop")
    visitor.get_by_role("button", name="Add", exact=True).click()
    expect(visitor.get_by_text("1 added.")).to_be_visible()

    sign_out(visitor)
    type_password(visitor, "nia@new.example")
    visitor.get_by_label("Code").fill("000000")
    visitor.get_by_role("button", name="Sign in", exact=True).click()
    expect(visitor.get_by_text("Incorrect code").first).to_be_visible()
    visitor.get_by_label("Code").fill(recovery)
    visitor.get_by_role("button", name="Sign in", exact=True).click()
    expect(visitor.get_by_role("heading", name="Audiences", exact=True)).to_be_visible()

    sign_out(visitor)
    visitor.get_by_role("button", name="Sign in with a passkey").click()
    expect(visitor.get_by_role("heading", name="Audiences", exact=True)).to_be_visible()

    admin_page.goto("/t/northwind/settings/members/")
    admin_page.get_by_role("link", name="Change Nia New").click()
    admin_page.get_by_role("link", name="Remove from team").click()
    admin_page.get_by_role("button", name="Remove from team").click()
    expect(admin_page.get_by_text("Nia New isn’t in the team any more.")).to_be_visible()
    visitor.reload()
    expect(visitor.get_by_role("heading", name="Audiences", exact=True)).to_have_count(0)

    visitor.goto(invite(admin_page, "ulf@new.example"))
    expect(visitor.get_by_role("heading", name="This invitation is for another address")).to_be_visible()
    visitor.get_by_role("button", name="Sign out and come back").click()
    expect(visitor.get_by_role("button", name="Make account and join")).to_be_visible()


def test_the_team_menu_works_by_keyboard(admin_page: Page):
    admin_page.goto("/teams/new/")
    admin_page.get_by_label("Team name").fill("Tailspin Toys")
    admin_page.get_by_role("button", name="Create team").click()
    expect(admin_page.get_by_role("heading", name="Members", exact=True)).to_be_visible()

    admin_page.locator("button.team").focus()
    admin_page.keyboard.press("Enter")
    admin_page.keyboard.press("ArrowDown")
    admin_page.keyboard.press("Enter")

    expect(admin_page).to_have_url(re.compile("/t/northwind/audiences/$"))
    admin_page.goto("/")
    expect(admin_page).to_have_url(re.compile("/t/northwind/audiences/$"))


def test_teams_are_switched_without_scripts(browser, product: Product):
    context = browser.new_context(base_url=product.url, java_script_enabled=False)
    page = context.new_page()
    sign_in(page, product, "admin")

    page.locator("button.team").click()
    expect(page.locator("#team-menu").get_by_role("link", name="Northwind")).to_be_visible()
    context.close()


def test_single_keys_do_nothing_once_they_are_off(member_page: Page):
    def press_n() -> None:
        member_page.goto("/t/northwind/audiences/")
        member_page.keyboard.press("n")

    def tick(on: bool) -> None:
        member_page.goto("/profile/")
        member_page.get_by_label("Single-key shortcuts").set_checked(on)
        member_page.get_by_role("button", name="Save").click()
        expect(member_page.get_by_text("Saved.")).to_be_visible()

    tick(False)
    press_n()
    expect(member_page.locator("dialog[open]")).to_have_count(0)
    tick(True)
    press_n()
    expect(member_page.locator("dialog[open]")).to_be_visible()
