"""The relay's URL."""

import pytest

from mail.relay import InvalidRelay, Relay, Security, parse_url


@pytest.mark.parametrize(
    ("url", "relay"),
    [
        ("smtp://127.0.0.1:2525", Relay("127.0.0.1", 2525, Security.OFFERED)),
        ("smtp://mail.x.test", Relay("mail.x.test", 25, Security.OFFERED)),
        ("smtp://mail.x.test?tls=none", Relay("mail.x.test", 25, Security.NONE)),
        ("smtp://mail.x.test?tls=starttls", Relay("mail.x.test", 587, Security.STARTTLS)),
        ("smtps://mail.x.test/", Relay("mail.x.test", 465, Security.TLS)),
        ("smtp://u:p@mail.x.test", Relay("mail.x.test", 587, Security.STARTTLS, "u", "p")),
        ("smtp://u:p@mail.x.test?tls=none", Relay("mail.x.test", 25, Security.NONE, "u", "p")),
        ("smtps://a%40x.test:p%2F%3A%25@h:1", Relay("h", 1, Security.TLS, "a@x.test", "p/:%")),
        ("smtp://[::1]:25", Relay("::1", 25, Security.OFFERED)),
    ],
)
def test_a_url_describes_a_relay(url, relay):
    assert parse_url(url) == relay


@pytest.mark.parametrize(
    "url",
    [
        "",
        "mail.x.test:25",
        "http://mail.x.test",
        "smtp://",
        "smtp://:25",
        "smtp://h:secret",
        "smtp://u:secret@h:99999",
        "smtp://u:secret@h?tls=maybe",
        "smtps://u:secret@h?tls=none",
        "smtp://u:secret@h?speed=fast",
        "smtp://u:secret@h?timeout=7",
        "smtp://u:secret@a..b",
        "smtp://u:secret@" + "a" * 64 + ".test",
        "smtp://u:secret@[h",
    ],
)
def test_a_bad_url_is_refused_without_showing_its_password(url):
    with pytest.raises(InvalidRelay) as refusal:
        parse_url(url)

    assert "secret" not in str(refusal.value)
    assert refusal.value.__cause__ is None


def test_a_relay_never_shows_its_password():
    relay = parse_url("smtp://user:secret@mail.x.test:587")

    assert "secret" not in repr(relay) + str(relay)
    assert str(relay) == "mail.x.test:587"
