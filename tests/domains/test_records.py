"""Which records a domain needs: only what is true of how this installation sends."""

import dns.rrset
import pytest

from domains import records
from domains.records import Record

KEY = "QUJD" * 98


def wanted(name="northwind.example"):
    found = records.required(name=name, selector="carillon-abc234", public_key=KEY)
    return {record.purpose: (record.host, record.value) for record in found}


def test_without_a_word_of_the_operator_only_dkim_is_asked_for():
    assert wanted() == {"DKIM": ("carillon-abc234._domainkey.northwind.example", f"v=DKIM1; k=rsa; p={KEY}")}


@pytest.mark.parametrize(
    ("return_path", "host"),
    [
        ("", "northwind.example"),
        ("northwind.example", "northwind.example"),
        ("Bounces.Northwind.Example.", "bounces.northwind.example"),
    ],
)
def test_spf_stands_where_the_return_path_is(settings, return_path, host):
    settings.SPF_SENDERS, settings.RETURN_PATH_DOMAIN = "include:spf.relay.example ip4:192.0.2.1", return_path

    assert wanted()["SPF"] == (host, "v=spf1 include:spf.relay.example ip4:192.0.2.1 ~all")


@pytest.mark.parametrize("return_path", ["bounces.carillon.example", "othernorthwind.example"])
def test_a_return_path_elsewhere_asks_nothing_of_the_domain(settings, return_path):
    settings.SPF_SENDERS, settings.RETURN_PATH_DOMAIN = "include:spf.relay.example", return_path

    assert "SPF" not in wanted()


def test_spf_is_asked_for_where_messages_really_leave_from(settings):
    """The envelope sender that mail composes, and the domain at which SPF is asked for, are one."""
    from mail.addresses import Mailbox
    from mail.compiling import Compiled
    from mail.composing import Content, Origin, Recipient, prepare
    from tests.factories import NOON

    content = Content(sender=Mailbox("", "news@northwind.example"), subject="Hi", text="Hello")
    for setting in ("", "bounces.northwind.example"):
        settings.SPF_SENDERS, settings.RETURN_PATH_DOMAIN = "mx", setting
        origin = Origin(reference="r", team="t", return_path_domain=setting)
        recipient = Recipient(email="ada@x.test", message_token="a" * 32, return_token="b" * 32)

        filled = Compiled(prepare(content, origin=origin)).fill(recipient, at=NOON)

        assert filled.envelope_from.partition("@")[2] == wanted()["SPF"][0]


@pytest.mark.parametrize(
    ("host", "zone", "shown"),
    [
        ("a._domainkey.northwind.example", "northwind.example", "a._domainkey"),
        ("a._domainkey.news.northwind.example", "northwind.example", "a._domainkey.news"),
        ("northwind.example", "northwind.example", "@"),
    ],
)
def test_a_host_is_shown_relative_to_its_zone(host, zone, shown):
    assert records.relative(host, zone=zone) == shown


def test_a_long_value_is_written_as_strings_of_255_that_join_to_it():
    line = records.in_zone_file(Record("DKIM", "a.example", ""), "x" * 255 + "y" * 255 + "z")

    assert line == f'a.example. IN TXT ( "{"x" * 255}" "{"y" * 255}" "z" )'


def test_a_short_value_is_one_string_in_which_quotes_are_escaped():
    assert records.in_zone_file(Record("DMARC", "a.example", ""), 'v="1"') == r'a.example. IN TXT "v=\"1\""'


def test_whatever_a_value_holds_a_line_of_a_zone_file_says_nothing_else():
    line = records.in_zone_file(Record("SPF", "a.example", ""), "v=spf1\nb.example. IN A \\" + "ü" * 127)

    written = dns.rrset.from_text("a.example.", 60, "IN", "TXT", line.partition("TXT ")[2].strip("( )"))[0]
    assert line.isascii()
    assert "\n" not in line
    assert b"".join(written.strings).decode() == "v=spf1\nb.example. IN A \\" + "ü" * 127
    assert max(len(each) for each in written.strings) == 255
