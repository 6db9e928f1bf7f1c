"""From the bytes of a chunk to the ledger: folding, taking over, giving back."""

import json
from datetime import timedelta

import pytest
from django.db import OperationalError, connection, transaction
from django.utils import timezone

from audiences import locking
from audiences.models import Audience
from broadcasts import auditing, claiming, freezing
from broadcasts.models import Chunk, Email
from broadcasts.outcomes import Code
from contacts.models import Contact, Suppression
from lib import sql
from tests.broadcasts.elsewhere import in_another_connection
from tests.broadcasts.ledger import statuses
from tests.factories import make_contacts, make_started_broadcast

pytestmark = pytest.mark.django_db


@pytest.fixture
def eight(audience):
    """A broadcast to eight people, one for each code but NOT_TRIED."""
    make_contacts(audience=audience, number=8)
    return make_started_broadcast(audience=audience)


def note(broadcast, *codes):
    """As the gate would have committed them."""
    chunk = Chunk.objects.get(broadcast=broadcast)
    Chunk.objects.filter(pk=chunk.pk).update(out=bytes(codes))


def lose(broadcast):
    """The sender gives no sign of life any more."""
    Chunk.objects.filter(broadcast=broadcast).update(lease=timezone.now() - timedelta(seconds=1))


EACH = (
    Code.IN_FLIGHT,
    Code.SENT,
    Code.BOUNCED,
    Code.BAD_ADDRESS,
    Code.DEFERRED,
    Code.UNANSWERED,
    Code.SKIPPED,
    Code.FAILED,
)


def test_every_code_becomes_its_status_when_the_chunk_is_given_back(eight):
    held = claiming.claim(eight)
    note(eight, *EACH)

    claiming.release(held, team=eight.team)

    assert statuses(eight) == ["queued", "sent", "bounced", "bounced", "queued", "queued", "skipped", "failed"]
    assert list(Email.objects.order_by("pk").values_list("attempts", flat=True)) == [1, 1, 1, 1, 1, 1, 0, 0]
    assert list(Email.objects.order_by("pk").values_list("maybe_twice", flat=True)) == [True] + 4 * [False] + [
        True,
        False,
        False,
    ]
    assert list(auditing.discrepancies()) == []


def test_the_counts_of_the_chunk_move_with_the_statuses(eight):
    held = claiming.claim(eight)
    note(eight, *EACH)

    claiming.release(held, team=eight.team)

    chunk = Chunk.objects.get()
    assert chunk.counts == [3, 0, 1, 0, 2, 0, 1, 1, 0, 0]
    assert (chunk.maybe_twice, chunk.state, chunk.out) == (2, Chunk.State.OPEN, None)


def test_what_the_relay_said_to_those_it_took_is_kept(eight):
    held = claiming.claim(eight)
    note(eight, Code.SENT, Code.SENT, *(6 * [Code.NOT_TRIED]))

    claiming.release(held, team=eight.team, accepted=[(held.lo, "250 Taken as 4F1"), (held.lo + 1, "250 Taken as 4F2")])

    assert [each.reply for each in Email.objects.order_by("pk")][:3] == ["250 Taken as 4F1", "250 Taken as 4F2", ""]


def test_while_the_sender_goes_on_only_what_is_settled_is_folded(eight):
    held = claiming.claim(eight)
    note(eight, *EACH)

    claiming.fold(held, team=eight.team, accepted=[])
    claiming.fold(held, team=eight.team, accepted=[])

    chunk = Chunk.objects.get()
    # A bad address must have been suppressed first, which waits until nobody writes the chunk's bytes any more.
    assert statuses(eight) == ["queued", "sent", "bounced", "queued", "queued", "queued", "skipped", "failed"]
    assert not Email.objects.filter(maybe_twice=True).exists()
    assert chunk.counts == [4, 0, 1, 0, 1, 0, 1, 1, 0, 0]
    assert (chunk.state, bytes(chunk.out)) == (Chunk.State.LEASED, bytes(EACH))


def test_folding_twice_counts_each_attempt_once(eight):
    held = claiming.claim(eight)
    note(eight, Code.SENT, Code.DEFERRED, *(6 * [Code.NOT_TRIED]))

    claiming.fold(held, team=eight.team, accepted=[])
    claiming.release(held, team=eight.team)

    assert list(Email.objects.order_by("pk").values_list("attempts", flat=True)) == [1, 1, 0, 0, 0, 0, 0, 0]
    assert Chunk.objects.get().counts == [7, 0, 1, 0, 0, 0, 0, 0, 0, 0]


