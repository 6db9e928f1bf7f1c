"""Settings > Sending: what becomes of messages in doubt."""

import pytest
from django.urls import reverse

pytestmark = pytest.mark.django_db


@pytest.fixture
def address(team):
    return reverse("settings:sending", args=[team.slug])


def chosen(text: str) -> str:
    [option] = [line for line in text.split("<input")[1:] if 'name="in_doubt"' in line and "checked" in line]
    return option.split('value="')[1].split('"')[0]


def test_messages_in_doubt_are_sent_again_unless_a_team_says_otherwise(as_alice, address):
    text = as_alice.get(address).text

    assert chosen(text) == "send_again"
    assert "nobody is missed" in text
    assert "nobody gets it twice" in text


def test_an_admin_changes_it(as_alice, team, address):
    answer = as_alice.post(address, {"in_doubt": "hold"}, follow=True)

    team.refresh_from_db()
    assert team.in_doubt == "hold"
    assert chosen(answer.text) == "hold"
    assert "from now on" in answer.text


def test_saving_what_holds_already_is_fine(as_alice, address):
    assert as_alice.post(address, {"in_doubt": "send_again"}).url == address


def test_a_member_sees_it_but_does_not_change_it(as_bob, team, address):
    page = as_bob.get(address)
    refused = as_bob.post(address, {"in_doubt": "hold"})

    team.refresh_from_db()
    assert "Only admins can change this." in page.text
    assert "disabled" in page.text
    assert refused.status_code == 403
    assert team.in_doubt == "send_again"


@pytest.mark.parametrize("nonsense", [{}, {"in_doubt": "perhaps"}, {"in_doubt": "\x00"}])
def test_nonsense_is_refused_beside_the_field(as_alice, team, address, nonsense):
    answer = as_alice.post(address, nonsense)

    team.refresh_from_db()
    assert answer.status_code == 422
    assert 'role="alert"' in answer.text
    assert team.in_doubt == "send_again"


def test_every_page_leads_to_the_settings(as_bob, team, address):
    text = as_bob.get(reverse("audiences:list", args=[team.slug])).text

    assert f'href="{address}"' in text
