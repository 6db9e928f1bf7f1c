"""Messages as a relay received them, read by Python's own parser, which knows nothing of how we write them."""

import html
import re
from email import message_from_bytes, policy

import pytest

from audiences.models import Audience
from broadcasts import sending
from broadcasts.models import Broadcast, Email
from contacts import defining
from contacts.models import Contact
from tests.broadcasts.ledger import statuses
from tests.factories import make_contact, make_started_broadcast

pytestmark = pytest.mark.django_db(transaction=True)

NAME, LINK = "{{{FIRST_NAME|there}}}", "{{{RESEND_UNSUBSCRIBE_URL}}}"
USUAL = ["From", "To", "Subject", "Date", "Message-ID", "MIME-Version", "Content-Type"]
OURS = ["List-Unsubscribe", "List-Unsubscribe-Post", "List-Id", "Feedback-ID"]
MEGABYTE = "<p>A line of a very long letter, with ümläuts.</p>\n" * 20_000


def sent(audience, sink, **content):
    """Send a broadcast to the audience; the messages as they were received, by recipient."""
    broadcast = make_started_broadcast(audience=audience, **content)
    sending.drain(broadcast)
    assert set(statuses(broadcast)) == {"sent"}
    return {received.recipients[0]: read(received.data) for received in sink.messages}


def read(data):
    """Parse a message in which nothing is wrong, at any place of it."""
    message = message_from_bytes(data, policy=policy.default)
    for part in message.walk():
        assert part.defects == []
        for name, value in part.items():
            assert value.defects == (), f"{name}: {value}"
    return message


def body(message, subtype):
    part = message.get_body((subtype,))
    return part.get_payload(decode=True).decode(part.get_content_charset()).replace("\r\n", "\n").rstrip("\n")


def link_of(message):
    return message["List-Unsubscribe"].strip("<>")


@pytest.fixture
def zoe(audience) -> Contact:
    return make_contact(audience=audience, email="zoe@xn--bcher-kva.example", first_name="Zoë & Co", last_name="漢字")


BODIES = {
    "latin": "Grüße, {name}!\nNaïve café = 100% <b>",
    "cyrillic": "Здравствуйте, {name}! " * 20,
    "emoji": "🎉 {name} 👩‍👩‍👧‍👦 " * 10,
    "dots": "one\n.\n..two {name}\n. three\nFrom here on\n",
    "long lines": "x" * 3_000 + " {name} " + "ж" * 3_000,
    "percent signs": "%s %d %% %(name)s {name} %",
    "carriage returns": "one\r\ntwo\rthree {name}\r\n",
    "nothing but tags": "{name}{name}",
    "a megabyte": MEGABYTE + "{name}",
}


@pytest.mark.parametrize("written", BODIES.values(), ids=BODIES)
@pytest.mark.usefixtures("zoe")
def test_what_was_written_is_what_an_independent_parser_reads(audience, sink, written):
    text = f"{written.replace('{name}', NAME)}\n{LINK}"
    markup = f'<div>{written.replace("{name}", NAME)}</div><a href="{LINK}">Leave</a>'

    [message] = sent(audience, sink, text=text, html=markup).values()

    def filled(source, name):
        one_kind_of_end = source.replace("\r\n", "\n").replace("\r", "\n")
        return one_kind_of_end.replace(NAME, name).replace(LINK, link_of(message)).rstrip("\n")

    assert message.get_content_type() == "multipart/alternative"
    assert [part.get_content_type() for part in message.iter_parts()] == ["text/plain", "text/html"]
    assert body(message, "plain") == filled(text, "Zoë & Co")
    assert body(message, "html") == filled(markup, html.escape("Zoë & Co"))


@pytest.mark.usefixtures("zoe")
def test_every_header_is_there_once_and_well_formed(audience, sink, settings):
    settings.PUBLIC_URL = "https://news.northwind.example"
    make_contact(audience=audience, email="ada@example.test", first_name="Ada")

    messages = sent(audience, sink, subject="Привет, " + NAME, reply_to="Hilfe für alle <help@northwind.example>")

    broadcast = Broadcast.objects.get()
    for address, message in messages.items():
        assert sorted(message.keys()) == sorted([*USUAL, *OURS, "Reply-To"])
        assert [each.addr_spec for each in message["To"].addresses] == [address]
        assert [each.addr_spec for each in message["From"].addresses] == ["news@northwind.example"]
        assert re.fullmatch(r"<[\w.-]+@northwind\.example>", message["Message-ID"])
        assert re.fullmatch(r"<https://news\.northwind\.example/u/[\w-]+>", message["List-Unsubscribe"])
        assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
        assert message["List-Id"] == f"<{audience.uuid}.northwind.example>"
        assert message["Feedback-ID"] == f"{broadcast.uuid}:northwind:broadcast:carillon"
        assert message["Date"].datetime.tzinfo is not None
        assert str(message["Reply-To"].addresses[0].display_name) == "Hilfe für alle"
    assert messages["ada@example.test"]["Subject"] == "Привет, Ada"
    assert len({message["Message-ID"] for message in messages.values()}) == 2
    assert len({message["List-Unsubscribe"] for message in messages.values()}) == 2