def test_a_deferred_one_waits_for_its_delay_and_the_chunk_for_nobody_else(eight, settings):
    settings.SEND_RETRY_DELAYS = [60.0]
    held = claiming.claim(eight)
    note(eight, Code.DEFERRED, *(7 * [Code.SENT]))

    claiming.release(held, team=eight.team)

    deferred, chunk = Email.objects.order_by("pk")[0], Chunk.objects.get()
    assert timedelta(seconds=50) < deferred.next_attempt_at - timezone.now() <= timedelta(seconds=60)
    assert chunk.due_at == deferred.next_attempt_at
    assert claiming.claim(eight) is None


def test_after_the_last_delay_a_deferred_one_has_failed(eight, settings):
    settings.SEND_RETRY_DELAYS, settings.SEND_RETRY_FOR = [60.0], 60.0
    held = claiming.claim(eight)
    Email.objects.filter(pk=held.lo).update(attempts=1)
    note(eight, Code.DEFERRED, Code.DEFERRED, *(6 * [Code.SENT]))

    claiming.release(held, team=eight.team)

    assert statuses(eight)[:2] == ["failed", "queued"]


def test_a_bad_address_is_suppressed_once_the_relay_has_said_so(eight):
    held = claiming.claim(eight)
    note(eight, Code.BAD_ADDRESS, Code.BOUNCED, *(6 * [Code.SENT]))

    claiming.release(held, team=eight.team)

    assert list(Suppression.objects.values_list("address", "reason")) == [("person0@example.test", "bounce")]
    assert Contact.objects.get(email="person0@example.test").status_word == "bounced"
    assert list(auditing.discrepancies()) == []


def test_a_bad_address_is_suppressed_also_when_its_sender_died_before_it_was_folded(eight):
    claiming.claim(eight)
    note(eight, Code.BAD_ADDRESS, *(7 * [Code.SENT]))
    lose(eight)

    claiming.claim(eight)

    assert Contact.objects.get(email="person0@example.test").status_word == "bounced"
    assert statuses(eight)[0] == "bounced"


def test_a_bad_address_that_comes_up_while_others_are_folded_is_suppressed_too(eight):
    held = claiming.claim(eight)
    note(eight, *(7 * [Code.SENT]), Code.NOT_TRIED)
    claiming.fold(held, team=eight.team, accepted=[])
    note(eight, *(7 * [Code.SENT]), Code.BAD_ADDRESS)

    claiming.fold(held, team=eight.team, accepted=[])
    meanwhile = statuses(eight)[7]
    claiming.release(held, team=eight.team)

    assert (meanwhile, statuses(eight)[7]) == ("queued", "bounced")
    assert list(Suppression.objects.values_list("address", flat=True)) == ["person7@example.test"]


@pytest.mark.django_db(transaction=True)
def test_a_bad_address_is_not_forgotten_while_somebody_holds_what_suppressing_needs(eight, settings):
    settings.SEND_LEASE = 0.3
    held = claiming.claim(eight)
    note(eight, Code.BAD_ADDRESS, *(7 * [Code.SENT]))
    with transaction.atomic():
        locking.lock_exclusively(eight.audience_id)
        with pytest.raises(OperationalError):
            in_another_connection(lambda: claiming.release(held, team=eight.team))
        assert statuses(eight) == ["queued"] * 8

    claiming.release(held, team=eight.team)

    assert statuses(eight)[0] == "bounced"
    assert Suppression.objects.count() == 1


def test_any_number_of_bad_addresses_is_suppressed_by_the_same_queries(eight, django_assert_max_num_queries):
    held = claiming.claim(eight)
    note(eight, *(8 * [Code.BAD_ADDRESS]))

    with django_assert_max_num_queries(22):
        claiming.release(held, team=eight.team)

    assert Suppression.objects.count() == 8
    eight.audience.refresh_from_db()
    assert (eight.audience.subscribed, eight.audience.bounced) == (0, 8)
    assert list(auditing.discrepancies()) == []


def test_an_address_that_can_not_be_suppressed_holds_up_nobody(eight, caplog):
    # A counter that would become negative forbids it.
    Audience.objects.update(subscribed=0)
    held = claiming.claim(eight)
    note(eight, Code.BAD_ADDRESS, *(7 * [Code.SENT]))

    claiming.release(held, team=eight.team)

    assert statuses(eight) == ["bounced"] + 7 * ["sent"]
    assert not Suppression.objects.exists()
    assert "can't be suppressed" in caplog.text


