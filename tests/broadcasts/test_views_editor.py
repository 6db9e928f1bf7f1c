"""Writing a broadcast, previewing it and sending a test."""

import re
import uuid

import pytest
from django.urls import reverse

from broadcasts.models import Broadcast
from tests import factories

pytestmark = pytest.mark.django_db
EVIL = "<script>alert(1)</script>"


@pytest.fixture
def draft(team, audience):
    return factories.make_broadcast(team=team, audience=audience)


@pytest.fixture
def ada(audience):
    return factories.make_contact(audience=audience, email="ada@x.example", first_name="Ada", last_name="Okafor")


def url(broadcast, page: str) -> str:
    return reverse(f"broadcasts:{page}", args=[broadcast.team.slug, broadcast.uuid])


def written(broadcast, **changes) -> dict[str, str]:
    """What the browser sends back for a broadcast, with some fields changed."""
    fields = ("name", "sender", "reply_to", "subject", "preview_text", "html", "text", "version")
    audience = str(broadcast.audience.uuid) if broadcast.audience else ""
    return {**{name: getattr(broadcast, name) for name in fields}, "audience": audience, **changes}


def test_the_editor_shows_what_was_written(as_bob, draft):
    text = as_bob.get(url(draft, "edit")).text

    for shown in (
        "Spring news",
        "Northwind &lt;news@northwind.example&gt;",
        "Spring is here",
        "Newsletter (0 subscribed)",
    ):
        assert shown in text


def test_the_editor_offers_the_merge_tags_and_the_text_derived_from_the_html(as_bob, draft):
    text = as_bob.get(url(draft, "edit")).text

    assert 'data-insert="{{{contact.first_name|there}}}"' in text
    assert "Hello {{{FIRST_NAME|there}}}" in text


def test_the_editor_costs_few_queries(as_bob, draft, django_assert_max_num_queries):
    with django_assert_max_num_queries(8):
        as_bob.get(url(draft, "edit"))


def test_saving_keeps_everything_and_stays(as_bob, team, draft):
    other = factories.make_audience(team=team, name="Product updates")
    changes = {
        "name": "Summer news",
        "sender": "Mara <mara@northwind.example>",
        "reply_to": "help@northwind.example",
        "subject": "Summer is here",
        "preview_text": "At last",
        "html": "<p>Sun</p>",
        "text": "Sun",
    }

    answer = as_bob.post(url(draft, "edit"), written(draft, **changes, audience=str(other.uuid)), follow=True)

    draft.refresh_from_db()
    assert answer.redirect_chain == [(url(draft, "edit"), 302)]
    assert "Saved." in answer.text
    assert {name: getattr(draft, name) for name in changes} == changes
    assert draft.audience == other


def test_a_draft_can_be_saved_while_nearly_empty(as_bob, draft):
    as_bob.post(url(draft, "edit"), {"version": "1"})

    draft.refresh_from_db()
    assert (draft.sender, draft.subject, draft.html, draft.audience) == ("", "", "", None)


@pytest.mark.parametrize("then", ["preview", "test", "review"])
def test_the_other_buttons_save_first(as_bob, draft, then):
    answer = as_bob.post(url(draft, "edit"), written(draft, subject="Newest", then=then))

    draft.refresh_from_db()
    assert answer.url == url(draft, then)
    assert draft.subject == "Newest"


def test_the_unsubscribe_footer_is_added_without_script_too(as_bob, draft):
    as_bob.post(url(draft, "edit"), written(draft, html="<body><p>Hello</p></body>", add_footer="1"))

    draft.refresh_from_db()
    assert draft.html.startswith("<body><p>Hello</p><p")
    assert "UNSUBSCRIBE_URL}}}" in draft.html


def test_nothing_is_counted_unless_it_is_asked_for(as_bob, draft):
    text = as_bob.get(url(draft, "edit")).text
    as_bob.post(url(draft, "edit"), written(draft))

    draft.refresh_from_db()
    assert "Count opens" in text
    assert not re.search(r'<input[^>]*name="track_\w+"[^>]*checked', text)
    assert (draft.track_opens, draft.track_clicks) == (False, False)


