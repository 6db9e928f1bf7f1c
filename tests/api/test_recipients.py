"""What recipients really did with a broadcast, as programs are told of it."""

import re
from datetime import timedelta
from typing import get_args

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from broadcasts import responding, sending, tallying
from broadcasts.models import Broadcast, Email, EmailEvent
from tests.broadcasts.responding import CHROME, HTML, LINKS, SCANNER, addresses
from tests.factories import make_broadcast, make_contact, make_contacts, make_started_broadcast

SOON = timedelta(minutes=1)
DEEDS = get_args(responding.Deed)


def asked(program, broadcast, query):
    return [row["email"] for row in program.get(f"/broadcasts/{broadcast.uuid}/recipients?{query}").told["data"]]


@pytest.mark.django_db(transaction=True)
class TestReallySent:
    """To person0 to person5 ten minutes ago, of whom person5's mailbox doesn't exist."""

    @pytest.fixture
    def sent(self, audience, sink):
        make_contacts(audience=audience, number=6)
        make_contact(audience=audience, email="out@example.test", unsubscribed_at=timezone.now())
        gone = "550 5.1.1 No such mailbox"
        sink.faults.refuse_recipient = lambda address: gone if address.startswith("person5@") else None
        broadcast = make_started_broadcast(audience=audience, html=HTML, track_opens=True, track_clicks=True)
        sending.drain(broadcast)
        Email.objects.filter(broadcast=broadcast, status=Email.Status.SENT).update(sent_at=timezone.now() - 10 * SOON)
        return broadcast

    @pytest.fixture
    def paths(self, sent, sink):
        """The paths of tracked links and picture in each person's message, by their number."""
        return {int(each.recipients[0][6]): addresses(each) for each in sink.messages}

    def test_who_opened_clicked_bounced_and_left(self, sent, sink, paths, program):
        person, scanner = Client(headers={"User-Agent": CHROME}), Client(headers={"User-Agent": SCANNER})
        person.get(paths[0][-1])
        for path in (paths[1][0], paths[1][2], paths[1][2], paths[2][0], paths[2][-1]):
            person.get(path)
        scanner.get(paths[3][1])
        tallying.tally(now=timezone.now() + SOON)
        leaves(sink, 2)
        leaves(sink, 4)
        comes_back(sink, 4)

        found = {deed: asked(program, sent, f"type={deed}") for deed in DEEDS}

        everybody = [f"person{number}@example.test" for number in (4, 3, 2, 1, 0)]
        assert found == {
            "sent": everybody,
            "delivered": [],
            "opened": [everybody[number] for number in (2, 3, 4)],
            "clicked": [everybody[number] for number in (2, 3)],
            "bounced": ["person5@example.test"],
            "complained": [],
            "unsubscribed": ["person2@example.test"],
            "suppressed": [],
        }
        told = program.get(f"/broadcasts/{sent.uuid}").told["statistics"]
        assert told == {"recipients": 6, **{deed: len(people) for deed, people in found.items()}}

    def test_which_links_and_how_often(self, sent, paths, program):
        person = Client(headers={"User-Agent": CHROME})
        for number, clicked in ((0, (0, 3, 3)), (1, (0,)), (2, (1,))):
            for link in clicked:
                person.get(paths[number][link])
        tallying.tally(now=timezone.now() + SOON)
        base = f"/broadcasts/{sent.uuid}"

        clickers = program.get(f"{base}/recipients?type=clicked").told["data"]
        [opener] = program.get(f"{base}/recipients?type=opened&email=person2").told["data"]
        first = program.get(f"{base}/clicked-links?limit=2").told
        rest = program.get(f"{base}/clicked-links?limit=2&after={first['data'][-1]['id']}").told
        back = program.get(f"{base}/clicked-links?limit=2&before={rest['data'][0]['id']}").told

        assert [(row["count"], [link["url"] for link in row["clicked_links"]]) for row in clickers] == [
            (1, [LINKS[1]]),
            (1, [LINKS[0]]),
            (2, [LINKS[0], LINKS[3]]),
        ]
        assert set(opener) == {"id", "contact_id", "email", "count"}
        assert {row["url"]: (row["clicks"], row["unique_clicks"]) for row in first["data"] + rest["data"]} == {
            LINKS[0]: (2, 2),
            LINKS[1]: (1, 1),
            LINKS[3]: (1, 1),
        }
        assert (first["has_more"], rest["has_more"]) == (True, False)
        assert back["data"] == first["data"]

    def test_they_come_a_page_at_a_time(self, sent, program):
        base = f"/broadcasts/{sent.uuid}/recipients?type=sent&limit=2"

        first = program.get(base).told
        second = program.get(f"{base}&after={first['data'][-1]['id']}").told
        third = program.get(f"{base}&after={second['data'][-1]['id']}").told
        back = program.get(f"{base}&before={third['data'][0]['id']}").told

        assert [row["email"][6] for row in first["data"] + second["data"] + third["data"]] == list("43210")
        assert [each["has_more"] for each in (first, second, third)] == [True, True, False]
        assert back["data"] == second["data"]


