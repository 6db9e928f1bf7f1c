"""The public addresses of opens and clicks."""

import pytest
from django.test import Client

from broadcasts import messages
from broadcasts.models import Email, EmailEvent, Link
from mail.tokens import INERT, Purpose
from tests.broadcasts.responding import CHROME, HTML, LINKS, SCANNER, link, picture
from tests.factories import make_audience, make_contact, make_started_broadcast


@pytest.fixture
def email(audience):
    make_contact(audience=audience, email="ada@example.test")
    broadcast = make_started_broadcast(audience=audience, html=HTML, track_opens=True, track_clicks=True)
    return Email.objects.get(broadcast=broadcast)


@pytest.fixture
def recipient():
    """Somebody with a browser who never signed in."""
    return Client(headers={"User-Agent": CHROME})


def noted():
    return list(EmailEvent.objects.order_by("pk").values_list("kind", "data", "by_machine", "to_fold"))


def test_the_picture_is_a_gif_and_loading_it_is_noted(recipient, email):
    response = recipient.get(picture(email))

    assert (response.status_code, response["Content-Type"]) == (200, "image/gif")
    assert response.content.startswith(b"GIF89a\x01\x00\x01\x00")
    assert noted() == [("opened", {}, False, True)]
    assert EmailEvent.objects.get().email == email


@pytest.mark.parametrize("number", [1, 2])
def test_a_link_leads_to_where_it_was_meant_to_and_is_noted(recipient, email, number):
    response = recipient.get(link(email, number))

    assert (response.status_code, response["Location"]) == (302, LINKS[number - 1])
    assert noted() == [("clicked", {"link": number}, False, True)]


def test_a_programs_visits_are_noted_as_its_own(email):
    program = Client(headers={"User-Agent": SCANNER})

    program.get(picture(email))
    response = program.get(link(email))

    assert response["Location"] == LINKS[0]
    assert [by_machine for *_, by_machine, _ in noted()] == [True, True]


def test_a_head_gets_the_same_answer_and_counts_for_nothing(recipient, email):
    shown, led = recipient.head(picture(email)), recipient.head(link(email))

    assert (shown.status_code, shown.content, led["Location"]) == (200, b"", LINKS[0])
    assert noted() == []


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
@pytest.mark.parametrize("address", [picture, link])
def test_other_methods_are_refused(recipient, email, method, address):
    assert getattr(recipient, method)(address(email)).status_code == 405


@pytest.mark.parametrize("purpose", [Purpose.UNSUBSCRIBE, Purpose.MESSAGE_ID, Purpose.VERP, Purpose.CLICK])
def test_a_token_for_something_else_opens_nothing(recipient, email, purpose):
    response = recipient.get(picture(email, purpose=purpose))

    assert response.content == recipient.get(picture(email)).content
    assert len(noted()) == 1


@pytest.mark.parametrize("purpose", [Purpose.UNSUBSCRIBE, Purpose.MESSAGE_ID, Purpose.VERP, Purpose.OPEN])
def test_a_token_for_something_else_leads_nowhere(recipient, email, purpose):
    assert recipient.get(link(email, purpose=purpose)).status_code == 404
    assert noted() == []


@pytest.mark.parametrize("purpose", [Purpose.CLICK, Purpose.OPEN])
def test_a_tracking_token_unsubscribes_nobody(recipient, email, purpose):
    assert recipient.post(f"/u/{messages.tokens().make(purpose, email.pk)}").status_code == 404


@pytest.mark.parametrize("token", ["forged", "A" * 28, "%00", "%F0%9F%98%80", "A" * 4000])
def test_a_forged_picture_is_the_same_picture_and_notes_nothing(recipient, db, token):
    response = recipient.get(f"/o/{token}.gif")

    assert (response.status_code, response["Content-Type"]) == (200, "image/gif")
    assert noted() == []


