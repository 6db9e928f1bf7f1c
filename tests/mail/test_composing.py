"""From content to a message, read back by Python's own parser."""

import re
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from mail import compiling, composing
from mail.addresses import InvalidAddress, Mailbox
from mail.composing import Content, Origin, Recipient
from mail.one_line import one_line

NOW = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)
NEWS = Mailbox("Zoë, Inc.", "news@northwind.test")
ORIGIN = Origin(reference="0193-b", team="northwind", list_reference="0193-a")
HTML = '<body><p>Hi {{{FIRST_NAME|there}}}</p><a href="{{{UNSUBSCRIBE_URL}}}">Leave</a></body>'
ADA = Recipient(
    email="ada@x.test",
    first_name="Ada",
    last_name="Lovelace",
    properties={"plan": "gold"},
    unsubscribe_url="https://c.test/u/tok?a=1&b=2",
    message_token="mtok",
    return_token="rtok",
)
BODY = st.text(max_size=300) | st.text("a=. \t\né€F", max_size=200)


def prepared(*, origin=ORIGIN, **changes):
    content = {"sender": NEWS, "subject": "News", "html": HTML} | changes
    return composing.prepare(Content(**content), origin=origin)


def read(message) -> EmailMessage:
    return message_from_bytes(message.message(), policy=policy.SMTP)


def render(*, recipient=ADA, **changes) -> EmailMessage:
    return read(compiling.compiled(prepared(**changes)).fill(recipient, at=NOW))


def body(message, subtype):
    part = message.get_body((subtype,))
    return part.get_payload(decode=True).decode().replace("\r\n", "\n").rstrip("\n")


def test_the_headers_say_who_when_and_how_to_leave():
    message = render(reply_to=(Mailbox("Help", "help@northwind.test"),))

    assert {name: str(value) for name, value in message.items()} == {
        "From": '"Zoë, Inc." <news@northwind.test>',
        "To": "Ada Lovelace <ada@x.test>",
        "Reply-To": "Help <help@northwind.test>",
        "Subject": "News",
        "Date": "Sun, 22 Nov 2026 10:00:00 +0000",
        "Message-ID": "<mtok@northwind.test>",
        "List-Unsubscribe": "<https://c.test/u/tok?a=1&b=2>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        "List-Id": "<0193-a.northwind.test>",
        "Feedback-ID": "0193-b:northwind:broadcast:carillon",
        "MIME-Version": "1.0",
        "Content-Type": 'multipart/alternative; boundary="=_carillon"',
    }


def test_merge_tags_work_in_subject_preview_and_both_bodies():
    message = render(subject="For {{{FIRST_NAME|you}}}", preview_text="{{{contact.plan}}} & more")

    assert message["Subject"] == "For Ada"
    assert body(message, "plain") == "Hi Ada\n\nLeave (https://c.test/u/tok?a=1&b=2)"
    assert 'href="https://c.test/u/tok?a=1&amp;b=2"' in body(message, "html")
    assert ">gold &amp; more</div><p>Hi Ada" in body(message, "html")


def test_bounces_go_to_the_sender_unless_a_return_path_is_set_up():
    with_return_path = Origin(reference="b", team="t", return_path_domain="bounces.northwind.test")

    assert compiling.compiled(prepared()).fill(ADA, at=NOW).envelope_from == "news@northwind.test"
    assert (
        compiling.compiled(prepared(origin=with_return_path)).fill(ADA, at=NOW).envelope_from
        == "bounces+rtok@bounces.northwind.test"
    )


def test_a_message_to_nobody_on_a_list_has_no_list_headers():
    recipient = Recipient(email="ada@x.test", message_token="mtok")

    message = render(origin=Origin(reference="b", team="t"), recipient=recipient)

    assert message["Feedback-ID"] == "b:t:broadcast:carillon"
    assert [name for name in message if name.startswith("List-")] == []
    assert message["To"] == "ada@x.test"


def test_the_text_alternative_is_derived_unless_written():
    assert body(render(text="  \n"), "plain").startswith("Hi Ada")
    assert body(render(text="Dear {{{FIRST_NAME}}}"), "plain") == "Dear Ada"


def test_a_broadcast_may_be_text_alone():
    message = render(html="", text="Dear {{{FIRST_NAME}}}", preview_text="unseen")

    assert message.get_content_type() == "text/plain"
    assert body(message, "plain") == "Dear Ada"