@pytest.mark.parametrize("asked", [{"track_opens": "on"}, {"track_clicks": "on"}])
def test_opens_and_clicks_are_counted_each_if_asked_for(as_bob, draft, asked):
    as_bob.post(url(draft, "edit"), written(draft, **asked))

    draft.refresh_from_db()
    [name] = asked
    assert {each: getattr(draft, each) for each in ("track_opens", "track_clicks")} == {
        "track_opens": name == "track_opens",
        "track_clicks": name == "track_clicks",
    }
    assert re.search(rf'<input[^>]*name="{name}"[^>]*checked', as_bob.get(url(draft, "edit")).text)


def test_what_is_counted_can_be_changed_back(as_bob, draft):
    as_bob.post(url(draft, "edit"), written(draft, track_opens="on", track_clicks="on"))
    draft.refresh_from_db()

    as_bob.post(url(draft, "edit"), written(draft))

    draft.refresh_from_db()
    assert (draft.track_opens, draft.track_clicks) == (False, False)


def test_an_invalid_form_keeps_what_was_typed_and_names_the_field(as_bob, draft):
    answer = as_bob.post(url(draft, "edit"), written(draft, sender="nobody", html="<p>Hours of work</p>"))

    draft.refresh_from_db()
    assert answer.status_code == 422
    assert "“nobody” has no @." in answer.text
    assert "&lt;p&gt;Hours of work&lt;/p&gt;" in answer.text
    assert "Hours of work" not in draft.html


def test_a_hundred_kilobyte_name_is_refused_and_nothing_is_lost(as_bob, draft):
    answer = as_bob.post(url(draft, "edit"), written(draft, name="x" * 100_000))

    assert answer.status_code == 422
    assert "at most 200 characters" in answer.text
    assert "x" * 100_000 in answer.text


def test_saving_over_somebody_elses_change_is_a_conflict_that_keeps_what_was_typed(as_bob, draft):
    as_bob.post(url(draft, "edit"), written(draft, subject="By the first"))

    answer = as_bob.post(url(draft, "edit"), written(draft, subject="By the second"))

    draft.refresh_from_db()
    assert answer.status_code == 409
    assert "changed elsewhere" in answer.text
    assert 'value="By the second"' in answer.text
    assert draft.subject == "By the first"


def test_saving_again_after_the_conflict_replaces_the_other_version(as_bob, draft):
    as_bob.post(url(draft, "edit"), written(draft, subject="By the first"))
    conflict = as_bob.post(url(draft, "edit"), written(draft, subject="By the second"))
    shown = conflict.context["form"]["version"].value()

    as_bob.post(url(draft, "edit"), written(draft, subject="By the second", version=shown))

    draft.refresh_from_db()
    assert draft.subject == "By the second"


@pytest.mark.parametrize("method", ["get", "post"])
def test_a_broadcast_on_its_way_can_not_be_edited(as_bob, draft, method):
    Broadcast.objects.filter(pk=draft.pk).update(status=Broadcast.Status.SENDING)

    answer = getattr(as_bob, method)(url(draft, "edit"), {"version": "1", "subject": "Too late"})

    draft.refresh_from_db()
    assert answer.url == url(draft, "report")
    assert draft.subject == "Spring is here"


def test_markup_in_fields_is_shown_as_text(as_bob, draft):
    as_bob.post(url(draft, "edit"), written(draft, name=EVIL, subject=EVIL, html=f"</textarea>{EVIL}"))

    assert EVIL not in as_bob.get(url(draft, "edit")).text


def test_the_preview_shows_a_contacts_own_message(as_bob, draft, ada):
    preview = as_bob.get(url(draft, "preview"), {"contact": str(ada.public_id)}).text
    frame = as_bob.get(url(draft, "frame"), {"contact": str(ada.public_id)}).text

    assert f"{url(draft, 'frame')}?contact={ada.public_id}" in preview
    assert "Hello Ada" in frame


def test_the_preview_without_a_contact_shows_the_fallbacks(as_bob, draft):
    preview = as_bob.get(url(draft, "preview")).text
    frame = as_bob.get(url(draft, "frame")).text

    assert "first_name" in preview
    assert "Hello there" in frame


def test_the_preview_shows_the_plain_text(as_bob, draft, ada):
    text = as_bob.get(url(draft, "preview"), {"contact": str(ada.public_id), "view": "text"}).text

    assert "Hello Ada" in text
    assert "<iframe" not in text


def test_the_contact_picker_searches_the_audience(as_bob, draft, audience, ada):
    factories.make_contact(audience=audience, email="ben@x.example")

    text = as_bob.get(url(draft, "preview"), {"q": "okaf"}).text

    assert "ada@x.example" in text
    assert "ben@x.example" not in text


