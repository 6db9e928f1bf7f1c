"""From what DNS answers to a domain's status, over days that a test passes in."""

from datetime import timedelta

import pytest

from domains import checking, keys
from domains.checking import Verdict, until_next
from domains.models import Domain
from lib import encryption
from tests.factories import NOON, make_domain, make_team

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


@pytest.fixture
def domain(team):
    return make_domain(team=team, since=NOON, due_at=NOON, asked_at=NOON)


def look(domain, resolver, *, at=NOON):
    """Have the domain looked at, as if its time had come; what the row says then."""
    Domain.objects.filter(pk=domain.pk).update(due_at=at)
    assert checking.check(domain_id=domain.pk, resolver=resolver, now=at)
    domain.refresh_from_db()
    return domain


def test_right_records_verify_the_domain(domain, resolver):
    resolver.publish(domain)

    look(domain, resolver, at=NOON + HOUR)

    assert (domain.status, domain.since, domain.checked_at) == ("verified", NOON + HOUR, NOON + HOUR)
    assert domain.due_at == NOON + HOUR + timedelta(days=1)
    assert domain.asked_at is None
    assert domain.findings["DKIM"]["outcome"] == "verified"


def test_missing_records_are_awaited_ever_less_often_and_fail_after_three_days(domain, resolver):
    at, distances = NOON, []
    while domain.status != "failed":
        look(domain, resolver, at=at)
        distances.append(domain.due_at - at)
        at = domain.due_at
        assert len(distances) < 200

    assert domain.since >= NOON + timedelta(hours=72)
    assert distances[0] == timedelta(seconds=30)
    assert distances[:-1] == sorted(distances[:-1])
    assert max(distances[:-1]) == HOUR
    assert distances[-1] == timedelta(days=1)
    assert not domain.is_untold


def test_what_has_failed_is_verified_when_its_records_come_after_all(domain, resolver):
    Domain.objects.update(status="failed")
    domain.refresh_from_db()
    resolver.publish(domain)

    assert look(domain, resolver, at=NOON + 100 * HOUR).status == "verified"


def test_a_verified_domain_whose_record_goes_is_told_and_fails_after_three_days(domain, resolver):
    resolver.publish(domain)
    look(domain, resolver)
    resolver.known.clear()

    look(domain, resolver, at=NOON + 24 * HOUR)
    assert (domain.status, domain.since, domain.is_untold) == ("temporary_failure", NOON + 24 * HOUR, True)
    look(domain, resolver, at=NOON + 95 * HOUR)
    assert domain.status == "temporary_failure"
    Domain.objects.update(is_untold=False)
    domain.refresh_from_db()
    look(domain, resolver, at=NOON + 97 * HOUR)
    assert (domain.status, domain.is_untold) == ("failed", True)


def test_a_record_that_comes_back_in_time_heals_it(domain, resolver):
    resolver.publish(domain)
    look(domain, resolver)
    known, resolver.known = resolver.known, {}
    look(domain, resolver, at=NOON + 24 * HOUR)
    resolver.known = known

    look(domain, resolver, at=NOON + 25 * HOUR)

    assert (domain.status, domain.is_untold) == ("verified", False)


def test_silence_of_dns_says_nothing_about_a_verified_domain(domain, resolver):
    resolver.publish(domain)
    look(domain, resolver)
    resolver.silence(domain)

    for hours in (24, 200):
        look(domain, resolver, at=NOON + hours * HOUR)

        assert (domain.status, domain.is_untold) == ("verified", False)
    assert domain.findings["DKIM"]["outcome"] == "unanswered"


def test_a_short_silence_of_dns_fails_no_domain_either(domain, resolver):
    resolver.silence(domain)

    assert look(domain, resolver, at=NOON + 200 * HOUR).status == "pending"
    assert look(domain, resolver, at=NOON + 201 * HOUR).status == "pending"


def looks_until_it_fails(domain, resolver):
    """How long each look was waited for."""
    at, distances = NOON, []
    while look(domain, resolver, at=at).status != "failed":
        distances.append(domain.due_at - at)
        at = domain.due_at
        assert len(distances) < 200
    return distances


@pytest.mark.parametrize(("status", "first"), [("verified", 15 * 60), ("pending", 30)])
def test_a_long_silence_is_looked_at_ever_less_often_and_fails_after_two_weeks(domain, resolver, status, first):
    Domain.objects.update(status=status)
    domain.refresh_from_db()
    resolver.silence(domain)

    distances = looks_until_it_fails(domain, resolver)

    assert distances[0] == timedelta(seconds=first)
    assert distances == sorted(distances)
    assert distances[-1] == timedelta(days=1)
    assert len(distances) < 50
    assert timedelta(days=14) <= domain.since - NOON < timedelta(days=16)
    assert domain.failed_in_silence
    assert domain.is_untold == (status != "pending")
    assert not Domain.objects.held().exists()


def test_an_answer_ends_the_silence(domain, resolver):
    Domain.objects.update(status="verified")
    domain.refresh_from_db()
    resolver.silence(domain)
    look(domain, resolver)
    troubles, resolver.troubles = resolver.troubles, {}
    resolver.publish(domain)
    look(domain, resolver, at=NOON + 24 * 13 * HOUR)
    resolver.troubles = troubles

    assert look(domain, resolver, at=NOON + 24 * 15 * HOUR).status == "verified"


