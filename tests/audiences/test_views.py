import pytest
from django.urls import reverse

from audiences.models import Audience
from contacts import tasks
from contacts.models import Contact
from tests.factories import make_audience, make_contacts


@pytest.fixture
def url(team):
    return lambda name, *args: reverse(f"audiences:{name}", args=[team.slug, *args])


def test_an_empty_team_is_told_what_an_audience_is(as_bob, url):
    assert "No audiences yet" in as_bob.get(url("list")).content.decode()


def test_the_list_shows_names_and_counts_in_few_queries(as_bob, url, team, django_assert_max_num_queries):
    for number in range(30):
        make_audience(team=team, name=f"Audience {number}", subscribed=number * 1000)

    with django_assert_max_num_queries(8):
        page = as_bob.get(url("list")).content.decode()

    assert "Audience 29" in page
    assert "29,000" in page


def test_a_deleted_audience_is_not_listed(as_bob, url, audience):
    as_bob.post(url("delete", audience.uuid), {"name": "Newsletter"})

    assert "Newsletter</a>" not in as_bob.get(url("list")).content.decode()


def test_creating_leads_to_the_new_audience(as_bob, url, team):
    answer = as_bob.post(url("create"), {"name": "  Product   updates "})

    created = team.audiences.get()
    assert created.name == "Product updates"
    assert answer.url == created.get_absolute_url()


@pytest.mark.parametrize("name", ["", "   ", "x" * 201, "x" * 100_000, "a\x00b"])
def test_an_absurd_name_is_refused_beside_the_field(as_bob, url, team, name):
    answer = as_bob.post(url("create"), {"name": name})

    assert answer.status_code == 422
    assert 'aria-invalid="true"' in answer.content.decode()
    assert not team.audiences.exists()


def test_a_name_is_shown_as_text(as_bob, url):
    as_bob.post(url("create"), {"name": "<script>alert(1)</script>"})

    page = as_bob.get(url("list")).content.decode()
    assert "<script>alert(1)" not in page
    assert "&lt;script&gt;alert(1)" in page


def test_renaming_keeps_everything_else(as_bob, url, audience):
    as_bob.post(url("rename", audience.uuid), {"name": "Weekly"})

    audience.refresh_from_db()
    assert audience.name == "Weekly"


def test_an_empty_new_name_changes_nothing(as_bob, url, audience):
    assert as_bob.post(url("rename", audience.uuid), {"name": " "}).status_code == 422

    audience.refresh_from_db()
    assert audience.name == "Newsletter"


def test_deleting_says_what_goes(as_bob, url, audience):
    make_contacts(audience=audience, number=3)

    assert "Its 3 contacts and their history go." in as_bob.get(url("delete", audience.uuid)).content.decode()


def test_deleting_needs_the_name(as_bob, url, audience):
    answer = as_bob.post(url("delete", audience.uuid), {"name": "newsletter"})

    assert answer.status_code == 422
    assert Audience.objects.standing().filter(pk=audience.pk).exists()


def test_a_deleted_audience_is_gone_at_once_and_emptied_in_the_background(as_bob, url, audience):
    kept = make_audience(team=audience.team, name="Kept")
    make_contacts(audience=audience, number=30)
    make_contacts(audience=kept, number=2)

    as_bob.post(url("delete", audience.uuid), {"name": "Newsletter"})
    gone = as_bob.get(audience.get_absolute_url()).status_code
    tasks.empty_audience(audience_id=audience.pk)

    audience.refresh_from_db()
    assert gone == 404
    assert audience.contacts_gone_at is not None
    assert Contact.objects.filter(audience=audience).count() == 0
    assert Contact.objects.filter(audience=kept).count() == 2


def test_deleting_twice_is_a_404(as_bob, url, audience):
    as_bob.post(url("delete", audience.uuid), {"name": "Newsletter"})

    assert as_bob.post(url("delete", audience.uuid), {"name": "Newsletter"}).status_code == 404


def test_the_fragment_that_htmx_asks_for_is_only_the_table(as_bob, url, audience):
    answer = as_bob.get(url("list"), headers={"HX-Request": "true", "HX-Target": "audience-table"})

    assert answer.content.decode().strip().startswith('<section class="list" id="audience-table"')
    assert "HX-Target" in answer.headers["Vary"]
