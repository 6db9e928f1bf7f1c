import uuid

import pytest
from django.urls import reverse

from audiences import keeping
from contacts import deleting, subscribing, suppressing
from contacts.views import contacts as views
from tests.factories import NOON, make_audience, make_contact, make_contacts


@pytest.fixture
def url(team):
    return lambda name, *args: reverse(f"contacts:{name}", args=[team.slug, *args])


@pytest.fixture
def ada(audience):
    return make_contact(audience=audience, email="ada@x.test", first_name="Ada", last_name="Okafor")


def text(answer):
    return answer.content.decode()


def test_an_empty_audience_says_how_to_begin(as_bob, audience):
    page = text(as_bob.get(audience.get_absolute_url()))

    assert "No contacts yet" in page
    assert "Import CSV" in page


def test_the_list_takes_few_queries_and_stays_small(as_bob, audience, django_assert_max_num_queries):
    make_contacts(audience=audience, number=60)

    with django_assert_max_num_queries(8):
        answer = as_bob.get(audience.get_absolute_url())

    assert text(answer).count("<tr>") == 51
    assert len(answer.content) < 52_000


def test_pages_follow_one_another(as_bob, audience):
    make_contacts(audience=audience, number=60)

    first = as_bob.get(audience.get_absolute_url())
    second = as_bob.get(audience.get_absolute_url(), {"after": first.context["page"].older})

    assert second.context["page"].rows[0].email == "person9@example.test"
    assert second.context["page"].older == ""


def test_all_statuses_narrows_to_unsubscribed(as_bob, audience, ada):
    make_contact(audience=audience, email="gone@x.test", unsubscribed_at=NOON)

    page = text(as_bob.get(audience.get_absolute_url(), {"status": "unsubscribed"}))

    assert "gone@x.test" in page
    assert "ada@x.test" not in page
    assert "1 contact found" in page


@pytest.mark.parametrize("term", ["ADA", "okaf", "a@x.t", "ada okafor"])
def test_search_finds_part_of_an_address_or_name_whatever_its_case(as_bob, audience, ada, term):
    make_contact(audience=audience, email="bo@y.test")

    page = text(as_bob.get(audience.get_absolute_url(), {"q": term}))

    assert "ada@x.test" in page
    assert "bo@y.test" not in page


@pytest.mark.parametrize("term", ["%", "_", "\\", "'; --", "\x00", "x" * 5000, "<script>"])
def test_an_absurd_search_is_only_a_search(as_bob, audience, ada, term):
    answer = as_bob.get(audience.get_absolute_url(), {"q": term, "status": "nonsense", "after": "?"})

    assert answer.status_code == 200


def test_what_was_searched_for_is_shown_as_text(as_bob, audience, ada):
    page = text(as_bob.get(audience.get_absolute_url(), {"q": "<script>alert(1)"}))

    assert "&lt;script&gt;alert(1)" in page
    assert "<script>alert" not in page


@pytest.mark.parametrize("term", ["élodie", "ÉLODIE", "Жанна", "жанна"])
def test_search_knows_capitals_of_every_alphabet(as_bob, audience, ada, term):
    make_contact(audience=audience, email="elodie@x.test", first_name="Élodie", last_name="ЖАННА")

    page = text(as_bob.get(audience.get_absolute_url(), {"q": term}))

    assert "elodie@x.test" in page
    assert "ada@x.test" not in page


def test_nothing_found_says_so(as_bob, audience, ada):
    page = text(as_bob.get(audience.get_absolute_url(), {"q": "zebra"}))

    assert "No contacts match" in page
    assert "Clear filters" in page


def test_adding_by_hand_keeps_the_bad_ones_in_the_field(as_bob, url, audience):
    answer = as_bob.post(url("add", audience.uuid), {"addresses": "a@x.test, B <b@y.test>; bad@, c@z.test"})

    page = text(answer)
    assert answer.status_code == 422
    assert sorted(audience.contacts.values_list("email", flat=True)) == ["a@x.test", "b@y.test", "c@z.test"]
    assert "3 contacts added." in page
    assert answer.context["form"]["addresses"].value() == "bad@"


def test_adding_only_good_ones_goes_back_to_the_list(as_bob, url, audience):
    answer = as_bob.post(url("add", audience.uuid), {"addresses": "a@x.test\nb@y.test"}, follow=True)

    assert "2 contacts added." in text(answer)


def test_adding_someone_who_unsubscribed_says_that_they_stay_out(as_bob, url, audience, ada):
    subscribing.unsubscribe(contact_id=ada.pk, at=NOON, why="recipient", actor="ada")
    as_bob.post(url("delete", ada.public_id))

    answer = as_bob.post(url("add", audience.uuid), {"addresses": "ada@x.test"}, follow=True)

    assert "Still not mailed, as before: ada@x.test." in text(answer)


@pytest.mark.parametrize(
    "typed", ["", "   ", "\x00", "x" * 100_001, ",".join(f"p{n}@x.test" for n in range(1001)), ",", ";; \n,"]
)
def test_an_empty_or_absurd_field_is_refused_with_words(as_bob, url, audience, typed):
    answer = as_bob.post(url("add", audience.uuid), {"addresses": typed})

    assert answer.status_code == 422
    assert 'aria-invalid="true"' in text(answer)
    assert not audience.contacts.exists()


def test_adding_nobody_asks_for_an_address(as_bob, url, audience):
    assert "Type at least one address." in text(as_bob.post(url("add", audience.uuid), {"addresses": ",;"}))


