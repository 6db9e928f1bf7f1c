"""Tokens: readable by us for their one purpose, meaningless to all others."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mail.tokens import INERT, Purpose, Tokens

OLD, NEW = b"o" * 32, b"n" * 32
TOKENS = Tokens({1: OLD, 2: NEW}, current=2)
IDS = st.integers(0, 2**64 - 1)
PURPOSES = st.sampled_from(Purpose)


@given(PURPOSES, IDS)
def test_a_token_reads_back(purpose, email_id):
    assert TOKENS.read(purpose, TOKENS.make(purpose, email_id)) == email_id


@given(PURPOSES, PURPOSES, IDS)
def test_a_token_serves_one_purpose(purpose, other, email_id):
    token = TOKENS.make(purpose, email_id)

    assert TOKENS.read(other, token) == (email_id if other is purpose else None)


@given(PURPOSES, IDS, st.data())
def test_a_changed_token_is_nothing(purpose, email_id, data):
    token = TOKENS.make(purpose, email_id)
    place = data.draw(st.integers(0, len(token) - 1))
    character = data.draw(st.sampled_from("abcdefghijklmnopqrstuvwxyzABCXYZ0123456789-_=+/ ") | st.characters())

    changed = token[:place] + character + token[place + 1 :]

    is_same = changed == token or (len(token) == 42 and changed.isascii() and changed.lower() == token)
    assert TOKENS.read(purpose, changed) == (email_id if is_same else None)


@given(PURPOSES, IDS, st.integers(0, 33))
def test_a_cut_or_lengthened_token_is_nothing(purpose, email_id, length):
    token = TOKENS.make(purpose, email_id)

    assert TOKENS.read(purpose, token[:length]) is None or length >= len(token)
    assert TOKENS.read(purpose, token + "a") is None
    assert TOKENS.read(purpose, token + "==") is None
    assert TOKENS.read(purpose, token + "\n") is None


@given(PURPOSES, st.text())
def test_any_text_can_be_read(purpose, text):
    assert TOKENS.read(purpose, text) is None


def test_a_token_of_absurd_length_is_nothing():
    assert TOKENS.read(Purpose.CLICK, "a" * 10_000_000) is None


def test_old_keys_are_read_and_unknown_ones_are_not():
    before = Tokens({1: OLD}, current=1)
    elsewhere = Tokens({2: b"x" * 32}, current=2)

    assert TOKENS.read(Purpose.UNSUBSCRIBE, before.make(Purpose.UNSUBSCRIBE, 7)) == 7
    assert before.read(Purpose.UNSUBSCRIBE, TOKENS.make(Purpose.UNSUBSCRIBE, 7)) is None
    assert TOKENS.read(Purpose.UNSUBSCRIBE, elsewhere.make(Purpose.UNSUBSCRIBE, 7)) is None


def test_the_same_id_gives_the_same_token_and_neighbours_look_unrelated():
    tokens = [TOKENS.make(Purpose.UNSUBSCRIBE, email_id) for email_id in range(1000)]
    raw = [token[2:] for token in tokens]

    assert TOKENS.make(Purpose.UNSUBSCRIBE, 5) == tokens[5]
    assert len({token[:6] for token in raw}) > 990
    assert raw != sorted(raw)


@pytest.mark.parametrize("purpose", [Purpose.VERP, Purpose.MESSAGE_ID])
def test_tokens_in_addresses_survive_a_host_that_folds_case(purpose):
    token = TOKENS.make(purpose, 12345)

    assert token == token.lower()
    assert TOKENS.read(purpose, token.upper()) == 12345
    assert len(token) == 42


@given(IDS)
def test_tokens_in_links_need_no_encoding(email_id):
    token = TOKENS.make(Purpose.UNSUBSCRIBE, email_id)

    assert len(token) == 28
    assert token.replace("-", "").replace("_", "").isalnum()


def test_the_inert_token_is_valid_and_stands_for_nobody():
    assert TOKENS.read(Purpose.UNSUBSCRIBE, TOKENS.make(Purpose.UNSUBSCRIBE, INERT)) == INERT == 0


@pytest.mark.parametrize("email_id", [-1, 2**64])
def test_an_id_beyond_64_bits_is_refused(email_id):
    with pytest.raises(OverflowError):
        TOKENS.make(Purpose.OPEN, email_id)


@pytest.mark.parametrize(
    ("keys", "current"), [({}, 1), ({1: OLD}, 2), ({1: b"short"}, 1), ({256: OLD}, 256), ({1: b"x" * 65}, 1)]
)
def test_unusable_keys_are_refused_at_the_start(keys, current):
    with pytest.raises(ValueError, match="key"):
        Tokens(keys, current)
