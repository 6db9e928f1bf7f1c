"""Looking at a broadcast's e-mails, and at a relay that refuses one of them."""

from contextlib import contextmanager

from broadcasts.models import Chunk, Email


def statuses(broadcast):
    """Status words in the order of the recipients."""
    return [each.status_word for each in Email.objects.filter(broadcast=broadcast).order_by("pk")]


def fetched(broadcast, address):
    return Email.objects.get(broadcast=broadcast, address=address)


@contextmanager
def refusing(sink, address, reply):
    sink.faults.refuse_recipient = lambda given: reply if given == address else None
    yield
    sink.faults.refuse_recipient = None


def everything_due():
    """As if the time until the next try had passed."""
    Chunk.objects.exclude(state=Chunk.State.CLOSED).update(due_at=None)
    Email.objects.update(next_attempt_at=None)
