import pytest
from django.test import Client

from broadcasts import messages
from broadcasts.models import Email, EmailEvent
from contacts import deleting
from contacts.models import OptOut
from mail.tokens import Purpose
from tests.factories import make_contact, make_started_broadcast


@pytest.fixture
def ada(audience):
    return make_contact(audience=audience, email="ada@example.test")


@pytest.fixture
def url(audience, ada):
    """The address in Ada's e-mail."""
    email = Email.objects.get(broadcast=make_started_broadcast(audience=audience))
    return f"/u/{messages.tokens().make(Purpose.UNSUBSCRIBE, email.pk)}"


@pytest.fixture
def recipient():
    """Somebody who never signed in, without the mercy that tests usually get from CSRF checks."""
    return Client(enforce_csrf_checks=True)


def status_of(contact):
    contact.refresh_from_db()
    return contact.status_word


@pytest.mark.parametrize("method", ["get", "head"])
def test_looking_changes_nothing(recipient, url, ada, method):
    response = getattr(recipient, method)(url)

    assert response.status_code == 200
    assert status_of(ada) == "subscribed"
    assert not EmailEvent.objects.exists()


def test_the_page_says_who_writes_to_whom_and_as_what(recipient, url, team, audience):
    page = recipient.get(url).content.decode()

    assert team.name in page
    assert audience.name in page
    assert "ada@example.test" in page
    assert "member" not in page
    assert "<button>Unsubscribe</button>" in page


def test_the_page_is_small_cheap_and_without_a_trace(recipient, url, django_assert_max_num_queries):
    with django_assert_max_num_queries(3):
        response = recipient.get(url)

    assert len(response.content) < 15_000
    assert not response.cookies
    assert response["Referrer-Policy"] == "no-referrer"
    assert "noindex" in response["X-Robots-Tag"]
    assert "no-store" in response["Cache-Control"]
    assert b"<script" not in response.content


def test_the_button_unsubscribes_and_the_page_offers_to_undo(recipient, url, ada):
    response = recipient.post(url)

    page = response.content.decode()
    assert response.status_code == 200
    assert status_of(ada) == "unsubscribed"
    assert "You are unsubscribed" in page
    assert f'action="{url}/undo"' in page
    assert not response.cookies


def test_pressing_it_twice_shows_the_same_page(recipient, url):
    pages = [recipient.post(url).content for _ in range(2)]

    nonces = [page.split(b'nonce="')[1].split(b'"')[0] for page in pages]
    assert pages[0].replace(nonces[0], b"") == pages[1].replace(nonces[1], b"")
    assert EmailEvent.objects.count() == 1


def test_coming_back_later_shows_that_it_is_done(recipient, url):
    recipient.post(url)

    assert "You are unsubscribed" in recipient.get(url).content.decode()


@pytest.mark.parametrize("form", ["application/x-www-form-urlencoded", "multipart/form-data"])
def test_one_click_of_a_mail_program_works_without_redirect_or_page(recipient, url, ada, form):
    body = {"List-Unsubscribe": "One-Click"}

    if form == "multipart/form-data":
        response = recipient.post(url, body)
    else:
        response = recipient.post(url, "List-Unsubscribe=One-Click", content_type=form)

    assert response.status_code == 200
    assert response["Content-Type"].startswith("text/plain")
    assert status_of(ada) == "unsubscribed"
    assert not response.cookies


def test_undo_subscribes_again_and_offers_to_unsubscribe(recipient, url, ada):
    recipient.post(url)

    page = recipient.post(f"{url}/undo").content.decode()

    assert status_of(ada) == "subscribed"
    assert "You are subscribed" in page
    assert f'action="{url}"' in page


def test_undo_of_what_somebody_else_did_is_not_offered_and_not_done(recipient, url, ada):
    recipient.post(url)
    ada.refresh_from_db()
    ada.unsubscribed_by_email = None
    ada.save(update_fields=["unsubscribed_by_email"])

    page = recipient.post(f"{url}/undo").content.decode()

    assert status_of(ada) == "unsubscribed"
    assert "You are unsubscribed" in page
    assert "Undo" not in page


def test_a_deleted_contact_is_remembered_and_sees_the_same_pages(recipient, url, ada, audience):
    deleting.delete(audience=audience, contact_ids=[ada.pk])

    before, after = recipient.get(url), recipient.post(url)

    assert "<button>Unsubscribe</button>" in before.content.decode()
    assert "You are unsubscribed" in after.content.decode()
    assert OptOut.objects.count() == 1


@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize("path", ["/u/forged", "/u/" + "A" * 28, "/u/%00", "/u/%F0%9F%98%80", "/u/" + "A" * 4000])
def test_forged_tokens_get_a_plain_page_that_gives_nothing_away(recipient, db, team, method, path):
    response = getattr(recipient, method)(path)

    page = response.content.decode()
    assert response.status_code == 404
    assert "work" in page
    assert team.name not in page
    assert "Carillon" not in page


def test_a_cut_token_gets_the_same_page_as_a_forged_one(recipient, url):
    page = recipient.get(url[:-3])

    assert page.status_code == 404
    assert "It may have been cut off" in page.content.decode()


@pytest.mark.parametrize("clinging", ["/", ".", ")", ",", "’", ">."])
def test_what_a_mail_program_took_along_with_the_link_does_no_harm(recipient, url, ada, clinging):
    recipient.post(url + clinging)

    assert status_of(ada) == "unsubscribed"


@pytest.mark.parametrize("method", ["get", "post"])
def test_the_link_of_a_test_says_so(recipient, db, method):
    response = getattr(recipient, method)(f"/u/{messages.tokens().make(Purpose.UNSUBSCRIBE, 0)}")

    assert response.status_code == 200
    assert "came from a test" in response.content.decode()


@pytest.mark.parametrize("method", ["put", "patch", "delete"])
def test_other_methods_are_refused(recipient, url, method):
    assert getattr(recipient, method)(url).status_code == 405


def test_undo_takes_a_post_only(recipient, url):
    assert recipient.get(f"{url}/undo").status_code == 405


def test_names_are_shown_as_text(recipient, url, team):
    team.name = "<script>alert(1)</script>"
    team.save()

    assert "<script>" not in recipient.get(url).content.decode()


def test_a_signed_in_member_sees_the_recipients_page_too(as_alice, url, ada):
    as_alice.post(url)

    assert status_of(ada) == "unsubscribed"
