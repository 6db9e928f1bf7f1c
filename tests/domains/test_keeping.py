"""Adding, asking again, deleting; and two teams that want the same name."""

import threading

import pytest
from django.db import connection, transaction
from django.utils import timezone

from domains import checking, keeping
from domains.models import Domain
from tests.factories import NOON, make_domain, make_team


@pytest.mark.django_db
def test_a_new_domain_waits_for_its_first_look(team, alice):
    domain = keeping.add(team=team, name="Northwind.example.", by=alice)

    assert (domain.name, domain.status, domain.created_by) == ("northwind.example", "not_started", alice)
    assert domain.is_waiting
    assert Domain.objects.due(timezone.now()).get() == domain


@pytest.mark.django_db
def test_a_team_adds_a_name_once_however_it_is_spelled(team):
    make_domain(team=team, name="xn--bcher-kva.example")

    with pytest.raises(keeping.DomainExists):
        keeping.add(team=team, name="BÜCHER.example", by=None)


@pytest.mark.django_db
def test_a_team_has_only_so_many_domains(team, client, alice, monkeypatch):
    monkeypatch.setattr(keeping, "MOST_DOMAINS", 1)
    keeping.add(team=team, name="northwind.example", by=None)
    client.force_login(alice)

    answer = client.post(f"/t/{team.slug}/domains/new/", {"name": "another.example"})

    assert answer.status_code == 422
    assert "A team has at most 200 domains." in answer.text
    assert team.domains.count() == 1
    assert keeping.add(team=make_team("Tailspin"), name="another.example", by=None).pk


@pytest.mark.django_db
@pytest.mark.parametrize("status", ["verified", "temporary_failure"])
def test_what_another_team_holds_is_refused(team, status):
    make_domain(team=make_team("Tailspin"), status=status)

    with pytest.raises(keeping.DomainHeld):
        keeping.add(team=team, name="northwind.example", by=None)


@pytest.mark.django_db
@pytest.mark.parametrize("status", ["not_started", "pending", "failed"])
def test_what_another_team_merely_added_is_not(team, status):
    make_domain(team=make_team("Tailspin"), status=status)

    assert keeping.add(team=team, name="northwind.example", by=None).pk


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("status", "becomes"),
    [("failed", "pending"), ("not_started", "pending"), ("pending", "pending"), ("verified", "verified")],
)
def test_asking_again_gives_a_failed_domain_its_time_anew(team, status, becomes):
    domain = make_domain(team=team, status=status, since=NOON, asked_at=None, due_at=NOON.replace(year=2999))

    keeping.check_again(domain)

    domain.refresh_from_db()
    assert domain.status == becomes
    assert (domain.since > NOON) == (status != becomes)
    assert domain.is_waiting
    assert domain.due_at <= timezone.now()


@pytest.mark.django_db(transaction=True)
def test_asking_again_and_again_makes_one_look(team, resolver, monkeypatch):
    domain = make_domain(team=team, status="failed", asked_at=None, due_at=NOON.replace(year=2999))
    rung, zones = [], []
    monkeypatch.setattr(keeping.bells, "ring", lambda task, **ids: rung.append(ids["domain_id"]))

    def zone(name):
        zones.append(name)
        keeping.check_again(domain)
        return name

    resolver.zone = zone

    for _ in range(3):
        keeping.check_again(domain)
    now = timezone.now()
    assert checking.check(domain_id=domain.pk, resolver=resolver, now=now)
    assert not checking.check(domain_id=domain.pk, resolver=resolver, now=now)

    assert rung == [domain.pk]
    assert zones == [domain.name]
    keeping.check_again(domain)
    assert rung == [domain.pk] * 2


@pytest.mark.django_db
def test_a_look_that_never_came_can_be_asked_for_again(team):
    domain = make_domain(team=team, asked_at=timezone.now() - checking.LEASE, due_at=NOON.replace(year=2999))

    keeping.check_again(domain)

    domain.refresh_from_db()
    assert domain.due_at <= timezone.now()


@pytest.mark.django_db(transaction=True)
def test_of_two_teams_that_verify_one_name_at_once_one_does(resolver):
    domains = [make_domain(team=make_team(name), selector=f"carillon-{name}", due_at=NOON) for name in ("one", "two")]
    for domain in domains:
        resolver.publish(domain)
    together = threading.Barrier(2)
    zone = resolver.zone

    def wait(name):
        together.wait(10)
        return zone(name)

    resolver.zone = wait

    def look(domain):
        try:
            checking.check(domain_id=domain.pk, resolver=resolver, now=NOON)
        finally:
            connection.close()

    threads = [threading.Thread(target=look, args=[domain]) for domain in domains]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)

    assert sorted(Domain.objects.values_list("status", flat=True)) == ["pending", "verified"]
    assert set(Domain.objects.values_list("checked_at", flat=True)) == {NOON}


@pytest.mark.django_db(transaction=True)
def test_a_name_that_is_added_twice_at_once_is_added_once(team, monkeypatch):
    make = keeping.keys.make

    def meanwhile():
        monkeypatch.setattr(keeping.keys, "make", make)
        thread = threading.Thread(target=_add, args=[team])
        thread.start()
        thread.join(20)
        return make()

    monkeypatch.setattr(keeping.keys, "make", meanwhile)

    with pytest.raises(keeping.DomainExists), transaction.atomic():
        keeping.add(team=team, name="northwind.example", by=None)

    assert Domain.objects.count() == 1


def _add(team):
    keeping.add(team=team, name="northwind.example", by=None)
    connection.close()
