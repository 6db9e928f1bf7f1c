"""What people type and paste where an address is asked for."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mail.addresses import (
    Address,
    Invalid,
    InvalidAddress,
    Mailbox,
    normalise,
    parse_mailbox,
    parse_many,
    split_name,
)

ATOM = string.ascii_letters + string.digits + "!#$%&'*+/=?^_`{|}~-"
LABEL = st.from_regex(r"[a-zA-Z][a-zA-Z0-9]{0,20}", fullmatch=True)
LOCAL_PART = st.lists(st.text(ATOM, min_size=1, max_size=12), min_size=1, max_size=4).map(".".join)
ADDRESS = st.builds("{}@{}".format, LOCAL_PART, st.lists(LABEL, min_size=2, max_size=4).map(".".join))


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("ada@x.test", "ada@x.test"),
        ("  Ada.King+News@X.Example\u200b ", "ada.king+news@x.example"),
        ("o'brien@mail.localhost", "o'brien@mail.localhost"),
        ("a@bücher.example", "a@xn--bcher-kva.example"),
        ("a@BÜCHER.test", "a@xn--bcher-kva.test"),
        ("a@xn--bcher-kva.test", "a@xn--bcher-kva.test"),
        ("a@faß.example", "a@xn--fa-hia.example"),
        ("a@4you.example", "a@4you.example"),
        (f"{'a' * 64}@x.test", f"{'a' * 64}@x.test"),
    ],
)
def test_an_address_has_one_spelling(written, kept):
    assert normalise(written) == kept


@pytest.mark.parametrize(
    ("written", "reason"),
    [
        ("", "is empty"),
        ("ada", "has no @"),
        ("ada king@x.test", "has a space in it"),
        ("a@b@x.test", "has more than one @"),
        ("@x.test", "has nothing before the @"),
        ("ada@", "has nothing after the @"),
        ("bad@x", "has no dot in its domain"),
        ("a..b@x.test", "has a dot in the wrong place before the @"),
        (".a@x.test", "has a dot in the wrong place before the @"),
        ("a.@x.test", "has a dot in the wrong place before the @"),
        ("a@x..test", "has a dot in the wrong place in its domain"),
        ("a@.x.test", "has a dot in the wrong place in its domain"),
        ('"a"@x.test', 'has " before the @'),
        ("mailto:a@x.test", "has : before the @"),
        ("a\x00b@x.test", "has an invisible character before the @"),
        ("añb@x.test", "has a letter before the @ that mail servers don't take"),
        ("\u212aelvin@x.test", "has a letter before the @ that mail servers don't take"),
        ("a@x_y.test", "has _ in its domain"),
        ("a@-x.test", "has a domain that can't exist"),
        ("a@1.2.3.4", "has a domain that can't exist"),
        ("a@⒈.test", "has a domain that doesn't exist in that spelling"),
        (f"{'a' * 65}@x.test", "has more than 64 characters before the @"),
        (f"a@{'x.' * 130}test", "is longer than 254 characters"),
        (f"a@{'ü' * 60}.{'ü' * 60}.{'ü' * 60}.{'ü' * 60}.test", "has a domain that doesn't exist in that spelling"),
    ],
)
def test_a_bad_address_gets_a_plain_reason(written, reason):
    with pytest.raises(InvalidAddress) as refusal:
        normalise(written)

    assert refusal.value.reason == reason


def test_the_message_names_the_address_on_one_short_line():
    with pytest.raises(InvalidAddress) as refusal:
        normalise("bad\r\n" + "x" * 100_000)

    assert refusal.value.message.startswith("“bad xxx")
    assert len(refusal.value.message) < 120
    assert "\n" not in refusal.value.message


@given(ADDRESS)
def test_a_normal_address_is_taken_and_normalising_again_changes_nothing(address):
    kept = normalise(address)

    assert kept == address.lower()
    assert normalise(kept) == kept


@given(st.text(max_size=300))
def test_any_text_is_either_an_ascii_address_or_refused(text):
    try:
        kept = normalise(text)
    except InvalidAddress:
        return
    assert kept.isascii()
    assert kept.isprintable()
    assert len(kept) <= 254
    assert normalise(kept) == kept


@given(st.text("aü.-xn@", max_size=40))
def test_international_domains_come_out_in_one_spelling_or_are_refused(text):
    try:
        kept = normalise(text)
    except InvalidAddress:
        return
    assert normalise(kept) == kept


def test_a_pasted_field_gives_valid_addresses_and_names_the_bad_ones():
    parsed = parse_many("a@x.test, B <b@y.test>; bad@, c@z.test")

    assert parsed.valid == [Address("a@x.test"), Address("b@y.test", "B"), Address("c@z.test")]
    assert parsed.invalid == [Invalid("bad@", "has nothing after the @")]


@pytest.mark.parametrize(
    ("pasted", "expected"),
    [
        ("Ada Lovelace <ada@x.test>", Address("ada@x.test", "Ada", "Lovelace")),
        ('"Lovelace, Ada" <ada@x.test>', Address("ada@x.test", "Ada", "Lovelace")),
        ('"King \\"Countess\\" Lovelace; Ada" <ada@x.test>', Address("ada@x.test", 'King "Countess" Lovelace;', "Ada")),
        ("'Ada' <ada@x.test>", Address("ada@x.test", "Ada")),
        ("<ada@x.test>", Address("ada@x.test")),
        ('"ada@x.test" <ADA@x.test>', Address("ada@x.test")),
        ("Ada\x07 King  Lovelace <ada@x.test>", Address("ada@x.test", "Ada King", "Lovelace")),
        ("\ufeffada@x.test\r\n\r\n,;\n", Address("ada@x.test")),
    ],
)
def test_names_are_read_with_their_address(pasted, expected):
    parsed = parse_many(pasted)

    assert parsed.valid == [expected]
    assert parsed.invalid == []


def test_a_quote_that_never_closes_spoils_its_own_line_only():
    parsed = parse_many('"Ada <ada@x.test>, b@x.test\nc@x.test, "D, E" <d@x.test>')

    assert [each.email for each in parsed.valid] == ["ada@x.test", "b@x.test", "c@x.test", "d@x.test"]


def test_a_repeated_address_is_kept_once_and_never_loses_its_name():
    parsed = parse_many("Ada Lovelace <ada@x.test>, b@x.test, ADA@x.test, Augusta <ada@x.test>")

    assert parsed.valid == [Address("ada@x.test", "Augusta", "Lovelace"), Address("b@x.test")]


@given(st.lists(ADDRESS, unique_by=str.lower, max_size=20), st.sampled_from([",", ";", "\n", "\r\n", " ,\n; "]))
def test_joined_addresses_come_back_in_order(addresses, separator):
    parsed = parse_many(separator.join(addresses))

    assert [each.email for each in parsed.valid] == [address.lower() for address in addresses]
    assert parsed.invalid == []


@given(st.text(max_size=500))
def test_no_text_makes_the_parser_fail(text):
    parsed = parse_many(text)

    assert all("\n" not in each.first_name + each.last_name for each in parsed.valid)


@pytest.mark.parametrize(
    "absurd",
    ["a", '"', '\\"', '"\\', "<", ">", "a@b.c,", "@", ",", "\n", '"a', "a@", "ü", ' \\"<', '" "'],
)
def test_half_a_megabyte_of_nonsense_holds_at_most_one_address(absurd):
    text = absurd * (500_000 // len(absurd))

    parsed = parse_many(text)

    assert len(parsed.valid) <= 1


def test_a_mailbox_has_a_name_and_an_address():
    assert parse_mailbox("Acme, Inc. <News@Acme.test>") == Mailbox("Acme, Inc.", "news@acme.test")
    assert parse_mailbox(" news@acme.test ") == Mailbox("", "news@acme.test")
    assert parse_mailbox("News <news@acme.test>").domain == "acme.test"


@pytest.mark.parametrize(
    "text", ["", "Acme", "Acme <>", "a@x.test, b@x.test", "A <a@x.test> B <b@x.test", "A <a@x.test"]
)
def test_a_mailbox_is_exactly_one(text):
    with pytest.raises(InvalidAddress):
        parse_mailbox(text)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("", ("", "")),
        ("Ada", ("Ada", "")),
        ("Ada King  Lovelace", ("Ada King", "Lovelace")),
        ("Lovelace, Ada", ("Ada", "Lovelace")),
        ("Lovelace,", ("Lovelace", "")),
    ],
)
def test_a_name_is_split_in_two(name, expected):
    assert split_name(name) == expected
