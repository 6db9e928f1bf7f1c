import uuid

import pytest
from django.db import connection
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


@pytest.mark.parametrize("kind", [public_ids.contacts, public_ids.emails], ids=lambda kind: kind.kind)
def test_the_database_computes_the_same_ids(db, kind):
    numbers = [0, 1, 2, 1000, 2**31 - 1, 2**31, 2**40 + 12345, 2**62 - 1, *range(5_000, 6_000)]

    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {kind.kind}_public_id(n) FROM unnest(%s::bigint[]) WITH ORDINALITY u(n, o) ORDER BY o", [numbers]
        )
        computed = [row[0] for row in cursor.fetchall()]

    assert computed == [kind.encode(number) for number in numbers]


def test_kinds_do_not_share_ids(db):
    assert public_ids.emails.decode(public_ids.contacts.encode(7)) is None
