"""The list of broadcasts, starting one and deleting one."""

import pytest
from django.urls import reverse

from broadcasts.models import Broadcast, Email
from broadcasts.recounting import recount
from tests import factories

pytestmark = pytest.mark.django_db
Status = Broadcast.Status


@pytest.fixture
def address(team):
    return reverse("broadcasts:list", args=[team.slug])


def delete_url(broadcast) -> str:
    return reverse("broadcasts:delete", args=[broadcast.team.slug, broadcast.uuid])


def test_a_team_without_broadcasts_is_told_what_to_do(as_bob, address):
    answer = as_bob.get(address)

    assert answer.status_code == 200
    assert "No broadcasts yet" in answer.text
    assert "Create broadcast" in answer.text


def test_a_broadcast_is_listed_with_subject_status_and_audience(as_bob, team, audience, address):
    broadcast = factories.make_broadcast(team=team, audience=audience)

    text = as_bob.get(address).text

    for shown in ("Spring news", "Spring is here", "Draft", "Newsletter", broadcast.get_absolute_url()):
        assert shown in text


def test_another_teams_broadcasts_are_not_listed(as_bob, team, mallory, address):
    factories.make_broadcast(team=mallory.teams.get(), name="Tailspin secrets")

    assert "Tailspin secrets" not in as_bob.get(address).text


def test_the_tabs_count_and_filter_by_status(as_bob, team, address):
    factories.make_broadcast(team=team, name="A draft")
    factories.make_broadcast(team=team, name="On its way", status=Status.SENDING)
    factories.make_broadcast(team=team, name="In line", status=Status.QUEUED)

    text = as_bob.get(address, {"status": "sending"}).text

    assert "Sending <span>2</span>" in text
    assert "On its way" in text
    assert "In line" in text
    assert "A draft" not in text


def test_an_unknown_status_shows_all(as_bob, team, address):
    factories.make_broadcast(team=team)

    assert "Spring news" in as_bob.get(address, {"status": "nonsense"}).text


def test_a_tab_with_nothing_in_it_says_so(as_bob, team, address):
    factories.make_broadcast(team=team)

    assert "None here" in as_bob.get(address, {"status": "sent"}).text


@pytest.mark.parametrize("status", [Status.SENDING, Status.PAUSED])
def test_a_broadcast_that_has_begun_says_how_far_it_is(as_bob, audience, address, status):
    factories.make_contacts(audience=audience, number=4)
    broadcast = factories.make_started_broadcast(audience=audience)
    Email.objects.filter(pk=broadcast.emails.order_by("pk")[0].pk).update(status=Email.Status.SENT)
    recount(broadcast)
    Broadcast.objects.update(status=status)

    assert f"{status.label} 25%" in as_bob.get(address).text


def test_a_page_of_the_list_costs_few_queries(as_bob, team, audience, address, django_assert_max_num_queries):
    for each in range(60):
        factories.make_broadcast(team=team, audience=audience, name=f"Number {each}", status=Status.SENDING)

    with django_assert_max_num_queries(8):
        answer = as_bob.get(address)

    assert "Number 59" in answer.text
    assert "Number 9<" not in answer.text
    assert "Older" in answer.text


def test_the_older_page_follows_the_newer_one(as_bob, team, address):
    for each in range(51):
        factories.make_broadcast(team=team, name=f"Number {each}")
    last_of_first = Broadcast.objects.get(name="Number 1")

    text = as_bob.get(address, {"after": str(last_of_first.uuid)}).text

    assert "Number 0" in text
    assert "Number 1<" not in text


def test_htmx_gets_the_table_alone(as_bob, team, address):
    factories.make_broadcast(team=team)

    text = as_bob.get(address, headers={"HX-Request": "true", "HX-Target": "broadcast-table"}).text

    assert 'id="broadcast-table"' in text
    assert "<html" not in text


def test_markup_in_names_is_shown_as_text(as_bob, team, audience, address):
    evil = "<script>alert(1)</script>"
    audience.name = evil
    audience.save()
    factories.make_broadcast(team=team, audience=audience, name=evil, subject=evil)

    text = as_bob.get(address).text

    assert evil not in text
    assert "&lt;script&gt;" in text


def test_creating_starts_a_draft_and_opens_its_editor(as_bob, bob, team):
    answer = as_bob.post(reverse("broadcasts:create", args=[team.slug]))

    draft = team.broadcasts.get()
    assert draft.created_by == bob
    assert answer.url == reverse("broadcasts:edit", args=[team.slug, draft.uuid])


@pytest.mark.parametrize("place", ["field", "query"])
def test_creating_for_an_audience_chooses_it(as_bob, team, audience, place):
    url = reverse("broadcasts:create", args=[team.slug])
    asked = {"audience": str(audience.uuid)}

    as_bob.post(url, asked if place == "field" else {}, query_params=asked if place == "query" else {})

    assert team.broadcasts.get().audience == audience


def test_creating_for_another_teams_audience_is_not_found(as_bob, team, mallory):
    foreign = factories.make_audience(team=mallory.teams.get())

    answer = as_bob.post(reverse("broadcasts:create", args=[team.slug]), {"audience": str(foreign.uuid)})

    assert answer.status_code == 404
    assert not team.broadcasts.exists()


def test_a_get_creates_nothing(as_bob, team):
    answer = as_bob.get(reverse("broadcasts:create", args=[team.slug]))

    assert answer.status_code == 405
    assert not team.broadcasts.exists()


def test_deleting_asks_first(as_bob, team):
    draft = factories.make_broadcast(team=team)

    answer = as_bob.get(delete_url(draft))

    assert "be undone" in answer.text
    assert team.broadcasts.exists()


def test_a_draft_is_deleted(as_bob, team, address):
    draft = factories.make_broadcast(team=team)

    answer = as_bob.post(delete_url(draft), follow=True)

    assert answer.redirect_chain == [(address, 302)]
    assert "is deleted" in answer.text
    assert not team.broadcasts.exists()


@pytest.mark.parametrize("method", ["get", "post"])
def test_a_sent_broadcast_is_not_deleted(as_bob, team, method):
    sent = factories.make_broadcast(team=team, status=Status.SENT)

    answer = getattr(as_bob, method)(delete_url(sent))

    assert answer.url == sent.get_absolute_url()
    assert team.broadcasts.exists()
