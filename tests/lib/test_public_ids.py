import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib import public_ids
from lib.public_ids import PublicIds

NUMBERS = st.integers(0, 2**62 - 1)


@pytest.fixture(scope="module")
def ids() -> PublicIds:
    """Ids under keys of their own: the properties hold for every key."""
    of = PublicIds("test")
    of.__dict__["keys"] = [971477686, 1859167398, 1202102035, 1840099285, 1984727110, 1677652994, 999975904, 970302523]
    return of


@given(number=NUMBERS)
def test_every_number_comes_back(ids, number):
    assert ids.decode(ids.encode(number)) == number


@given(number=NUMBERS)
def test_an_id_is_a_well_formed_uuid_of_version_8(ids, number):
    made = ids.encode(number)

    assert (made.version, made.variant) == (8, uuid.RFC_4122)


@given(made_up=st.uuids())
def test_a_made_up_id_means_nothing(ids, made_up):
    assert ids.decode(made_up) is None


@given(number=NUMBERS, bit=st.integers(0, 127))
def test_an_id_with_one_bit_changed_means_nothing(ids, number, bit):
    changed = uuid.UUID(int=ids.encode(number).int ^ (1 << bit))

    assert ids.decode(changed) is None


@given(numbers=st.lists(NUMBERS, max_size=50))
def test_many_at_once_are_the_same_ids(ids, numbers):
    assert ids.encode_all(numbers) == [str(ids.encode(number)) for number in numbers]


def test_ids_that_were_given_out_stay_what_they_are(ids):
    assert str(ids.encode(1_234_567)) == "4291d4bf-d552-8f7c-b688-1b1d4b15f514"
    assert str(ids.encode(2**62 - 1)) == "abc00d82-c89e-8076-b8fd-7ed8bcda9d2b"


def test_kinds_do_not_share_ids(db):
    assert public_ids.emails.decode(public_ids.contacts.encode(7)) is None