@pytest.mark.parametrize("written", ["person1@example.test", "Person1@Example.TEST", "PERSON1", "son1@"])
def test_an_address_or_a_part_of_it_narrows_them(program, audience, written):
    make_contacts(audience=audience, number=3)
    broadcast = make_started_broadcast(audience=audience)
    other = make_started_broadcast(audience=audience)
    Email.objects.update(status=Email.Status.SENT)

    assert asked(program, broadcast, f"type=sent&email={written}") == ["person1@example.test"]
    assert asked(program, broadcast, f"type=bounced&email={written}") == []
    assert other.emails.count() == 3


def test_a_whole_address_is_looked_up_and_who_left_is_found_from_events(audience):
    make_contacts(audience=audience, number=2_000)
    broadcast = make_started_broadcast(audience=audience)
    opened = make_started_broadcast(audience=audience)
    EmailEvent.objects.bulk_create(EmailEvent(email=email, kind="opened") for email in opened.emails.all())
    EmailEvent.objects.create(email=broadcast.emails.all()[0], kind="unsubscribed")
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE broadcasts_email, broadcasts_emailevent, broadcasts_chunk")

    looked_up = responding.recipients(broadcast, "sent", address="person7@example.test").order_by("-pk")[:21].explain()
    left = responding.recipients(broadcast, "unsubscribed").order_by("-pk")[:21].explain()
    bounced = responding.recipients(broadcast, "bounced").order_by("-pk")[:21].explain()

    assert "one_email_per_contact_and_broadcast" in looked_up
    assert "event_of_unsubscribing" in left
    assert "email_rare_status" in bounced
    assert "Seq Scan on broadcasts_email" not in looked_up + left + bounced


@pytest.mark.parametrize(
    ("query", "name", "message"),
    [
        ("", "missing_required_parameter", "Missing `type` parameter."),
        ("type=liked", "validation_error", "Invalid `type` field"),
        ("type=bounced&bounce_type=permanent", "validation_error", "Kinds of bounces aren't told apart here"),
        ("type=sent&after=x", "validation_error", "The `after` must be the id"),
        ("type=sent&limit=0", "validation_error", "Invalid `limit` field"),
    ],
)
def test_questions_that_cannot_be_answered_are_refused(program, team, query, name, message):
    answer = program.get(f"/broadcasts/{make_broadcast(team=team).uuid}/recipients?{query}")

    assert (answer.status_code, answer.told["name"]) == (422, name)
    assert answer.told["message"].startswith(message)


def test_a_draft_has_no_recipients_yet(program, team):
    draft = make_broadcast(team=team)

    assert [asked(program, draft, f"type={deed}") for deed in DEEDS] == [[]] * 8
    assert not Broadcast.objects.exclude(pk=draft.pk).exists()


def leaves(sink, number):
    Client().post(unsubscribe_path(sink, number), {"List-Unsubscribe": "One-Click"})


def comes_back(sink, number):
    Client().post(unsubscribe_path(sink, number) + "/undo")


def unsubscribe_path(sink, number):
    [message] = [each.data for each in sink.messages if each.recipients[0].startswith(f"person{number}@")]
    return re.search(rb"List-Unsubscribe: <http://[^/]*(/u/[^>]*)>", message)[1].decode()