def test_a_text_broadcast_is_one_part(audience, sink, zoe):
    [message] = sent(audience, sink, mode="text", text=f"Hello {NAME}\n{LINK}").values()

    assert message.get_content_type() == "text/plain"
    assert body(message, "plain") == f"Hello {zoe.first_name}\n{link_of(message)}"


@pytest.mark.parametrize(
    ("sender", "name", "address"),
    [
        ("Zoë Müller <zoe@bücher.example>", "Zoë Müller", "zoe@xn--bcher-kva.example"),
        ("Кафе «Утро» <news@кафе.example>", "Кафе «Утро»", "news@xn--80akn5b.example"),
        ('"Doe, Jane (Sales)" <jane@northwind.example>', "Doe, Jane (Sales)", "jane@northwind.example"),
        ("\N{PARTY POPPER} Northwind <news@northwind.example>", "\N{PARTY POPPER} Northwind", "news@northwind.example"),
        ("news@bücher.example", "", "news@xn--bcher-kva.example"),
    ],
)
@pytest.mark.usefixtures("zoe")
def test_a_sender_with_letters_of_any_kind_arrives_as_written(audience, sink, sender, name, address):
    [message] = sent(audience, sink, sender=sender).values()

    [box] = message["From"].addresses
    assert (box.display_name, box.addr_spec) == (name, address)
    assert sink.messages[0].envelope_from == address
    assert message["Message-ID"].endswith(f"@{address.rpartition('@')[2]}>")
    assert sink.messages[0].data.isascii()


EVIL = "Ada\r\nBcc: eve@example.test\r\n\r\n<script>"


def test_values_with_line_breaks_start_no_header_and_reach_nobody_else(audience, sink):
    # Names with a line break are refused by the database itself.
    defining.define(team=audience.team, key="plan", kind="string")
    make_contact(audience=audience, email="ada@example.test", properties={"plan": EVIL})

    [message] = sent(audience, sink, subject="For {{{contact.plan}}}", text="{{{contact.plan}}} " + LINK).values()

    shown = "Ada Bcc: eve@example.test <script>"
    assert sink.accepted_addresses() == ["ada@example.test"]
    assert sink.messages[0].envelope_from == "news@northwind.example"
    assert sorted(message.keys()) == sorted([*USUAL, *OURS])
    assert " ".join(str(message["Subject"]).split()) == f"For {shown}"
    assert [each.addr_spec for each in message["To"].addresses] == ["ada@example.test"]
    assert " ".join(body(message, "plain").split()) == f"{shown} {link_of(message)}"


def test_a_subject_with_a_line_break_stays_one_header(audience, sink, zoe):
    [message] = sent(audience, sink, subject="Spring\r\nBcc: eve@example.test").values()

    assert "Bcc" not in message
    assert sink.accepted_addresses() == [zoe.email]
    assert str(message["Subject"]) == "Spring Bcc: eve@example.test"


@pytest.mark.usefixtures("zoe")
def test_a_broadcast_without_an_unsubscribe_link_gets_the_footer(audience, sink):
    [message] = sent(audience, sink, html="<html><body><p>No way out</p></body></html>", text="No way out").values()

    assert f'href="{link_of(message)}"' in body(message, "html")
    assert body(message, "html").index("No way out") < body(message, "html").index(link_of(message))
    assert link_of(message) in body(message, "plain")


def test_a_megabyte_to_several_people_is_all_theirs(audience, sink):
    for number in range(5):
        make_contact(audience=audience, email=f"p{number}@example.test", first_name=f"Person {number}")

    messages = sent(audience, sink, html=MEGABYTE + f"<p>{NAME}</p>" + LINK)

    assert len(messages) == Email.objects.count() == Audience.objects.get().subscribed == 5
    for address, message in messages.items():
        assert body(message, "html") == MEGABYTE + f"<p>Person {address[1]}</p>" + link_of(message)
