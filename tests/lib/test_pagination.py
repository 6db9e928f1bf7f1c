import pytest

from contacts.models import Contact
from lib import public_ids
from lib.pagination import count_up_to, key_by_public_id, paginate
from tests.factories import make_contacts


@pytest.fixture
def page_of(audience):
    make_contacts(audience=audience, number=7)

    def page(**query):
        return paginate(
            Contact.objects.filter(audience=audience),
            query,
            cursor=lambda contact: str(contact.public_id),
            key=key_by_public_id(public_ids.contacts),
            size=3,
        )

    return page


def _emails(page):
    return [contact.email.split("@")[0] for contact in page.rows]


def test_pages_run_from_newest_to_oldest_without_gaps(page_of):
    first = page_of()
    second = page_of(after=first.older)
    third = page_of(after=second.older)

    assert [_emails(page) for page in (first, second, third)] == [
        ["person6", "person5", "person4"],
        ["person3", "person2", "person1"],
        ["person0"],
    ]


def test_the_ends_have_no_neighbours(page_of):
    first = page_of()
    last = page_of(after=page_of(after=first.older).older)

    assert (first.newer, last.older) == ("", "")


def test_going_back_shows_the_page_one_came_from(page_of):
    first = page_of()
    second = page_of(after=first.older)

    assert _emails(page_of(before=second.newer)) == _emails(first)


@pytest.mark.parametrize("cursor", ["", "nonsense", "0" * 32, "00000000-0000-8000-8000-000000000000", "\x00"])
def test_a_cursor_that_means_nothing_shows_the_newest(page_of, cursor):
    assert _emails(page_of(after=cursor)) == ["person6", "person5", "person4"]


def test_rows_that_all_fit_stand_alone(audience):
    make_contacts(audience=audience, number=2)

    page = paginate(Contact.objects.all(), {}, cursor=lambda contact: str(contact.public_id), key=lambda _: None)

    assert page.alone


def test_counting_stops_where_it_would_cost_more_than_it_tells(audience):
    make_contacts(audience=audience, number=5)

    assert count_up_to(Contact.objects.all(), most=4) == "4+"
    assert count_up_to(Contact.objects.all(), most=5) == "5"
