"""Contact properties as merge tags: whose value, whose fallback, and nothing of properties that are gone."""

import pytest

from broadcasts import messages, reviewing, sending
from contacts import defining
from contacts.models import Contact
from tests.factories import make_broadcast, make_contact, make_started_broadcast

pytestmark = pytest.mark.django_db
HTML = "<p>{{{contact.plan}}}, {{{plan|free & easy}}}, {{{contact.seats|0}}}</p><p>{{{UNSUBSCRIBE_URL}}}</p>"
MISSING = "isn't a known merge tag"


@pytest.fixture
def plan(team):
    return defining.define(team=team, key="plan", kind="string", fallback="none <yet>")


@pytest.fixture
def seats(team):
    return defining.define(team=team, key="seats", kind="number")


def shown(team, audience, contact, **fields):
    """The first paragraph that the contact sees."""
    broadcast = make_broadcast(team=team, audience=audience, **{"html": HTML, **fields})
    return messages.preview(broadcast, contact).html.partition("</p>")[0].removeprefix("<p>")


def test_a_value_comes_before_the_tags_fallback_and_that_before_the_propertys(team, audience, plan, seats):
    pro = make_contact(audience=audience, email="ada@x.test", properties={"plan": "<pro>", "seats": 3.0})
    nobody = make_contact(audience=audience, email="ben@x.test")

    assert shown(team, audience, pro) == "&lt;pro&gt;, &lt;pro&gt;, 3"
    assert shown(team, audience, nobody) == "none &lt;yet&gt;, free &amp; easy, 0"
    assert shown(team, audience, None) == "none &lt;yet&gt;, free &amp; easy, 0"


@pytest.mark.parametrize(("value", "text"), [(True, "yes"), (False, "no"), (2.5, "2.5"), (7, "7"), ("x\ny", "x y")])
def test_values_are_written_as_people_write_them(team, audience, value, text):
    kind = {bool: "boolean", str: "string"}.get(type(value), "number")
    defining.define(team=team, key="it", kind=kind)
    contact = make_contact(audience=audience, email="ada@x.test", properties={"it": value})

    assert shown(team, audience, contact, html="<p>{{{contact.it}}}</p>") == text


def test_of_a_property_that_is_gone_only_the_tags_fallback_stays(team, audience, plan, seats):
    contact = make_contact(audience=audience, email="ada@x.test", properties={"plan": "pro", "seats": 3})
    defining.remove(plan)

    assert shown(team, audience, contact) == ", free &amp; easy, 3"


def test_another_teams_property_is_none(team, audience, mallory):
    defining.define(team=mallory.teams.get(), key="plan", kind="string", fallback="theirs")
    contact = make_contact(audience=audience, email="ada@x.test", properties={"plan": "pro"})

    assert shown(team, audience, contact, html="<p>{{{contact.plan|ours}}}</p>") == "ours"


def test_the_review_knows_them(team, audience, plan, seats, django_assert_num_queries):
    make_contact(audience=audience, email="ada@x.test")
    broadcast = make_broadcast(team=team, audience=audience, html=HTML, subject="{{{contact.seats}}} {{{plan}}}")

    with django_assert_num_queries(2):
        review = reviewing.review(broadcast)

    assert review.blockers == []
    assert [problem.message for problem in review.warnings] == [
        "The merge tag seats has no fallback: it stays empty for contacts without a value."
    ]
    defining.remove(seats)
    assert [MISSING in problem.message for problem in reviewing.review(broadcast).blockers] == [True, True]


def test_keys_differ_by_case(team, audience, plan):
    make_contact(audience=audience, email="ada@x.test")
    broadcast = make_broadcast(team=team, audience=audience, html="{{{contact.Plan}}}{{{UNSUBSCRIBE_URL}}}")

    [blocker] = reviewing.review(broadcast).blockers

    assert MISSING in blocker.message


@pytest.mark.django_db(transaction=True)
def test_they_are_in_what_is_really_sent_unless_they_go_meanwhile(audience, sink, plan, seats):
    make_contact(audience=audience, email="ada@x.test", properties={"plan": "pro", "seats": 3})
    subject = "{{{contact.plan}}} for {{{contact.seats|some}}}"

    for _ in range(2):
        broadcast = make_started_broadcast(audience=audience, html=HTML, subject=subject)
        sending.drain(broadcast)
        defining.remove(seats)

    subjects = [line for each in sink.messages for line in each.data.split(b"\r\n") if line.startswith(b"Subject:")]
    assert subjects == [b"Subject: pro for 3", b"Subject: pro for some"]
    assert Contact.objects.get().properties == {"plan": "pro", "seats": 3}


def test_the_editor_offers_them(as_bob, team, plan):
    draft = make_broadcast(team=team)

    assert 'data-insert="{{{contact.plan}}}"' in as_bob.get(draft.get_absolute_url()).text
