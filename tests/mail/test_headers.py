"""Header values that mail programs read back as what was meant."""

from datetime import UTC, datetime, timedelta, timezone
from email import message_from_bytes, policy
from email.header import decode_header

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from mail import headers
from mail.addresses import InvalidAddress, Mailbox
from mail.one_line import one_line

TEXT = st.text(max_size=150) | st.text("aé ", max_size=200) | st.text('ab "\\,<>=?', max_size=120)


def parsed(name, value):
    return message_from_bytes(f"{name}: {value}\r\n\r\n".encode("ascii"), policy=policy.SMTP)


def decoded(value):
    pieces = decode_header(value)
    return "".join(piece.decode(charset or "ascii") if isinstance(piece, bytes) else piece for piece, charset in pieces)


def unfolded(value):
    return value.replace("\r\n", "")


def tidy(text):
    return one_line(text).strip()


@given(TEXT)
@example("=?utf-8?q?injected?=")
@example("two  spaces and a lot of further words that make the line longer than it may be, and then some")
@example("a" * 300)
@example("")
@example("\u3000")
def test_a_subject_reads_back(text):
    value = headers.subject(text)

    assert parsed("Subject", value)["Subject"] == tidy(text)


@given(TEXT)
@example("Last, First")
@example('He said "hi" \\ bye')
@example("x" * 77)
def test_a_name_reads_back(name):
    value = headers.mailbox(Mailbox(name, "a@x.test"))

    (box,) = parsed("From", value)["From"].addresses
    assert box.addr_spec == "a@x.test"
    phrase = unfolded(value).removesuffix("a@x.test").removesuffix("<a@x.test>").strip()
    if "=?" in phrase:
        assert decoded(value.rpartition("<")[0].strip()) == tidy(name)
    else:
        assert box.display_name == tidy(name)


@given(TEXT, TEXT)
def test_no_value_starts_a_line_of_its_own(subject, name):
    for value in (headers.subject(subject), headers.mailbox(Mailbox(name, "a@x.test"))):
        assert value.isascii()
        assert all(line.startswith(" ") for line in value.split("\r\n")[1:])
        assert "\n" not in value.replace("\r\n", "")
        assert "\r" not in value.replace("\r\n", "")
        assert all(len(line) <= 76 for line in f"Subject: {value}".split("\r\n"))


def test_a_long_plain_subject_stays_readable():
    value = headers.subject("word " * 30)

    assert value.startswith("word word")
    assert "\r\n word" in value


def test_absurd_names_and_subjects_are_cut():
    assert len(headers.subject("é" * 100_000)) < 5_000
    assert len(headers.mailbox(Mailbox("x" * 100_000, "a@x.test"))) < 400


@pytest.mark.parametrize("address", ["a@x.test\r\nBcc: b@x.test", "a@x.test>", "a b@x.test", "é@x.test", ""])
def test_a_bad_address_is_refused(address):
    with pytest.raises(InvalidAddress):
        headers.mailbox(Mailbox("A", address))


def test_several_reply_to_addresses_share_a_header():
    value = headers.mailboxes((Mailbox("Ä", "a@x.test"), Mailbox("", "b@x.test")))

    assert [box.addr_spec for box in parsed("Reply-To", value)["Reply-To"].addresses] == ["a@x.test", "b@x.test"]


def test_a_date_is_in_utc():
    at = datetime(2026, 11, 22, 12, 0, tzinfo=timezone(timedelta(hours=2)))

    assert headers.date(at) == "Sun, 22 Nov 2026 10:00:00 GMT"
    assert parsed("Date", headers.date(at))["Date"].datetime == at.astimezone(UTC)


@pytest.mark.parametrize("url", ["javascript:x", "https://x.test/\r\nA: b", "https://x.test/>", "https://ü.test", ""])
def test_an_unsubscribe_header_takes_web_addresses_only(url):
    with pytest.raises(ValueError, match="URL"):
        headers.list_unsubscribe(url)


@pytest.mark.parametrize("reference", ["", "a:b", "a b", "a\r\nb", "ü", "a>"])
def test_references_are_plain(reference):
    with pytest.raises(ValueError, match="reference"):
        headers.feedback_id(broadcast="x", team=reference, kind="broadcast")
    with pytest.raises(ValueError, match="reference"):
        headers.message_id(reference, "x.test")
