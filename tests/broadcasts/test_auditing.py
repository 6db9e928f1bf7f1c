import pytest
from django.core.management import CommandError, call_command

from audiences.models import Audience
from broadcasts import auditing
from broadcasts.models import Broadcast, Chunk, Email
from broadcasts.recounting import recount
from tests.factories import NOON, make_audience, make_contact, make_contacts, make_started_broadcast, make_team


@pytest.fixture
def broadcast(audience):
    make_contact(audience=audience, email="gone@example.test", unsubscribed_at=NOON)
    make_contacts(audience=audience, number=3)
    return make_started_broadcast(audience=audience)


def test_an_untouched_ledger_adds_up(broadcast, capsys):
    call_command("check_ledger")

    assert capsys.readouterr().out == "Everything adds up.\n"


def test_a_vanished_email_is_noticed(broadcast):
    Email.objects.first().delete()

    said = list(auditing.discrepancies())

    assert "its audience of 4 isn't 2 e-mails and 1 excluded" in said[0]
    assert "counts 3 queued but has 2" in said[1]


def test_an_email_outside_every_chunk_is_noticed(broadcast):
    chunk = Chunk.objects.get()
    Chunk.objects.update(hi=chunk.hi - 1)

    said = list(auditing.discrepancies())

    assert "its chunks hold 2 of its 3 e-mails" in said[0]


@pytest.mark.parametrize(
    ("model", "ended"),
    [(Chunk, {"state": Chunk.State.CLOSED}), (Broadcast, {"status": Broadcast.Status.SENT})],
)
def test_emails_that_nobody_will_send_are_noticed(broadcast, model, ended):
    model.objects.update(**ended)

    [sentence] = auditing.discrepancies()

    assert "3 e-mails wait although nothing will send them" in sentence


def test_a_chunk_that_counts_wrong_is_noticed(broadcast):
    Email.objects.filter(pk=Email.objects.first().pk).update(status=Email.Status.SENT)

    said = list(auditing.discrepancies())

    chunk = Chunk.objects.get()
    assert len(said) == 2
    assert f"“Spring news” (sending): its chunk {chunk.lo} to {chunk.hi} counts 3 queued but has 2." in said[0]
    assert "counts 0 sent but has 1." in said[1]


def test_a_chunk_that_counts_wrong_who_may_have_got_it_twice_is_noticed(broadcast):
    Chunk.objects.update(maybe_twice=2)

    [sentence] = auditing.discrepancies()

    assert "counts 2 possibly doubled but has 0." in sentence


def test_chunks_that_were_recounted_are_right(broadcast):
    Email.objects.filter(broadcast=broadcast).update(status=Email.Status.SENT, maybe_twice=True)

    recount(broadcast)

    assert list(auditing.discrepancies()) == []


def test_a_wrong_counter_is_noticed(broadcast):
    Audience.objects.update(subscribed=5)

    assert list(auditing.discrepancies()) == ["Audience “Newsletter” counts 5 subscribed contacts but has 3."]


def test_one_team_can_be_checked_alone(broadcast, team):
    make_audience(team=make_team("Tailspin"), subscribed=9)

    assert list(auditing.discrepancies(team)) == []
    assert len(list(auditing.discrepancies())) == 1


def test_the_command_fails_when_something_does_not_add_up(broadcast, capsys):
    Email.objects.first().delete()

    with pytest.raises(CommandError, match="doesn't add up"):
        call_command("check_ledger", team="northwind")

    assert "Spring news" in capsys.readouterr().out


def test_an_unknown_team_is_said_to_be_one(db):
    with pytest.raises(CommandError, match="no team 'nowhere'"):
        call_command("check_ledger", team="nowhere")
