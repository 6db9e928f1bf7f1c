"""A team always keeps an admin, whoever acts at the same moment."""

from datetime import timedelta

import pytest
from django.utils import timezone

from teams import staffing
from teams.locking import NotAdmin
from teams.models import Invitation, Membership
from teams.starting import add_member
from tests.factories import make_account, make_user
from tests.sessions import waiting_meanwhile

pytestmark = pytest.mark.django_db


@pytest.fixture
def carol(team):
    """A second admin."""
    return make_user("carol@northwind.example", "Carol", team=team, role="admin")


def of(user):
    return Membership.objects.select_related("team").get(user=user)


def roles(team):
    return dict(team.memberships.values_list("user__name", "role"))


def test_an_admin_gives_and_takes_roles(team, alice, bob):
    staffing.change_role(of(bob), role="admin", by=alice)
    staffing.change_role(of(alice), role="member", by=bob)

    assert roles(team) == {"Alice Arden": "member", "Bob Bell": "admin"}


@pytest.mark.parametrize(
    "deed",
    [
        lambda alice: staffing.change_role(of(alice), role="member", by=alice),
        lambda alice: staffing.remove(of(alice), by=alice),
        lambda alice: staffing.leave(of(alice)),
    ],
)
def test_the_last_admin_stays_one(team, alice, bob, deed):
    with pytest.raises(staffing.LastAdmin):
        deed(alice)

    assert roles(team) == {"Alice Arden": "admin", "Bob Bell": "member"}


@pytest.mark.django_db(transaction=True)
def test_of_two_admins_who_demote_each_other_at_the_same_moment_one_stays(team, alice, carol):
    hers, refused = of(alice), []

    def demote_alice() -> None:
        with pytest.raises(NotAdmin) as refusal:
            staffing.change_role(hers, role="member", by=carol)
        refused.append(refusal)

    with waiting_meanwhile(demote_alice):
        staffing.change_role(of(carol), role="member", by=alice)

    assert len(refused) == 1
    assert roles(team) == {"Alice Arden": "admin", "Carol": "member"}


@pytest.mark.django_db(transaction=True)
def test_of_two_admins_who_leave_at_the_same_moment_one_stays(team, alice, carol):
    hers, refused = of(alice), []

    def leave() -> None:
        with pytest.raises(staffing.LastAdmin) as refusal:
            staffing.leave(hers)
        refused.append(refusal)

    with waiting_meanwhile(leave):
        staffing.leave(of(carol))

    assert len(refused) == 1
    assert roles(team) == {"Alice Arden": "admin"}


def test_who_was_demoted_meanwhile_removes_nobody(team, alice, bob, carol):
    Membership.objects.filter(user=carol).update(role="member")

    with pytest.raises(NotAdmin):
        staffing.remove(of(bob), by=carol)


def test_somebody_who_is_gone_is_not_removed_twice(alice, bob):
    his = of(bob)
    staffing.remove(his, by=alice)

    with pytest.raises(staffing.Gone):
        staffing.remove(his, by=alice)
    with pytest.raises(staffing.Gone):
        staffing.change_role(his, role="admin", by=alice)


@pytest.mark.parametrize(
    "deed",
    [
        lambda carol, alice: staffing.remove(of(carol), by=alice),
        lambda carol, alice: staffing.change_role(of(carol), role="member", by=alice),
        lambda carol, alice: staffing.leave(of(carol)),
    ],
)
def test_who_is_no_admin_any_more_has_nobody_invited(team, alice, carol, deed):
    later = timezone.now() + timedelta(days=1)
    for by, address in ((carol, "c@x.test"), (alice, "a@x.test")):
        Invitation.objects.create(team=team, email=address, invited_by=by, invited_by_name="x", expires_at=later)

    deed(carol, alice)

    assert list(team.invitations.open().values_list("email", flat=True)) == ["a@x.test"]


@pytest.mark.parametrize(
    "deed", [lambda bob, alice: staffing.remove(of(bob), by=alice), lambda bob, _: staffing.leave(of(bob))]
)
def test_who_is_gone_does_not_come_back_by_an_invitation_to_an_address_they_had_claimed(
    client, alice, bob, invited, deed
):
    claimed = bob.emailaddress_set.create(email="bob@home.test", verified=False)
    link = invited("bob@home.test", role="admin")
    deed(bob, alice)
    claimed.verified = True
    claimed.save()
    client.force_login(bob)

    assert client.post(f"{link}accept/").status_code == 404
    assert not bob.teams.exists()


def test_whoever_is_added_by_the_operator_has_no_open_invitation_left(client, team, alice, bob, invited):
    ada = make_account("ada@x.test")
    link, other = invited("ada@x.test", role="admin"), invited("new@x.test")
    add_member(team=team, email="ada@x.test", password="", role="member")
    Membership.objects.filter(user=ada).delete()
    client.force_login(ada)

    assert client.post(f"{link}accept/").status_code == 404
    assert client.get(other).status_code == 200
