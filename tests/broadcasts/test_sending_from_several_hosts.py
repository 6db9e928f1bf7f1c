"""Several hosts drain one broadcast: worker processes that share nothing but the database."""

from collections import Counter

import pytest

from broadcasts import auditing, freezing
from broadcasts.models import Chunk, DrainSlot, Email
from tests.broadcasts.elsewhere import begin, waiting_worker
from tests.broadcasts.ledger import statuses
from tests.factories import make_contacts, make_started_broadcast

pytestmark = pytest.mark.django_db(transaction=True)
HOSTS = ("ada.example", "ben.example")


def test_two_hosts_share_the_chunks_and_send_to_each_recipient_once(audience, sink, monkeypatch):
    monkeypatch.setattr(freezing, "CHUNK_SIZE", 25)
    sink.faults.answer_after = 0.01
    make_contacts(audience=audience, number=300)
    broadcast = make_started_broadcast(audience=audience)
    # The addresses in links tell which host composed a message.
    workers = [waiting_worker(broadcast, sink, PUBLIC_URL=f"https://{host}", SEND_CONNECTIONS="4") for host in HOSTS]

    for worker in workers:
        begin(worker)
    codes = [worker.wait(30) for worker in workers]

    broadcast.refresh_from_db()
    sent_by = Counter(host for host in HOSTS for each in sink.messages if f"<https://{host}/u/".encode() in each.data)
    assert codes == [0, 0]
    assert len(sink.messages) == sent_by.total() == len(set(sink.accepted_addresses())) == 300
    assert min(sent_by[host] for host in HOSTS) >= 25
    assert set(Chunk.objects.values_list("epoch", "state")) == {(1, Chunk.State.CLOSED)}
    assert statuses(broadcast) == ["sent"] * 300
    assert broadcast.status == "sent"
    assert not Email.objects.filter(maybe_twice=True).exists()
    assert not DrainSlot.objects.exists()
    assert list(auditing.discrepancies()) == []
