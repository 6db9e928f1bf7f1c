"""Adding a domain, publishing its records, and watching the page go green."""

from playwright.sync_api import Page, expect


def test_a_domain_goes_green_while_one_watches(admin_page: Page, name_server):
    page, name = admin_page, "watched.northwind.example"
    name_server.zones.add("northwind.example")
    page.goto("/t/northwind/domains/")
    page.get_by_role("link", name="Add domain").first.click()
    page.get_by_label("Domain").fill(name)
    page.get_by_role("button", name="Add domain").click()
    expect(page.locator(".card .pill", has_text="Missing")).to_be_visible(timeout=15_000)
    host, value = page.locator("section", has=page.locator("#DKIM-heading")).locator(".copy code").all_inner_texts()

    name_server.texts[f"{host}.northwind.example"] = [value]
    page.get_by_role("button", name="Check again").click()

    assert host.endswith("._domainkey.watched")
    expect(page.locator(".head .pill", has_text="Verified")).to_be_visible(timeout=15_000)
    expect(page.locator("#domain-state[hx-trigger]")).to_have_count(0)
    expect(page.get_by_text("Exactly this")).to_be_visible()


def test_a_watched_page_leaves_a_selection_alone(admin_page: Page):
    page = admin_page
    page.goto("/t/northwind/domains/new/")
    page.get_by_label("Domain").fill("waiting.example")
    page.get_by_role("button", name="Add domain").click()
    expect(page.locator(".card .pill", has_text="Missing")).to_be_visible(timeout=15_000)
    page.evaluate("getSelection().selectAllChildren(document.querySelector('.copy code'))")
    selected = page.evaluate("getSelection().toString()")

    with page.expect_response(lambda answer: "seen=" in answer.url and answer.status == 204, timeout=15_000):
        pass

    assert selected
    assert page.evaluate("getSelection().toString()") == selected
