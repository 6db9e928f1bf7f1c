"""Which event loop a sender runs on: uvloop in plaintext, Python's own under TLS."""

import asyncio

import pytest

from broadcasts import sending
from broadcasts.draining import Drain
from tests.factories import make_contacts, make_started_broadcast
from tests.smtp_sink import Sink

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def loops(monkeypatch):
    """The kinds of loops that senders ran on, in order."""
    seen, run = [], Drain.run

    async def note(drain):
        seen.append(type(asyncio.get_running_loop()).__module__.partition(".")[0])
        return await run(drain)

    monkeypatch.setattr(Drain, "run", note)
    return seen


def test_a_relay_without_tls_is_served_on_uvloop(broadcast, sink, loops):
    sending.drain(broadcast)

    assert (loops, len(sink.messages)) == (["uvloop"], 3)


@pytest.mark.parametrize("url", ["smtps://127.0.0.1:{}", "smtp://u:p@127.0.0.1:{}", "smtp://127.0.0.1:{}?tls=starttls"])
def test_a_relay_that_must_speak_tls_is_served_on_pythons_own_loop(broadcast, server_tls, settings, loops, url):
    with Sink(tls=server_tls, implicit_tls=url.startswith("smtps")) as sink:
        settings.SMTP_URL = url.format(sink.port)
        sending.drain(broadcast)

    broadcast.refresh_from_db()
    assert loops == ["asyncio"]
    # Nobody vouches for its certificate, and it is said in words that this is why nothing goes out.
    assert "shows a certificate that can't be trusted" in broadcast.trouble
    assert sink.messages == []


def test_a_relay_that_turns_out_to_offer_tls_is_served_on_pythons_own_loop_from_then_on(
    broadcast, audience, server_tls, settings, loops
):
    with Sink(tls=server_tls) as sink:
        settings.SMTP_URL = sink.url
        sending.drain(broadcast)
        sending.drain(make_started_broadcast(audience=audience, name="Next"))

    assert loops == ["uvloop", "asyncio"]
    assert [message.encrypted for message in sink.messages] == [True] * 6


def test_tls_that_is_not_wanted_keeps_it_on_uvloop(audience, server_tls, settings, loops):
    make_contacts(audience=audience, number=2)
    with Sink(tls=server_tls) as sink:
        settings.SMTP_URL = f"{sink.url}?tls=none"
        for name in ("First", "Second"):
            sending.drain(make_started_broadcast(audience=audience, name=name))

    assert loops == ["uvloop", "uvloop"]
    assert [message.encrypted for message in sink.messages] == [False] * 4