def test_whoever_takes_over_folds_what_the_dead_sender_left(eight):
    claiming.claim(eight)
    note(eight, *EACH)
    lose(eight)

    held = claiming.claim(eight)

    in_flight = Email.objects.order_by("pk")[0]
    assert (in_flight.status_word, in_flight.maybe_twice, in_flight.reply) == ("queued", True, claiming.SENDER_DIED)
    assert in_flight.next_attempt_at is None
    assert held.epoch == 2
    assert [each.email_id for each in claiming.read(held, after=0, most=10)] == [held.lo]
    assert list(auditing.discrepancies()) == []


def test_those_in_doubt_are_held_where_the_team_wants_it(eight):
    eight.team.in_doubt = "hold"
    claiming.claim(eight)
    note(eight, *EACH)
    lose(eight)

    claiming.claim(eight)

    assert statuses(eight) == ["held", "sent", "bounced", "bounced", "queued", "held", "skipped", "failed"]
    assert Chunk.objects.get().maybe_twice == 2


def test_a_sender_that_lost_its_chunk_changes_nothing(eight):
    late = claiming.claim(eight)
    lose(eight)
    claiming.claim(eight)
    note(eight, *EACH)

    claiming.fold(late, team=eight.team, accepted=[])
    claiming.release(late, team=eight.team)

    assert statuses(eight) == ["queued"] * 8
    assert Chunk.objects.get().state == Chunk.State.LEASED


def test_feedback_that_came_before_the_fold_stays(eight):
    held = claiming.claim(eight)
    Email.objects.filter(pk=held.lo).update(status=Email.Status.DELIVERED)
    Chunk.objects.update(counts=[7, 0, 0, 1, 0, 0, 0, 0, 0, 0])
    note(eight, Code.SENT, *(7 * [Code.SENT]))

    claiming.release(held, team=eight.team)

    assert statuses(eight) == ["delivered"] + 7 * ["sent"]
    assert Chunk.objects.get().counts == [0, 0, 7, 1, 0, 0, 0, 0, 0, 0]


def test_a_chunk_is_closed_when_nobody_in_it_waits(eight):
    held = claiming.claim(eight)
    note(eight, *(8 * [Code.SENT]))

    claiming.release(held, team=eight.team)

    assert Chunk.objects.get().state == Chunk.State.CLOSED


def test_a_chunk_given_back_untouched_can_be_claimed_after_the_pause(eight):
    claiming.release(claiming.claim(eight), team=eight.team, pause=0.0)
    held = claiming.claim(eight)
    claiming.release(held, team=eight.team, pause=60.0)

    assert held.epoch == 2
    assert claiming.claim(eight) is None


def test_ids_of_another_broadcast_between_ours_are_left_alone(eight, audience):
    other = make_started_broadcast(audience=audience, name="Other")
    mine, theirs = Chunk.objects.get(broadcast=eight), Chunk.objects.get(broadcast=other)
    Chunk.objects.filter(pk=mine.pk).update(hi=theirs.hi)
    held = claiming.claim(eight)
    note(eight, *(16 * [Code.SENT]))

    claiming.release(held, team=eight.team)

    assert statuses(eight) == ["sent"] * 8
    assert statuses(other) == ["queued"] * 8


def test_a_fold_looks_at_its_own_chunk_only_and_at_each_answer_once(audience, monkeypatch):
    """However large the broadcast: what grows with its size, or with the square of a chunk's, is felt at a million."""
    monkeypatch.setattr(freezing, "CHUNK_SIZE", 500)
    make_contacts(audience=audience, number=2_000)
    broadcast = make_started_broadcast(audience=audience)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE broadcasts_email")
    held = claiming.claim(broadcast)
    Chunk.objects.filter(pk=held.chunk_id).update(out=bytes([Code.SENT] * 500))
    parameters = {
        "chunk_id": held.chunk_id,
        "epoch": held.epoch,
        "everything": True,
        "hold": False,
        "delays": [60.0],
        "died": "died",
        "said": json.dumps(dict.fromkeys(range(held.lo, held.hi + 1), "250 Taken")),
    }
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {sql.statement('broadcasts', 'fold_chunk')}", parameters)
        [[[plan]]] = cursor.fetchall()

    seen = [rows for node in nodes(plan["Plan"]) for rows in looked_at(node)]
    assert max(seen) <= 500
    assert Email.objects.filter(status=Email.Status.SENT, reply="250 Taken").count() == 500


def nodes(plan):
    yield plan
    for part in plan.get("Plans", []):
        yield from nodes(part)


def looked_at(node):
    """How many rows a step of a plan gave or threw away, over all its turns."""
    removed = [number for word, number in node.items() if word.startswith("Rows Removed")]
    return [node["Actual Loops"] * number for number in (node["Actual Rows"], *removed)]