def test_a_search_without_a_match_says_so(as_bob, draft, ada):
    assert "No contacts match “zoe”" in as_bob.get(url(draft, "preview"), {"q": "zoe"}).text


def test_htmx_gets_the_preview_alone(as_bob, draft):
    text = as_bob.get(url(draft, "preview"), headers={"HX-Request": "true", "HX-Target": "broadcast-preview"}).text

    assert 'id="broadcast-preview"' in text
    assert "<html" not in text


def test_an_empty_draft_can_be_previewed(as_bob, team):
    empty = Broadcast.objects.create(team=team)

    assert as_bob.get(url(empty, "preview")).status_code == 200
    assert as_bob.get(url(empty, "frame")).status_code == 200


def test_a_contacts_name_is_escaped_in_preview_and_frame(as_bob, draft, audience):
    evil = factories.make_contact(audience=audience, email="eve@x.example", first_name=EVIL)

    pages = [
        as_bob.get(url(draft, name), {"contact": str(evil.public_id)}).text for name in ("preview", "frame", "test")
    ]

    assert all(EVIL not in text for text in pages)


def test_the_frame_is_sandboxed_by_its_own_policy(as_bob, draft):
    answer = as_bob.get(url(draft, "frame"))

    policy = answer["Content-Security-Policy"]
    assert policy.startswith("sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'")
    assert "frame-ancestors 'self'" in policy
    assert "script-src" not in policy
    assert answer["X-Frame-Options"] == "SAMEORIGIN"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert '<base target="_blank">' in answer.text


@pytest.mark.parametrize("page", ["preview", "frame", "test"])
def test_a_contact_of_another_audience_is_not_found(as_bob, team, draft, page):
    elsewhere = factories.make_audience(team=team, name="Elsewhere")
    stranger = factories.make_contact(audience=elsewhere, email="ben@x.example")

    answers = [as_bob.get(url(draft, page), {"contact": str(each)}) for each in (stranger.public_id, uuid.uuid4())]

    assert [answer.status_code for answer in answers] == [404, 404]


def test_a_test_goes_to_oneself_unless_one_says_otherwise(as_bob, draft):
    assert 'value="bob@northwind.example"' in as_bob.get(url(draft, "test")).text


def test_a_test_is_handed_to_the_queue_for_each_address(as_bob, draft, ada, django_capture_on_commit_callbacks):
    typed = {"to": "bob@northwind.example, mara@northwind.example", "contact": str(ada.public_id)}

    with django_capture_on_commit_callbacks() as rung:
        answer = as_bob.post(url(draft, "test"), typed)

    assert answer.url == url(draft, "edit")
    assert len(rung) == 2
    assert "A test is on its way to bob@northwind.example" in as_bob.get(answer.url).text


@pytest.mark.parametrize(
    ("fields", "to", "said"),
    [
        ({}, "nobody", "“nobody” has no @."),
        ({}, "", "Type at least one address."),
        ({}, ",".join(f"p{each}@x.example" for each in range(6)), "A test goes to 5 addresses at most."),
        ({"sender": ""}, "bob@northwind.example", "From: "),
        ({"subject": ""}, "bob@northwind.example", "Write a subject"),
    ],
)
def test_a_test_that_can_not_be_sent_says_why(as_bob, team, fields, to, said):
    draft = factories.make_broadcast(team=team, **fields)

    answer = as_bob.post(url(draft, "test"), {"to": to})

    assert answer.status_code == 422
    assert said in answer.text


@pytest.mark.parametrize("page", ["edit", "preview", "frame", "test", "review", "report", "delete"])
def test_another_teams_broadcast_does_not_exist(client, mallory, draft, page):
    client.force_login(mallory)

    through_their_team = client.get(url(draft, page))
    through_my_team = client.get(reverse(f"broadcasts:{page}", args=["tailspin", draft.uuid]))

    assert (through_their_team.status_code, through_my_team.status_code) == (404, 404)


@pytest.mark.parametrize("page", ["edit", "test", "send", "delete"])
def test_another_teams_broadcast_can_not_be_changed(client, mallory, draft, page):
    client.force_login(mallory)

    answer = client.post(
        reverse(f"broadcasts:{page}", args=["tailspin", draft.uuid]), {"version": "1", "to": "m@x.example"}
    )

    assert answer.status_code == 404
    assert Broadcast.objects.get(pk=draft.pk).status == Broadcast.Status.DRAFT
