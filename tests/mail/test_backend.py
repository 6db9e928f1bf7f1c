"""System mail by Django's own interface, over the product's relay."""

from email import message_from_bytes, policy

import pytest
from django.core.mail import EmailMultiAlternatives, get_connection, send_mail

from mail import backend
from mail.backend import EmailBackend, MessageRefused
from mail.replies import RelayUnavailable
from tests.smtp_sink import Sink


@pytest.fixture
def relay(settings):
    with Sink() as sink:
        settings.SMTP_URL = sink.url
        settings.EMAIL_BACKEND = "mail.backend.EmailBackend"
        yield sink


def test_system_mail_goes_to_the_relay(relay):
    sent = send_mail("Grüße", "Hällo\n.\n", "Carillon <system@n.test>", ["Ada <ada@x.test>", "bob@x.test"])

    assert sent == 1
    assert relay.accepted_addresses() == ["ada@x.test", "bob@x.test"]
    received = relay.messages[0]
    parsed = message_from_bytes(received.data, policy=policy.SMTP)
    assert received.envelope_from == "system@n.test"
    assert parsed["Subject"] == "Grüße"
    assert parsed.get_content().strip().splitlines() == ["Hällo", "."]
    assert b"\n" not in received.data.replace(b"\r\n", b"")


def test_several_messages_share_a_connection(relay):
    messages = [EmailMultiAlternatives("Hi", "text", "s@n.test", [f"{name}@x.test"]) for name in ("ada", "bob")]

    assert get_connection().send_messages(messages) == 2
    assert {message.connection for message in relay.messages} == {1}


def test_a_message_to_nobody_is_not_sent(relay):
    assert EmailBackend().send_messages([EmailMultiAlternatives("Hi", "text", "s@n.test", [])]) == 0


def test_a_relay_that_is_down_raises_unless_told_to_be_quiet(relay):
    relay.stop()

    with pytest.raises(RelayUnavailable, match="refuses connections"):
        send_mail("Hi", "text", "s@n.test", ["ada@x.test"])
    assert send_mail("Hi", "text", "s@n.test", ["ada@x.test"], fail_silently=True) == 0
    assert EmailBackend(fail_silently=True).open() is False


def test_a_refused_recipient_raises_unless_told_to_be_quiet(relay):
    relay.faults.refuse_every = 1

    with pytest.raises(MessageRefused, match=r"refused mail to ada@x\.test: 550 5\.1\.1"):
        send_mail("Hi", "text", "s@n.test", ["ada@x.test"])
    assert send_mail("Hi", "text", "s@n.test", ["ada@x.test"], fail_silently=True) == 0


def test_a_page_does_not_wait_for_a_silent_relay(relay, monkeypatch):
    assert backend.TIMEOUT == 5
    monkeypatch.setattr(backend, "TIMEOUT", 0.5)
    relay.faults.stall_at = "banner"

    with pytest.raises(RelayUnavailable, match=r"0\.5 seconds"):
        send_mail("Hi", "text", "s@n.test", ["ada@x.test"])