@pytest.mark.parametrize(
    ("html", "start"),
    [
        (
            "<html><head><title>T</title></head><body class='a>b'>x",
            "<html><head><title>T</title></head><body class='a>b'><div",
        ),
        ("<!DOCTYPE html><p>x", "<!DOCTYPE html><div"),
        ("<!doctype html><html><head></head><p>x", "<!doctype html><html><head></head><div"),
        ("<p>x", "<div"),
    ],
)
def test_the_preview_text_comes_first_in_the_body_and_is_not_in_the_text(html, start):
    message = render(html=html, preview_text="Peek")

    assert body(message, "html").startswith(start)
    assert body(message, "plain") == "x"


def test_a_view_shows_what_the_message_will_hold():
    view = prepared(subject="For {{{FIRST_NAME}}}").view(ADA)

    assert view.subject == "For Ada"
    assert view.html == HTML.replace("{{{FIRST_NAME|there}}}", "Ada").replace(
        "{{{UNSUBSCRIBE_URL}}}", "https://c.test/u/tok?a=1&amp;b=2"
    )


@given(st.text(), st.text(), st.text())
@example("x\r\nBcc: all@x.test", "y\nBcc: all@x.test", "z\rBcc: all@x.test")
def test_no_header_can_be_injected(sender_name, first_name, subject):
    recipient = Recipient(email="ada@x.test", first_name=first_name, message_token="mtok")

    ready = prepared(sender=Mailbox(sender_name, "n@x.test"), subject=subject + "{{{FIRST_NAME}}}")
    message = compiling.compiled(ready).fill(recipient, at=NOW)

    head = message.message().partition(b"\r\n\r\n")[0]
    names = [line.partition(b":")[0].decode() for line in head.split(b"\r\n") if not line.startswith(b" ")]
    assert sorted(names) == [
        "Content-Type", "Date", "Feedback-ID", "From", "List-Id", "MIME-Version", "Message-ID", "Subject", "To",
    ]  # fmt: skip


@pytest.mark.parametrize("address", ["ada@x.test\r\nBcc: b@x.test", "ada", "ada@x.test, b@x.test", "<ada@x.test>"])
def test_a_bad_address_is_refused_wherever_it_stands(address):
    with pytest.raises(InvalidAddress):
        prepared(sender=Mailbox("", address))
    with pytest.raises(InvalidAddress):
        prepared(reply_to=(Mailbox("", address),))
    with pytest.raises(InvalidAddress):
        compiling.compiled(prepared()).fill(Recipient(email=address, message_token="mtok"), at=NOW)


@given(BODY, BODY, st.text(max_size=80), st.text(max_size=40))
@example(".\r\n.", "F\n.\n \n", "=?x", "\ud800")
@example("--=_carillon\r\n", "=_carillon--", "", "--=_carillon")
def test_what_was_written_is_what_is_read(html, text, subject, value):
    recipient = Recipient(email="ada@x.test", first_name=value, message_token="mtok")
    ready = prepared(html=f"<p>{html}", text=f"x{text}", subject=subject + " {{{FIRST_NAME}}}")

    message = compiling.compiled(ready).fill(recipient, at=NOW)
    view = ready.view(recipient)

    parsed = read(message)
    assert parsed["Subject"] == one_line(view.subject).strip()
    assert body(parsed, "plain") == as_lines(view.text)
    assert body(parsed, "html") == as_lines(view.html)
    assert [part.get_content_type() for part in parsed.iter_parts()] == ["text/plain", "text/html"]


@given(BODY, st.text(max_size=100))
def test_the_bytes_suit_every_relay(text, subject):
    data = compiling.compiled(prepared(html=f"<p>{text}", text=text, subject=subject)).fill(ADA, at=NOW).message()

    assert data.isascii()
    assert b"\n" not in data.replace(b"\r\n", b"")
    assert b"\r" not in data.replace(b"\r\n", b"")
    assert max(map(len, data.split(b"\r\n"))) <= 998
    assert data.endswith(b"\r\n")


def as_lines(text):
    """What quoted-printable keeps: every kind of line end as one, and nothing UTF-8 can't hold."""
    return re.sub(r"\r\n?", "\n", text).encode("utf-8", "replace").decode().rstrip("\n")