@pytest.mark.parametrize(
    "path", ["/c/forged/1", f"/c/{'A' * 28}/1", "/c/%00/1", "/c/%F0%9F%98%80/1", f"/c/{'A' * 4000}/{'9' * 4000}"]
)
def test_a_forged_link_gets_a_plain_page_that_gives_nothing_away(recipient, team, path):
    response = recipient.get(path)

    assert response.status_code == 404
    assert "This link doesn't work" in response.content.decode()
    assert team.name not in response.content.decode()


@pytest.mark.parametrize(
    "number", ["0", "5", "-1", "1x", "x", "%00", "\u0661", "01", "4294967297", "9" * 5000, "0" * 5000]
)
def test_a_number_that_is_no_link_of_the_message_leads_nowhere(recipient, email, number):
    response = recipient.get(link(email, number))

    assert response.status_code == 404
    assert noted() == []


def test_a_cut_token_leads_nowhere(recipient, email):
    path = link(email)

    assert recipient.get(path[:-5] + path[-2:]).status_code == 404


def test_a_link_of_another_broadcast_can_not_be_reached(recipient, email, team):
    audience = make_audience(team=team, name="Others")
    make_contact(audience=audience, email="eve@example.test")
    make_started_broadcast(audience=audience, track_clicks=True, html='<a href="https://evil.test">x</a>')
    Link.objects.filter(url="https://evil.test").update(number=9)

    assert recipient.get(link(email, 9)).status_code == 404


def test_the_token_of_a_test_stands_for_nobody(recipient, db):
    tokens = messages.tokens()

    assert recipient.get(f"/o/{tokens.make(Purpose.OPEN, INERT)}.gif").status_code == 200
    assert recipient.get(f"/c/{tokens.make(Purpose.CLICK, INERT)}/1").status_code == 404
    assert noted() == []


def test_what_a_program_took_along_with_the_link_does_no_harm(recipient, email):
    assert recipient.get(link(email) + ").")["Location"] == LINKS[0]


def test_a_link_leads_to_an_address_that_headers_can_hold(recipient, email):
    Link.objects.filter(number=1).update(url="https://x.test/straße a?q=ü#é")

    assert recipient.get(link(email))["Location"] == "https://x.test/stra%C3%9Fe%20a?q=%C3%BC#%C3%A9"


def test_a_very_long_link_works_too(recipient, email):
    url = "https://x.test/?" + "a" * 6000
    Link.objects.filter(number=1).update(url=url)

    assert recipient.get(link(email))["Location"] == url


@pytest.mark.parametrize("address", [picture, link])
@pytest.mark.parametrize("who", ["recipient", "as_alice"])
def test_an_answer_is_cheap_and_leaves_no_trace(request, email, address, who, django_assert_max_num_queries):
    client = request.getfixturevalue(who)

    with django_assert_max_num_queries(2):
        response = client.get(address(email))

    assert not response.cookies
    assert "Vary" not in response
    assert response["Cache-Control"] == "no-store"
    assert response["Referrer-Policy"] == "no-referrer"
    assert "noindex" in response["X-Robots-Tag"]


@pytest.mark.parametrize("path", ["/o/forged.gif", "/c/forged/1"])
def test_a_forged_token_costs_no_query(recipient, db, path, django_assert_num_queries):
    with django_assert_num_queries(0):
        recipient.get(path)


@pytest.mark.parametrize("address", [picture, link])
def test_repeated_visits_make_one_event_for_people_and_one_for_machines(recipient, email, address):
    for _ in range(5):
        recipient.get(address(email))
        recipient.get(address(email), headers={"User-Agent": SCANNER})

    assert [by_machine for *_, by_machine, _ in noted()] == [False, True]


def test_a_second_link_is_news(recipient, email):
    recipient.get(link(email, 1))
    recipient.get(link(email, 2))

    assert [data["link"] for _, data, *_ in noted()] == [1, 2]


def test_who_comes_while_an_older_visit_is_still_unjudged_is_noted(recipient, email):
    recipient.get(picture(email))
    EmailEvent.objects.update(at="2026-11-22T12:00:00Z")

    recipient.get(picture(email))

    assert len(noted()) == 2
