"""The bells: what waits is found by the sweep, whatever became of its bell; and admins are told what broke."""

import email
import email.policy

import pytest
from django.utils import timezone

from domains import keeping, notifying, tasks
from domains.models import Domain
from tests.dns_server import NameServer
from tests.factories import NOON, make_domain, make_user

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def server(settings):
    with NameServer() as started:
        settings.DNS_SERVERS = [started.address]
        yield started


@pytest.fixture
def rung(monkeypatch):
    """The names of the tasks whose bells were rung, of which none is heard."""
    names = []
    monkeypatch.setattr("celery.app.task.Task.apply_async", lambda self, **_options: names.append(self.name))
    return names


def publish(server, domain):
    from domains import records

    for record in records.required(name=domain.name, selector=domain.selector, public_key=domain.public_key):
        server.texts[record.host] = [record.value]


def test_a_lost_bell_costs_one_sweep(team, rung, server):
    domain = keeping.add(team=team, name="northwind.example", by=None)
    publish(server, domain)
    assert rung == ["domains.tasks.check"]

    tasks.sweep()
    assert rung[1:] == ["domains.tasks.recheck"]
    tasks.recheck()

    domain.refresh_from_db()
    assert domain.status == "verified"
    tasks.sweep()
    assert len(rung) == 2


def test_somebody_who_waits_is_served_by_the_bell_itself(team, rung, server):
    domain = keeping.add(team=team, name="northwind.example", by=None)

    tasks.check(domain_id=domain.pk)

    domain.refresh_from_db()
    assert (domain.status, domain.is_waiting) == ("pending", False)


def test_all_that_is_due_is_looked_at_in_one_go(team, rung, server):
    for name in ("one.example", "two.example"):
        make_domain(team=team, name=name)
    make_domain(team=team, name="later.example", due_at=timezone.now().replace(year=2999))

    tasks.recheck()

    assert set(Domain.objects.exclude(checked_at=None).values_list("name", flat=True)) == {"one.example", "two.example"}


@pytest.fixture
def broken(team, alice, bob, settings, sink):
    settings.EMAIL_BACKEND = "mail.backend.EmailBackend"
    return make_domain(
        team=team,
        status="temporary_failure",
        is_untold=True,
        since=NOON,
        due_at=NOON.replace(year=2999),
        findings={
            "DKIM": {
                "outcome": "different",
                "host": "carillon-abc234._domainkey.northwind.example",
                "value": f"v=DKIM1; k=rsa; p={'QUJD' * 98}",
                "note": "It holds another key.",
            }
        },
    )


def messages(sink):
    return [email.message_from_bytes(each.data, policy=email.policy.default) for each in sink.messages]


def test_every_admin_is_told_once_what_broke(broken, team, sink):
    make_user("anna@northwind.example", team=team, role="admin")

    tasks.sweep()
    tasks.sweep()

    told = messages(sink)
    assert sorted(each["To"] for each in told) == ["alice@northwind.example", "anna@northwind.example"]
    assert told[0]["Subject"] == "DNS records of northwind.example are not right any more"
    text = told[0].get_content()
    assert "DKIM: carillon-abc234._domainkey.northwind.example differs. It holds another key." in text
    assert f"/t/{team.slug}/domains/{broken.uuid}/" in text
    assert told[0]["Feedback-ID"] == f"{broken.uuid}:{team.slug}:domain:carillon"


def test_they_are_told_when_it_has_failed(broken, sink):
    Domain.objects.update(status="failed")

    notifying.notify_all()

    assert "counts as failed now" in messages(sink)[0].get_content()


def test_while_the_relay_is_away_it_waits(broken, settings, sink, caplog):
    settings.SMTP_URL = "smtp://127.0.0.1:9"

    notifying.notify_all()

    assert Domain.objects.get().is_untold
    assert "Nobody could be told" in caplog.text
