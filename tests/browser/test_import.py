"""Step 3 of README's tour: a CSV in four steps."""

import zipfile
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.browser.test_audiences import create_audience

CSV = """E-Mail;Vorname;Last name;Newsletter off
ada@x.test;Ada;Okafor;no
bo@y.test;Bo;;
nobody;No;Address;
ada@x.test;Adaeze;Okafor;
gone@z.test;;;yes
"""


def upload(page: Page, file: Path) -> None:
    page.get_by_role("button", name="Add Contacts").click()
    page.get_by_role("link", name="Import CSV").first.click()
    page.locator("input[type=file]").set_input_files(file)
    page.get_by_role("button", name="Continue").click()


def test_a_csv_goes_through_upload_map_review_and_finish(member_page: Page, tmp_path: Path):
    page = member_page
    file = tmp_path / "people.csv"
    file.write_text(CSV)
    name = create_audience(page)

    upload(page, file)
    expect(page.get_by_role("heading", name="Map fields")).to_be_visible()
    page.get_by_label("Newsletter off").select_option(label="Unsubscribed")
    page.get_by_role("button", name="Continue").click()

    expect(page.get_by_role("heading", name="Review")).to_be_visible()
    expect(page.get_by_role("heading", name="Rejected rows")).to_be_visible(timeout=15_000)
    expect(page.get_by_text("nobody").first).to_be_visible()
    page.get_by_role("button", name="Import 3 contacts").click()

    expect(page.get_by_text("Import done")).to_be_visible(timeout=15_000)
    with page.expect_download() as download:
        page.get_by_role("link", name="Download rejected rows").click()
    rejected = download.value.path().read_text(encoding="utf-8-sig").splitlines()
    assert rejected[0] == "E-Mail,Vorname,Last name,Newsletter off,Line,Reason"
    assert rejected[1].startswith("nobody,No,Address,,4,")

    page.get_by_role("link", name="See the contacts").click()
    expect(page.get_by_role("heading", name=name)).to_be_visible()
    expect(page.get_by_text("Adaeze Okafor")).to_be_visible()
    expect(page.get_by_role("row", name="gone@z.test").get_by_text("Unsubscribed", exact=True)).to_be_visible()


def test_a_file_that_is_no_csv_is_refused_beside_the_field(member_page: Page, tmp_path: Path):
    file = tmp_path / "people.xlsx"
    with zipfile.ZipFile(file, "w") as workbook:
        workbook.writestr("[Content_Types].xml", "<Types/>")
        workbook.writestr("xl/workbook.xml", "<workbook/>")
    create_audience(member_page)

    upload(member_page, file)

    expect(member_page.get_by_text("Excel").first).to_be_visible()
    expect(member_page.get_by_role("heading", name="Import CSV")).to_be_visible()
