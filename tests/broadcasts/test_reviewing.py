"""What forbids sending a draft, for one that comes with its own way out and one that gets a footer."""

import pytest

from broadcasts import messages, publishing, reviewing, scheduling
from broadcasts.models import Broadcast
from tests.factories import NOON, make_broadcast, make_contacts

pytestmark = pytest.mark.django_db
LINKED = '<p>Hello <a href="{{{RESEND_UNSUBSCRIBE_URL}}}">Leave</a></p>'
PLAIN = "<p>Hello</p>"
TEXT = "Hello"
LINKED_TEXT = "Hello. Leave: {{{RESEND_UNSUBSCRIBE_URL}}}"


@pytest.fixture
def draft(team, audience):
    make_contacts(audience=audience, number=1)

    def draft(**fields):
        return make_broadcast(team=team, audience=audience, **fields)

    return draft


def missing(review):
    return [blocker.field for blocker in review.blockers if blocker.code == "unsubscribe_link_missing"]


@pytest.mark.parametrize(
    ("html", "text", "fields"),
    [
        (LINKED, "", []),
        (PLAIN, "", ["html"]),
        (LINKED, TEXT, ["text"]),
        (PLAIN, TEXT, ["html", "text"]),
        (PLAIN, LINKED_TEXT, ["html"]),
        ("", LINKED_TEXT, []),
    ],
)
def test_each_body_needs_a_link_unless_a_footer_is_added(draft, html, text, fields):
    broadcast = draft(html=html, text=text)

    assert missing(reviewing.review(broadcast)) == fields
    assert missing(reviewing.review(broadcast, footer_is_added=True)) == []


def test_a_footer_excuses_nothing_else(draft):
    broadcast = draft(html="", text="", subject="", sender="nobody")

    blockers = {blocker.code for blocker in reviewing.review(broadcast, footer_is_added=True).blockers}

    assert blockers == {"sender_invalid", "subject_missing", "body_empty"}


def test_what_is_released_without_a_link_is_composed_with_one(draft):
    broadcast = draft(html=PLAIN, text=TEXT)

    with pytest.raises(publishing.NotReady):
        publishing.send(broadcast, by="a person")
    publishing.send(broadcast, by="a program", footer_is_added=True)
    message = messages.compose_test(broadcast, to="ada@x.test", contact=None).data.decode().replace("=\r\n", "")

    assert broadcast.status == Broadcast.Status.QUEUED
    assert message.count("You get this e-mail because you are on our list") == 2


def test_a_scheduled_one_may_lose_its_link_only_where_a_footer_is_added(draft):
    broadcast = draft(html=LINKED)
    publishing.schedule(broadcast, at=NOON + scheduling.FURTHEST, by="a person")

    with pytest.raises(publishing.NotReady):
        publishing.change(broadcast, {"html": PLAIN})
    publishing.change(broadcast, {"html": PLAIN}, footer_is_added=True)

    broadcast.refresh_from_db()
    assert (broadcast.html, broadcast.status) == (PLAIN, Broadcast.Status.SCHEDULED)


def warned(broadcast):
    return [warning.message for warning in reviewing.review(broadcast).warnings]


def test_tags_with_two_braces_and_links_that_lead_nowhere_are_worth_a_look(draft):
    body = f'{LINKED}{{{{first_name}}}} <a href="http://localhost/x">Shop</a> <a href="">More</a>'

    assert warned(draft(html=body, subject="Hi {{ contact.plan | you }}")) == [
        "The link http://localhost/x leads each recipient to their own computer.",
        "The link “” has no address.",
        "In the subject: {{ contact.plan | you }} goes out as it stands. "
        "Merge tags have three braces: {{{ contact.plan | you }}}.",
        "In the HTML: {{first_name}} goes out as it stands. Merge tags have three braces: {{{first_name}}}.",
    ]


def test_an_unknown_tag_is_an_error_and_not_also_one_without_a_fallback(draft):
    review = reviewing.review(draft(html=f"{LINKED}{{{{{{company}}}}}}"))

    assert [blocker.code for blocker in review.blockers] == ["merge_tag_invalid"]
    assert review.warnings == []


def test_a_known_tag_without_a_fallback_is_worth_a_look(draft):
    assert ["stays empty" in message for message in warned(draft(html=f"{LINKED}{{{{{{FIRST_NAME}}}}}}"))] == [True]
