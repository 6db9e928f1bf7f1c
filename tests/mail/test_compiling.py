"""Compiled messages beside Django's own, read back by Python's parser."""

import re
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.header import decode_header, make_header
from email.utils import parseaddr

import pytest
from django.core.mail import EmailMultiAlternatives
from hypothesis import example, given, settings
from hypothesis import strategies as st

from mail import compiling, composing, merge_tags
from mail.addresses import Mailbox
from mail.composing import Content, Origin, Recipient
from mail.one_line import one_line

NOW = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)
NEWS = Mailbox("News", "news@northwind.test")
ORIGIN = Origin(reference="0193-b", team="northwind", list_reference="0193-a", return_path_domain="b.northwind.test")
TAG = "{{{FIRST_NAME|there}}}"
PRINTABLE = st.text(st.characters(exclude_categories=["C", "Z"]) | st.sampled_from(" .=F%{"), max_size=60)
BODY = st.lists(
    st.sampled_from([TAG, "{{{contact.plan}}}", "\n", " ", ".", "F", "=", "%", "é", "漢字", "x" * 90, "😀"])
)


def recipient(**changes):
    given_values = {
        "email": "ada@x.test",
        "first_name": "Ada",
        "unsubscribe_url": "https://c.test/u/tok",
        "message_token": "mtok",
        "return_token": "rtok",
        **changes,
    }
    return Recipient(**given_values)


def compiled(**content):
    written = {"sender": NEWS, "subject": "News", "html": "<p>x</p>", **content}
    return compiling.compiled(composing.prepare(Content(**written), origin=ORIGIN))


def read(data):
    return message_from_bytes(data, policy=policy.SMTP)


def body(message, subtype):
    part = message.get_body((subtype,))
    return part.get_payload(decode=True).decode().replace("\r\n", "\n").rstrip("\n")


@settings(max_examples=150)
@given(PRINTABLE, PRINTABLE, PRINTABLE, PRINTABLE)
def test_a_message_equals_djangos(subject, name, text, html):
    subject, name = one_line(subject).strip() or "x", one_line(name).strip()
    text, html = f"a{text}", f"<p>{html}"
    content = Content(sender=NEWS, subject=subject, text=text, html=html)
    view = composing.prepare(content, origin=ORIGIN).view(recipient(first_name=name))
    theirs = EmailMultiAlternatives(view.subject, view.text, "News <news@northwind.test>", ["ada@x.test"])
    theirs.attach_alternative(view.html, "text/html")

    ours = read(compiled(subject=subject, text=text, html=html).fill(recipient(first_name=name), at=NOW).message())

    expected = read(theirs.message().as_bytes())
    assert decoded(ours["Subject"]) == decoded(expected["Subject"])
    assert body(ours, "plain") == body(expected, "plain")
    assert body(ours, "html") == body(expected, "html")


@settings(max_examples=150)
@given(st.text(max_size=80))
@example("a\r\nBcc: b@x.test")
def test_a_name_of_any_kind_is_read_back_from_the_header(name):
    data = compiled().fill(recipient(first_name=name), at=NOW).message()

    head = data.partition(b"\r\n\r\n")[0].replace(b"\r\n ", b" ")
    [line] = [line for line in head.split(b"\r\n") if line.startswith(b"To: ")]
    shown, address = parseaddr(line[4:].decode())
    assert address == "ada@x.test"
    assert "".join(str(make_header(decode_header(shown))).split()) == "".join(one_line(name)[:200].split())


@settings(max_examples=200)
@given(BODY, st.text(max_size=120))
@example([TAG, TAG], "")
@example([TAG], "." * 100)
@example(["\n", TAG, "\n"], "From here")
@example(["x", TAG], " ")
def test_whatever_stands_beside_a_field_both_are_read_back(parts, value):
    source = "s" + "".join(parts) + "e"
    someone = recipient(first_name=value, properties={"plan": value})

    message = compiled(text=source, html=f"<p>{source}").fill(someone, at=NOW).message()

    expected = merge_tags.render(merge_tags.parse(source), someone.values).encode("utf-8", "replace").decode()
    assert body(read(message), "plain") == expected


@settings(max_examples=200)
@given(BODY, st.text(max_size=120))
def test_lines_le_76_ascii_no_leading_dot_no_bare_cr_lf(parts, value):
    source = "".join(parts)
    data = compiled(text=source, html=source).fill(recipient(first_name=value), at=NOW).message()

    lines = data.split(b"\r\n")
    assert data.isascii()
    assert not any(b"\n" in line or b"\r" in line for line in lines)
    assert not any(line.startswith((b".", b"From ")) for line in lines)
    assert max(map(len, data.partition(b"\r\n\r\n")[2].split(b"\r\n"))) <= 78
    assert data.endswith(b"\r\n")


@pytest.mark.parametrize("word", ["Здравствуйте", "漢字かな交じり文"])
def test_a_body_that_is_mostly_not_latin_goes_in_base64(word):
    source = f"{word * 40} {TAG}\n"

    message = read(compiled(text=source, html=f"<p>{source}").fill(recipient(), at=NOW).message())

    assert {part["Content-Transfer-Encoding"] for part in message.iter_parts()} == {"base64"}
    assert body(message, "plain") == source.replace(TAG, "Ada").rstrip("\n")


def test_values_are_escaped_in_html_encoded_in_links_and_plain_in_text():
    html = f'<a href="https://x.test/?n={TAG}">{TAG}</a>'

    message = read(compiled(text=TAG, html=html).fill(recipient(first_name="<b> & c"), at=NOW).message())

    assert body(message, "html") == '<a href="https://x.test/?n=%3Cb%3E%20%26%20c">&lt;b&gt; &amp; c</a>'
    assert body(message, "plain") == "<b> & c"


def test_percent_signs_stay_as_they_are():
    message = read(compiled(text=f"100% %s %% {TAG}").fill(recipient(first_name="5%d"), at=NOW).message())

    assert body(message, "plain") == "100% %s %% 5%d"


def test_the_envelope_is_three_commands_with_an_address_of_its_own_for_bounces():
    filled = compiled().fill(recipient(), at=NOW)

    assert filled.envelope == b"MAIL FROM:<bounces+rtok@b.northwind.test>\r\nRCPT TO:<ada@x.test>\r\nDATA\r\n"


def test_a_megabyte_comes_through():
    source = "long " * 200_000 + TAG

    message = read(compiled(text=source).fill(recipient(), at=NOW).message())

    assert body(message, "plain") == source.replace(TAG, "Ada")


def test_tokens_stand_where_tracked_links_want_them():
    html = '<img src="https://c.test/o/{{{OPEN_TOKEN}}}.gif"><a href="https://c.test/c/{{{CLICK_TOKEN}}}/3">x</a>'
    someone = recipient(open_token="o-_1", click_token="c-_2", properties={"OPEN_TOKEN": "mine"})

    message = read(compiled(html=html).fill(someone, at=NOW).message())

    assert '"https://c.test/o/o-_1.gif"' in body(message, "html")
    assert '"https://c.test/c/c-_2/3"' in body(message, "html")


def decoded(header):
    """The header's text; Python's parser puts a blank before what Django folds at once."""
    return re.sub(r"\s+", " ", str(make_header(decode_header(str(header))))).strip()
