import csv
import io

import pytest
from django.urls import reverse

from contacts import uploading
from contacts.models import Contact, ContactImport
from tests.contacts.csv_files import file_of, imported, mapped, received, reviewed, work
from tests.factories import make_contact

PEOPLE = "email,first_name\nada@x.test,Ada\nben@,Ben\n"
FRAGMENT = {"HTTP_HX_REQUEST": "true"}


def url(name: str, of=None) -> str:
    return reverse(f"contacts:{name}", args=["northwind", of.uuid] if of else ["northwind"])


def test_a_csv_goes_through_four_steps_into_the_audience(as_bob, audience):
    uploaded = as_bob.post(url("import_upload", audience), {"file": file_of(PEOPLE)})
    upload = ContactImport.objects.get()
    assert uploaded["Location"] == url("import_map", upload)

    chosen = as_bob.post(url("import_map", upload), {"column_0": "email", "column_1": "first_name"})
    assert chosen["Location"] == url("import_review", upload)
    assert "Checking every row" in as_bob.get(url("import_review", upload)).text

    work(upload)
    assert "Import 1 contact<" in as_bob.get(url("import_review", upload)).text

    started = as_bob.post(url("import_finish", upload))
    assert started["Location"] == url("import_finish", upload)
    assert "You can leave this page" in as_bob.get(url("import_finish", upload)).text

    work(upload)
    done = as_bob.get(url("import_finish", upload)).text
    assert "Import done" in done
    assert "Download rejected rows" in done
    assert Contact.objects.get().email == "ada@x.test"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("", "The file is empty."),
        (" \n\n", "nothing in it but blank lines"),
        (b"\x00\x01\x02", "isn’t a text file"),
        (b"PK\x03\x04 xl/workbook.xml", "This is an Excel workbook; save it as CSV first."),
        (",".join(f"c{number}" for number in range(300)) + "\nx\n", "The file has 300 columns"),
        ("email,name\n", "no rows below it"),
        ("1,2\n3,4\n", "there is no e-mail address in it"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_beside_the_field(as_bob, audience, content, words):
    answer = as_bob.post(url("import_upload", audience), {"file": file_of(content)})

    assert answer.status_code == 422
    assert words in answer.text.replace("&#x27;", "’")
    assert not ContactImport.objects.exists()


def test_no_file_is_asked_for(as_bob, audience):
    answer = as_bob.post(url("import_upload", audience))

    assert answer.status_code == 422
    assert "Choose a CSV file." in answer.text


def test_a_file_that_is_too_big_is_refused(as_bob, audience, settings):
    settings.IMPORT_MAX_BYTES = 20

    answer = as_bob.post(url("import_upload", audience), {"file": file_of(PEOPLE)})

    assert answer.status_code == 422
    assert "Split it and upload the parts" in answer.text


def test_the_columns_are_shown_with_their_values_and_a_guess(as_bob, audience, bob):
    upload = received("Your e-mail,City\nada@x.test,Lagos\n", audience=audience, by=bob)
    upload.refresh_from_db()

    page = as_bob.get(url("import_map", upload)).text

    assert "Lagos" in page
    assert '<option value="email" selected>' in page


@pytest.mark.parametrize(
    ("chosen", "words"),
    [
        ({"column_0": "", "column_1": ""}, "Choose the column that holds the e-mail addresses."),
        ({"column_0": "email", "column_1": "email"}, "is mapped to Email already"),
        ({"column_0": "email", "column_1": "shoe size"}, "Select a valid choice"),
    ],
)
def test_a_mapping_that_makes_no_sense_is_refused(as_bob, audience, bob, chosen, words):
    upload = received("name,city\nAda,Lagos\n", audience=audience, by=bob)

    answer = as_bob.post(url("import_map", upload), chosen)

    assert answer.status_code == 422
    assert words in answer.text
    assert ContactImport.objects.get().status == "uploaded"


def test_the_review_asks_again_until_the_file_is_checked(as_bob, audience, bob):
    upload = mapped(PEOPLE, audience=audience, by=bob)
    fragment = {**FRAGMENT, "HTTP_HX_TARGET": "import-review"}

    checking = as_bob.get(url("import_review", upload), **fragment)
    work(upload)
    checked = as_bob.get(url("import_review", upload), **fragment)

    assert (checking.status_code, checked.status_code) == (200, 286)
    assert 'hx-trigger="every 1s"' in checking.text
    assert "hx-trigger" not in checked.text
    assert 'id="import-review"' in checked.text
    assert "<html" not in checked.text


def test_the_review_shows_what_would_happen(as_bob, audience, bob):
    make_contact(audience=audience, email="ada@x.test", first_name="Augusta")
    upload = reviewed(PEOPLE, audience=audience, by=bob)

    page = as_bob.get(url("import_review", upload)).text

    assert "Augusta" in page
    assert "1 row: the address has nothing after the @" in page
    assert "Import 1 contact<" in page


def test_a_review_without_any_change_offers_nothing_to_import(as_bob, audience, bob):
    upload = reviewed("email\nnobody\n", audience=audience, by=bob)

    page = as_bob.get(url("import_review", upload)).text
    refused = as_bob.post(url("import_finish", upload), follow=True)

    assert "There is nothing to import" in page
    assert url("import_finish", upload) not in page
    assert refused.redirect_chain == [(url("import_review", upload), 302)]


def test_progress_is_asked_for_until_the_end(as_bob, audience, bob):
    upload = reviewed(PEOPLE, audience=audience, by=bob)
    uploading.start(upload)
    fragment = {**FRAGMENT, "HTTP_HX_TARGET": "import-progress"}

    importing = as_bob.get(url("import_finish", upload), **fragment)
    work(upload)
    done = as_bob.get(url("import_finish", upload), **fragment)

    assert (importing.status_code, done.status_code) == (200, 286)
    assert "Import done" in done.text


def test_a_review_that_fails_takes_the_browser_to_the_reason(as_bob, audience, bob):
    upload = mapped(PEOPLE, audience=audience, by=bob)
    upload.file.storage.delete(upload.file.name)
    work(upload)

    polled = as_bob.get(url("import_review", upload), **FRAGMENT, HTTP_HX_TARGET="import-review")

    assert polled["HX-Redirect"] == url("import_finish", upload)
    assert "The uploaded file is gone" in as_bob.get(url("import_finish", upload)).text


def test_an_import_opens_at_the_step_it_is_at(as_bob, audience, bob):
    upload = received(PEOPLE, audience=audience, by=bob)

    def step() -> str:
        return as_bob.get(url("import", upload))["Location"]

    assert step() == url("import_map", upload)
    uploading.choose_columns(upload, fields=["email", ""])
    assert step() == url("import_review", upload)
    uploading.start(work(upload))
    assert step() == url("import_finish", upload)


@pytest.mark.parametrize("name", ["import_review", "import_finish"])
def test_a_step_that_is_not_reached_yet_leads_to_the_one_that_is(as_bob, audience, bob, name):
    upload = received(PEOPLE, audience=audience, by=bob)

    assert as_bob.get(url(name, upload))["Location"] == url("import_map", upload)


def test_a_second_click_on_import_is_harmless(as_bob, audience, bob):
    upload = imported(PEOPLE, audience=audience, by=bob)

    answer = as_bob.post(url("import_finish", upload))

    assert answer["Location"] == url("import_finish", upload)
    assert Contact.objects.count() == 1


def test_a_canceled_import_says_that_nothing_was_imported(as_bob, audience, bob):
    upload = reviewed(PEOPLE, audience=audience, by=bob)

    answer = as_bob.post(url("import_cancel", upload), follow=True)

    assert "Import canceled" in answer.text
    assert "Nothing was imported" in answer.text


def test_imports_are_listed_newest_first(as_bob, audience, bob):
    imported(PEOPLE, audience=audience, by=bob)
    uploading.receive(audience=audience, file=file_of(PEOPLE, "second.csv"), by=bob)

    page = as_bob.get(url("imports", audience)).text

    assert page.index("second.csv") < page.index("people.csv")
    assert "Bob Bell" in page


def test_an_audience_without_imports_says_what_to_do(as_bob, audience):
    assert "No imports yet" in as_bob.get(url("imports", audience)).text


def test_the_list_costs_the_same_for_one_import_and_many(as_bob, audience, bob, django_assert_max_num_queries):
    for _ in range(5):
        received(PEOPLE, audience=audience, by=bob)

    with django_assert_max_num_queries(8):
        as_bob.get(url("imports", audience))


def test_rejected_rows_come_back_with_line_and_reason(as_bob, audience, bob):
    upload = reviewed(
        'email,first_name\n=cmd@,"two\nlines"\nada@x.test,Ada\nben@x.test,Ben,more\n', audience=audience, by=bob
    )

    answer = as_bob.get(url("import_rejects", upload))

    rows = list(csv.reader(io.StringIO(b"".join(answer.streaming_content).decode())))
    assert answer["Content-Disposition"] == 'attachment; filename="rejects.csv"'
    assert rows == [
        ["email", "first_name", "Column 3", "Line", "Reason"],
        ["'=cmd@", "two\nlines", "", "2", "the address has nothing after the @"],
        ["ben@x.test", "Ben", "more", "5", "3 cells where the header has 2"],
    ]


def test_mended_rejects_can_be_imported_again(as_bob, audience, bob):
    upload = reviewed("email,first_name\nada@,=Ada\nben@,'=Ben\n", audience=audience, by=bob)
    rejects = b"".join(as_bob.get(url("import_rejects", upload)).streaming_content)

    imported(rejects.replace(b"@,", b"@x.test,"), audience=audience, by=bob)

    assert list(Contact.objects.order_by("email").values_list("email", "first_name")) == [
        ("ada@x.test", "=Ada"),
        ("ben@x.test", "=Ben"),
    ]


def test_the_sample_file_can_be_imported(as_bob, audience, bob):
    sample = as_bob.get(url("import_sample")).content

    upload = imported(sample, audience=audience, by=bob)

    assert upload.counts["done"]["added"] == 2
    assert upload.counts["rejected"] == 0


@pytest.mark.parametrize("name", ["imports", "import_upload"])
def test_another_team_finds_no_such_audience(client, mallory, audience, name):
    client.force_login(mallory)

    theirs = reverse(f"contacts:{name}", args=["northwind", audience.uuid])
    through_her_own = reverse(f"contacts:{name}", args=["tailspin", audience.uuid])

    assert [client.get(each).status_code for each in (theirs, through_her_own)] == [404, 404]


@pytest.mark.parametrize(
    ("method", "name"),
    [
        ("get", "import"),
        ("get", "import_map"),
        ("post", "import_map"),
        ("get", "import_review"),
        ("get", "import_finish"),
        ("post", "import_finish"),
        ("post", "import_cancel"),
        ("get", "import_rejects"),
    ],
)
def test_another_team_finds_no_such_import(client, mallory, audience, bob, method, name):
    upload = reviewed(PEOPLE, audience=audience, by=bob)
    client.force_login(mallory)

    theirs = reverse(f"contacts:{name}", args=["northwind", upload.uuid])
    through_her_own = reverse(f"contacts:{name}", args=["tailspin", upload.uuid])

    assert [getattr(client, method)(each).status_code for each in (theirs, through_her_own)] == [404, 404]
    assert ContactImport.objects.get().status == "reviewed"
