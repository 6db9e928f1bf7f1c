from email import message_from_bytes
from email.policy import default

import pytest
from django.utils import timezone

from broadcasts import messages
from broadcasts.claiming import Waiting
from contacts import defining
from mail.tokens import Purpose
from tests.factories import make_broadcast, make_contact


@pytest.fixture
def broadcast(team, audience):
    return make_broadcast(team=team, audience=audience, reply_to="Help <help@northwind.example>")


def filled(broadcast, email_id=7):
    """The message to Ada, who has the e-mail with this id."""
    waiting = Waiting(email_id, "ada@example.test", "Ada", "Okafor", None, None)
    compiled = messages.compile_for(broadcast)
    return compiled.fill(messages.recipient(waiting, tracked=compiled.is_tracked), at=timezone.now())


def headers(message):
    return message_from_bytes(message.message(), policy=default)


def test_a_message_carries_the_headers_that_mailboxes_ask_for(broadcast, audience, settings):
    settings.PUBLIC_URL = "https://news.northwind.example"

    found = headers(filled(broadcast))

    assert found["From"] == "Northwind <news@northwind.example>"
    assert found["Reply-To"] == "Help <help@northwind.example>"
    assert found["To"] == "Ada Okafor <ada@example.test>"
    assert found["List-Unsubscribe"].startswith("<https://news.northwind.example/u/")
    assert found["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert found["List-Id"] == f"<{audience.uuid}.northwind.example>"
    assert found["Feedback-ID"] == f"{broadcast.uuid}:northwind:broadcast:carillon"


def test_a_message_sent_again_has_the_same_message_id(broadcast):
    found = [headers(filled(broadcast, email_id=pk))["Message-ID"] for pk in (7, 7, 8)]

    assert found[0] == found[1] != found[2]


def test_bounces_go_to_the_sender_or_to_an_address_per_message(broadcast, settings):
    plain = filled(broadcast)
    settings.RETURN_PATH_DOMAIN = "bounces.northwind.example"
    own = filled(broadcast)

    assert plain.envelope_from == "news@northwind.example"
    assert own.envelope_from.endswith("@bounces.northwind.example")


def test_the_unsubscribe_link_is_the_address_of_the_public_page(client, settings):
    settings.PUBLIC_URL = "https://news.northwind.example"
    token = messages.tokens().make(Purpose.UNSUBSCRIBE, 7)

    assert messages.unsubscribe_url(7) == f"https://news.northwind.example/u/{token}"


@pytest.mark.parametrize(("value", "shown"), [("gold", "gold"), (12, "12"), (None, "none"), ("<b>", "&lt;b&gt;")])
def test_properties_of_any_kind_are_filled_in_as_text(broadcast, team, audience, value, shown):
    defining.define(team=team, key="plan", kind="number" if value == 12 else "string")
    broadcast.html = "{{{contact.plan|none}}}"
    ada = make_contact(audience=audience, email="ada@example.test", properties={"plan": value})

    assert messages.preview(broadcast, ada).html.endswith(shown)


def test_a_preview_shows_the_broadcast_as_the_contact_sees_it(broadcast, audience):
    ada = make_contact(audience=audience, email="ada@example.test", first_name="Ada")

    preview = messages.preview(broadcast, ada)

    assert preview.subject == "Spring is here"
    assert "Hello Ada" in preview.html
    assert "Hello Ada" in preview.text
    assert preview.used_fallbacks == []


def test_a_preview_of_nobody_shows_the_fallbacks_and_names_them(broadcast):
    preview = messages.preview(broadcast, None)

    assert "Hello there" in preview.html
    assert preview.used_fallbacks == ["first_name"]


def test_the_link_of_a_preview_stands_for_nobody(broadcast, audience):
    ada = make_contact(audience=audience, email="ada@example.test")

    assert messages.unsubscribe_url(0) in messages.preview(broadcast, ada).html


@pytest.mark.parametrize(
    "fields", [{"sender": ""}, {"sender": "?"}, {"reply_to": "?"}, {"html": ""}, {"audience": None}]
)
def test_an_unfinished_draft_has_a_preview(team, fields):
    preview = messages.preview(make_broadcast(team=team, **fields), None)

    assert preview.subject == "Spring is here"


def test_a_plain_text_broadcast_has_no_html(team):
    broadcast = make_broadcast(team=team, mode="text", text="Hello {{{FIRST_NAME|there}}}")

    found = headers(filled(broadcast))

    assert found.get_content_type() == "text/plain"
    assert "Hello Ada" in found.get_content()


def test_merge_tags_of_the_preview_text_are_filled_in(team, audience):
    ada = make_contact(audience=audience, email="ada@x.test", first_name="Ada")
    broadcast = make_broadcast(team=team, preview_text="For {{{FIRST_NAME|you}}}")

    assert messages.preview(broadcast, ada).preview_text == "For Ada"
    assert messages.preview(broadcast, None).preview_text == "For you"


LINKED = '<p><a href="https://x.test/?a=1&amp;b=2">One</a> <a href="{{{UNSUBSCRIBE_URL}}}">Leave</a></p>'


@pytest.fixture
def linked(team, settings):
    """A broadcast with one link, which its table of links knows."""
    settings.PUBLIC_URL = "https://news.northwind.example"
    broadcast = make_broadcast(team=team, html=LINKED, track_opens=True, track_clicks=True)
    broadcast.links.create(number=1, url="https://x.test/?a=1&b=2")
    return broadcast


def bodies(message):
    found = headers(message)
    return (found.get_body((kind,)).get_content() for kind in ("html", "plain"))


def test_a_tracked_message_leads_its_links_and_a_picture_through_us_and_leaves_the_text_alone(linked):
    html, text = bodies(filled(linked))

    click, opened = (messages.tokens().make(purpose, 7) for purpose in (Purpose.CLICK, Purpose.OPEN))
    assert f'href="https://news.northwind.example/c/{click}/1"' in html
    assert f'src="https://news.northwind.example/o/{opened}.gif"' in html
    assert f'href="{messages.unsubscribe_url(7)}"' in html
    assert "https://x.test/?a=1&b=2" in text
    assert "/c/" not in text


@pytest.mark.parametrize(("opens", "clicks"), [(True, False), (False, True), (False, False)])
def test_opens_and_clicks_are_tracked_each_for_itself(linked, opens, clicks):
    linked.track_opens, linked.track_clicks = opens, clicks

    html, _ = bodies(filled(linked))

    assert (".gif" in html, "/c/" in html) == (opens, clicks)


def test_a_message_that_is_not_tracked_costs_no_token(linked):
    linked.track_opens = linked.track_clicks = False

    assert messages.compile_for(linked).is_tracked is False
    linked.track_clicks = True
    assert messages.compile_for(linked).is_tracked is True


@pytest.mark.parametrize("seen", ["preview", "test"])
def test_who_only_looks_gets_links_as_they_were_written(linked, seen):
    if seen == "preview":
        html = messages.preview(linked, None).html
    else:
        html = message_from_bytes(messages.compose_test(linked, to="a@x.test", contact=None).data, policy=default)
        html = html.get_body(("html",)).get_content()

    assert 'href="https://x.test/?a=1&amp;b=2"' in html
    assert ".gif" not in html
