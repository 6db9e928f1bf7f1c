"""What recipients see once a team has dressed its unsubscribe page."""

import io
import re

import pytest
from django.test import Client

from broadcasts import messages, unsubscribing
from broadcasts.models import Email
from mail.tokens import Purpose
from teams import dressing, logos
from teams.colours import STANDARD, Palette
from teams.models import UnsubscribePage
from tests.factories import make_contact, make_started_broadcast, make_team
from tests.pictures import noise, picture

pytestmark = pytest.mark.django_db
GREEN = Palette(background="#0d3b2e", text="#f2efe4", accent="#e8b04a")


def dress(team, **changes):
    looks = {"title": "Leaving?", "text": "Twice a month.\n\nReally?", "palette": GREEN, "logo": None}
    dressing.dress(team=team, **{**looks, "remove_logo": False, **changes})


def logo(content=None):
    return logos.prepare(io.BytesIO(content or picture("PNG")))


@pytest.fixture
def url(audience):
    make_contact(audience=audience, email="ada@example.test")
    email = Email.objects.get(broadcast=make_started_broadcast(audience=audience))
    return f"/u/{messages.tokens().make(Purpose.UNSUBSCRIBE, email.pk)}"


@pytest.fixture
def recipient():
    return Client(enforce_csrf_checks=True)


def without_nonce(page: str) -> str:
    return re.sub(r'nonce="[^"]*"', "", page)


def test_a_link_sent_before_shows_the_new_look_at_once(recipient, url, team):
    before = recipient.get(url).text

    dress(team, logo=logo())
    page = recipient.get(url).text

    assert "<h1>Unsubscribe?</h1>" in before
    assert "--page-background" not in before.replace("var(--page-background", "")
    assert "<h1>Leaving?</h1>" in page
    assert "<p>Twice a month.</p>" in page
    assert "--page-background: #0d3b2e" in page
    assert "--page-button: #e8b04a" in page
    assert 'content="only dark"' in page
    assert re.search(r'<img src="/u/logo/[0-9a-f]{64}\.webp"[^>]*alt="Northwind"', page)


def test_whom_and_what_it_is_about_is_said_whatever_the_text(recipient, url, team, audience):
    dress(team)

    page = recipient.get(url).text

    assert "ada@example.test" in page
    assert audience.name in page
    assert "<button>Unsubscribe</button>" in page


@pytest.mark.parametrize("state", ["question", "done", "undone", "done before"])
def test_every_state_wears_it_and_stays_small_and_quiet(recipient, url, team, state):
    dress(team, title="'" * 80, text="'" * 600, logo=logo(noise("PNG", size=(480, 192))))
    if state != "question":
        recipient.post(url)
    answers = {
        "question": lambda: recipient.get(url),
        "done": lambda: recipient.post(url),
        "undone": lambda: recipient.post(f"{url}/undo"),
        "done before": lambda: recipient.get(url),
    }

    response = answers[state]()

    assert "--page-background: #0d3b2e" in response.text
    assert "/u/logo/" in response.text
    assert len(response.content) < 15_000
    assert "<script" not in response.text
    assert "style=" not in response.text
    assert response["Referrer-Policy"] == "no-referrer"
    assert "noindex" in response["X-Robots-Tag"]
    assert "no-store" in response["Cache-Control"]
    assert not response.cookies


def test_the_page_and_the_logo_cost_no_more_queries_than_before(recipient, url, team, django_assert_max_num_queries):
    dress(team, logo=logo())

    with django_assert_max_num_queries(3):
        page = recipient.get(url).text
    with django_assert_max_num_queries(1):
        recipient.get(re.search(r'src="([^"]+)"', page)[1])


def test_the_logo_itself_is_not_fetched_for_the_page(url, team):
    dress(team, logo=logo())

    link = unsubscribing.find(url.removeprefix("/u/"))

    assert "logo" in link.email.team.unsubscribe_page.get_deferred_fields()


def test_one_click_stays_as_it_was(recipient, url, team):
    dress(team, logo=logo())

    response = recipient.post(url, {"List-Unsubscribe": "One-Click"})

    assert response.content == b"Unsubscribed."
    assert response["Content-Type"].startswith("text/plain")


def test_the_logo_is_served_for_good_as_a_picture_and_nothing_else(recipient, url, team):
    dress(team, logo=logo())

    response = recipient.get(re.search(r'src="([^"]+)"', recipient.get(url).text)[1])

    assert response.content == logo().image
    assert response["Content-Type"] == "image/webp"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert "immutable" in response["Cache-Control"]
    assert "default-src 'none'; sandbox" in response["Content-Security-Policy"]
    assert not response.cookies


def test_two_teams_with_the_same_logo_share_its_address_and_nothing_more(recipient, team):
    other = make_team("Tailspin")
    for each in (team, other):
        dress(each, logo=logo())

    dressing.reset(other)

    assert recipient.get(f"/u/logo/{logo().digest}.webp").status_code == 200


@pytest.mark.parametrize("digest", ["0" * 64, "x", "%00", "..", "%27"])
def test_an_address_of_no_logo_leads_nowhere(recipient, team, digest):
    dress(team)

    assert recipient.get(f"/u/logo/{digest}.webp").status_code == 404


def test_an_old_logo_is_gone(recipient, team):
    dress(team, logo=logo())
    dress(team, logo=logo(picture("PNG", size=(10, 10))))

    assert recipient.get(f"/u/logo/{logo().digest}.webp").status_code == 404


def test_links_that_lead_to_no_team_show_nobodys_look(recipient, url, team):
    dress(team, logo=logo())
    test_link = f"/u/{messages.tokens().make(Purpose.UNSUBSCRIBE, 0)}"

    for page in (recipient.get("/u/forged").text, recipient.get(test_link).text):
        assert "#0d3b2e" not in page
        assert "/u/logo/" not in page


def test_another_teams_look_is_its_own(recipient, url):
    dress(make_team("Tailspin"), title="Tailspin says goodbye")

    assert "Tailspin" not in recipient.get(url).text


def test_without_a_look_the_page_is_what_it_always_was(recipient, url, team):
    before = recipient.get(url).text

    dress(team, logo=logo())
    dressing.reset(team)
    after_reset = recipient.get(url).text
    dress(team, title="", text="", palette=STANDARD)

    assert without_nonce(after_reset) == without_nonce(before)
    assert without_nonce(recipient.get(url).text) == without_nonce(before)
    assert UnsubscribePage.objects.get(team=team).palette is None


def test_a_palette_that_is_hard_to_read_is_refused_whoever_asks(team):
    with pytest.raises(dressing.HardToRead):
        dress(team, palette=Palette(background="#ffffff", text="#777777", accent="#000000"))