def test_what_failed_in_silence_is_given_its_time_anew_when_somebody_asks(domain, resolver):
    from domains import keeping

    resolver.silence(domain)
    looks_until_it_fails(domain, resolver)

    keeping.check_again(domain)

    assert look(domain, resolver, at=NOON + 24 * 30 * HOUR).status == "pending"


def test_one_wrong_record_is_enough_even_while_another_is_not_answered(domain, resolver, settings):
    settings.SPF_SENDERS = "include:spf.relay.example"
    resolver.publish(domain)
    look(domain, resolver)
    resolver.silence(domain)
    del resolver.troubles["northwind.example"]
    resolver.known["northwind.example"] = ["v=spf1 mx ~all"]

    assert look(domain, resolver, at=NOON + HOUR).status == "temporary_failure"


def test_a_missing_policy_is_no_condition(domain, resolver):
    resolver.publish(domain)
    resolver.troubles["_dmarc.northwind.example"] = "away"

    assert look(domain, resolver).status == "verified"


def test_the_policy_of_the_domain_above_counts(team, resolver):
    domain = make_domain(team=team, name="news.northwind.example")
    resolver.zones["news.northwind.example"] = "northwind.example"
    resolver.known["_dmarc.northwind.example"] = ["v=DMARC1; p=reject"]

    look(domain, resolver)

    assert domain.zone == "northwind.example"
    assert domain.findings["DMARC"]["outcome"] == "verified"
    assert "_dmarc.northwind.example" in domain.findings["DMARC"]["note"]


def test_a_name_entered_twice_is_recognised(domain, resolver):
    resolver.publish(domain)
    [value] = resolver.known.pop("carillon-abc234._domainkey.northwind.example")
    resolver.known["carillon-abc234._domainkey.northwind.example.northwind.example"] = [value]

    look(domain, resolver)

    assert domain.findings["DKIM"]["outcome"] == "missing"
    assert "enter carillon-abc234._domainkey as its name" in domain.findings["DKIM"]["note"]


def test_no_answer_about_a_name_entered_twice_leaves_it_missing(domain, resolver):
    resolver.troubles["carillon-abc234._domainkey.northwind.example.northwind.example"] = "away"

    assert look(domain, resolver).findings["DKIM"]["outcome"] == "missing"


def test_one_team_alone_verifies_a_name(domain, resolver):
    other = make_domain(team=make_team("Tailspin"), selector="carillon-def567", status="verified")
    resolver.publish(domain)

    look(domain, resolver)

    assert domain.status == "pending"
    assert domain.findings["DKIM"]["outcome"] == "verified"
    Domain.objects.filter(pk=other.pk).delete()
    assert look(domain, resolver, at=NOON + HOUR).status == "verified"


def test_the_key_is_renewed_under_a_new_secret_key(domain, resolver, settings):
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "new", [settings.SECRET_KEY]

    look(domain, resolver)

    settings.SECRET_KEY_FALLBACKS = []
    assert encryption.decrypt(bytes(domain.private_key), purpose=keys.PURPOSE) == b"no key"


def test_a_key_that_cannot_be_read_is_left_alone_and_told_to_the_operator(domain, resolver, settings, caplog):
    before = bytes(domain.private_key)
    settings.SECRET_KEY = "new"

    look(domain, resolver)

    assert bytes(domain.private_key) == before
    assert "DKIM key of northwind.example can't be read" in caplog.text


def test_a_bell_for_a_domain_that_is_gone_does_no_harm(domain, resolver):
    assert not checking.check(domain_id=domain.pk + 1, resolver=resolver, now=NOON)


def test_what_is_not_due_is_left_alone(domain, resolver):
    Domain.objects.update(due_at=NOON + HOUR)

    assert not checking.check(domain_id=domain.pk, resolver=resolver, now=NOON)


def test_only_one_worker_looks_and_another_takes_over_from_a_killed_one(domain, resolver):
    class Killed(BaseException):
        pass

    def die(_name):
        # Meanwhile another worker finds nothing to do.
        assert not checking.check(domain_id=domain.pk, resolver=resolver, now=NOON + timedelta(seconds=1))
        raise Killed

    resolver.zone = die
    with pytest.raises(Killed):
        checking.check(domain_id=domain.pk, resolver=resolver, now=NOON)
    del resolver.zone

    later = NOON + checking.LEASE
    assert checking.check(domain_id=domain.pk, resolver=resolver, now=later)
    domain.refresh_from_db()
    assert domain.checked_at == later


def test_a_look_that_was_overtaken_by_another_wish_writes_nothing(domain, resolver):
    from domains import keeping

    def zone(name):
        keeping.check_again(domain)
        return name

    resolver.publish(domain)
    resolver.zone = zone

    checking.check(domain_id=domain.pk, resolver=resolver, now=NOON)

    domain.refresh_from_db()
    assert (domain.status, domain.checked_at) == ("pending", None)
    assert domain.is_waiting


def test_a_domain_deleted_meanwhile_stays_deleted(domain, resolver):
    resolver.zone = lambda name: Domain.objects.all().delete() and name

    checking.check(domain_id=domain.pk, resolver=resolver, now=NOON)

    assert not Domain.objects.exists()


def test_the_distance_never_exceeds_an_hour_while_something_is_awaited():
    for status in ("pending", "temporary_failure"):
        assert until_next(status, Verdict.BROKEN, age=timedelta(days=2), silence=timedelta(0)) == HOUR