def test_a_name_that_is_too_long_keeps_its_address_in_the_field(as_bob, url, audience):
    answer = as_bob.post(url("add", audience.uuid), {"addresses": f"{'x' * 90_000} <ada@x.test>"})

    assert answer.status_code == 422
    assert "has a name of more than 200 characters" in text(answer)
    assert "&lt;ada@x.test&gt;" in text(answer)
    assert not audience.contacts.exists()


def test_adding_to_an_audience_that_is_deleted_meanwhile_is_404(as_bob, url, audience, monkeypatch):
    monkeypatch.setattr(views, "get_audience", lambda request, uuid: audience)
    keeping.delete(audience=audience, typed_name=audience.name)

    assert as_bob.post(url("add", audience.uuid), {"addresses": "ada@x.test"}).status_code == 404


def test_editing_a_contact_that_is_deleted_meanwhile_is_404(as_bob, url, ada, audience, monkeypatch):
    monkeypatch.setattr(views, "get_contact", lambda request, public_id: ada)
    deleting.delete(audience=audience, contact_ids=[ada.pk])

    assert as_bob.post(url("edit", ada.public_id), {"first_name": "Adaeze"}).status_code == 404


def test_a_contact_has_a_page(as_bob, ada):
    page = text(as_bob.get(ada.get_absolute_url()))

    assert "Ada Okafor" in page
    assert str(ada.public_id) in page


def test_editing_changes_names_and_never_the_address(as_bob, url, ada):
    as_bob.post(url("edit", ada.public_id), {"first_name": " Ada  eze ", "last_name": "", "email": "eve@x.test"})

    ada.refresh_from_db()
    assert (ada.first_name, ada.last_name, ada.email) == ("Ada eze", "", "ada@x.test")
    assert ada.events.get().data == {"changes": {"first_name": ["Ada", "Ada eze"], "last_name": ["Okafor", ""]}}


def test_an_edit_that_changes_nothing_leaves_no_trace(as_bob, url, ada):
    as_bob.post(url("edit", ada.public_id), {"first_name": "Ada", "last_name": "Okafor"})

    assert not ada.events.exists()


def test_an_absurd_name_is_refused_and_kept_in_the_field(as_bob, url, ada):
    answer = as_bob.post(url("edit", ada.public_id), {"first_name": "x" * 100_000, "last_name": "\x00"})

    ada.refresh_from_db()
    assert answer.status_code == 422
    assert "x" * 1000 in text(answer)
    assert ada.first_name == "Ada"


def test_unsubscribing_by_hand_says_who_did_it(as_bob, url, ada, bob):
    as_bob.post(url("unsubscribe", ada.public_id))

    ada.refresh_from_db()
    assert (ada.status_word, ada.unsubscribed_why, ada.events.get().actor) == ("unsubscribed", "person", str(bob))


def test_subscribing_again_without_a_reason_is_refused_on_the_page(as_bob, url, ada):
    as_bob.post(url("unsubscribe", ada.public_id))

    answer = as_bob.post(url("resubscribe", ada.public_id), {"reason": ""})

    assert answer.status_code == 422
    assert "Say why this contact may be e-mailed again." in text(answer)


def test_subscribing_again_with_a_reason(as_bob, url, ada):
    as_bob.post(url("unsubscribe", ada.public_id))

    as_bob.post(url("resubscribe", ada.public_id), {"reason": "asked by phone"})

    ada.refresh_from_db()
    assert ada.status_word == "subscribed"


def test_a_bounced_contact_offers_no_way_around_it(as_bob, url, ada, team):
    suppressing.suppress(team=team, address=ada.email, reason="bounce", at=NOON)

    page = text(as_bob.get(ada.get_absolute_url()))
    answer = as_bob.post(url("resubscribe", ada.public_id), {"reason": "please"})

    assert "No audience of the team mails this address." in page
    assert "Subscribe again" not in page
    assert answer.status_code in (302, 422)
    ada.refresh_from_db()
    assert ada.status_word == "bounced"


def test_deleting_asks_first(as_bob, url, ada, audience):
    assert "Delete ada@x.test" in text(as_bob.get(url("delete", ada.public_id)))
    assert audience.contacts.exists()


def test_the_history_tells_what_happened(as_bob, ada, team):
    as_bob.post(reverse("contacts:edit", args=[team.slug, ada.public_id]), {"first_name": "Adaeze"})
    as_bob.post(reverse("contacts:unsubscribe", args=[team.slug, ada.public_id]))

    page = text(as_bob.get(reverse("broadcasts:activity", args=[team.slug, ada.public_id])))

    assert "First name changed from “Ada” to “Adaeze”" in page
    assert "Unsubscribed by hand" in page
    assert "Bob Bell" in page


@pytest.mark.parametrize("name", ["detail", "edit", "delete"])
def test_ids_that_were_never_given_out_are_404(as_bob, url, name, ada):
    assert as_bob.get(url(name, uuid.uuid4())).status_code == 404


def test_a_contact_of_a_deleted_audience_is_404(as_bob, audience, ada, team):
    as_bob.post(reverse("audiences:delete", args=[team.slug, audience.uuid]), {"name": audience.name})

    assert as_bob.get(ada.get_absolute_url()).status_code == 404


def test_another_teams_contact_is_404_under_ones_own_team(client, mallory, ada):
    client.force_login(mallory)
    own = mallory.teams.get()
    make_audience(team=own)

    assert client.get(reverse("contacts:detail", args=[own.slug, ada.public_id])).status_code == 404
