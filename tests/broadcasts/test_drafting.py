"""Starting a draft and saving it without overwriting somebody else's work."""

import pytest

from broadcasts import drafting, reviewing
from broadcasts.models import Broadcast
from mail import merge_tags
from mail.unsubscribe_footer import has_unsubscribe_link
from tests import factories

pytestmark = pytest.mark.django_db


def test_a_new_draft_can_be_unsubscribed_from(team, alice):
    draft = drafting.start(team=team, by=alice)

    assert str(draft) == "Untitled"
    assert has_unsubscribe_link(draft.html, draft.text)
    assert merge_tags.problems(draft.html) == []


def test_a_new_draft_needs_only_a_subject_and_an_audience(team, alice, audience):
    factories.make_contact(audience=audience, email="ada@x.example")
    factories.make_broadcast(team=team, sender="Northwind <news@northwind.example>", reply_to="help@northwind.example")

    draft = drafting.start(team=team, by=alice, audience=audience)

    assert (draft.sender, draft.reply_to) == ("Northwind <news@northwind.example>", "help@northwind.example")
    assert [problem.code for problem in reviewing.review(draft).blockers] == ["subject_missing"]


def test_a_new_draft_takes_nothing_from_another_team(team, alice, mallory):
    factories.make_broadcast(team=mallory.teams.get(), sender="Tailspin <news@tailspin.example>")

    draft = drafting.start(team=team, by=alice)

    assert draft.sender == ""


def test_saving_counts_the_version_up(team):
    draft = factories.make_broadcast(team=team)

    drafting.save(broadcast=draft, version=1, content={"subject": "Summer is here"})

    draft.refresh_from_db()
    assert (draft.subject, draft.version) == ("Summer is here", 2)


def test_the_second_of_two_writers_does_not_overwrite_the_first(team):
    draft = factories.make_broadcast(team=team)
    drafting.save(broadcast=draft, version=1, content={"subject": "By the first"})

    with pytest.raises(drafting.ChangedElsewhere):
        drafting.save(broadcast=draft, version=1, content={"subject": "By the second"})

    draft.refresh_from_db()
    assert draft.subject == "By the first"


def test_a_broadcast_that_was_sent_in_between_is_not_changed(team):
    draft = factories.make_broadcast(team=team)
    Broadcast.objects.filter(pk=draft.pk).update(status=Broadcast.Status.QUEUED)

    with pytest.raises(drafting.ChangedElsewhere):
        drafting.save(broadcast=draft, version=1, content={"subject": "Too late"})

    draft.refresh_from_db()
    assert draft.subject == "Spring is here"


def test_a_sent_broadcast_can_not_be_changed(team):
    sent = factories.make_broadcast(team=team, status=Broadcast.Status.SENT)

    with pytest.raises(drafting.NotEditable):
        drafting.save(broadcast=sent, version=1, content={"subject": "Too late"})


def test_what_is_counted_can_not_be_changed_once_it_is_on_its_way(team):
    sent = factories.make_broadcast(team=team, status=Broadcast.Status.SENDING)

    with pytest.raises(drafting.NotEditable):
        drafting.save(broadcast=sent, version=1, content={"track_opens": True})


def test_a_copy_counts_what_its_original_did(team, alice):
    sent = factories.make_broadcast(team=team, status=Broadcast.Status.SENT, track_opens=True)

    copy = drafting.duplicate(sent, by=alice)

    assert (copy.track_opens, copy.track_clicks) == (True, False)
