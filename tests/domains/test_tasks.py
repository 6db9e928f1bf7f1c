"""The bells: what waits is found by the sweep, whatever became of its bell; and admins are told what broke."""

import email
import email.policy
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.core.mail import EmailMessage
from django.db import connection
from django.utils import timezone

from config.celery import app
from domains import checking, keeping, notifying, tasks
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


def test_a_name_server_that_hangs_does_not_hold_up_the_next_domain(team, resolver):
    for name in ("one.example", "two.example"):
        make_domain(team=team, name=name)
    together = threading.Barrier(2)

    def zone(name):
        together.wait(5)
        return name

    resolver.zone = zone

    checking.check_due(resolver=resolver, seconds=5)

    assert not Domain.objects.filter(checked_at=None).exists()


def test_of_several_workers_one_looks_at_what_is_due(team, resolver):
    for number in range(checking.TOGETHER + 1):
        make_domain(team=team, name=f"d{number}.example")
    looked_at = []

    def zone(name):
        if not looked_at:
            looked_at.append(name)
            _elsewhere(lambda: checking.check_due(resolver=nobody, seconds=5))
        return name

    nobody, resolver.zone = None, zone

    checking.check_due(resolver=resolver, seconds=5)

    assert looked_at
    assert not Domain.objects.filter(checked_at=None).exists()


def test_asking_dns_has_a_queue_of_its_own_and_old_bells_of_the_sweep_are_not_heard(settings):
    for task, queue in ((tasks.check, "dns"), (tasks.recheck, "dns"), (tasks.sweep, "default")):
        assert app.amqp.router.route({}, task.name)["queue"].name == queue
    assert tasks.recheck.expires == settings.SWEEP_EVERY


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

    told = messages(sink)[0]
    assert told["Subject"] == "northwind.example counts as failed"
    assert "have not been right for three days. It counts as failed now" in told.get_content()


def test_they_are_told_when_dns_was_silent_too_long(broken, sink):
    findings = {"DKIM": {**broken.findings["DKIM"], "outcome": "unanswered", "note": "DNS couldn’t be asked."}}
    Domain.objects.update(status="failed", silent_since=NOON - timedelta(days=14), findings=findings)

    notifying.notify_all()

    told = messages(sink)[0]
    assert told["Subject"] == "DNS does not answer for northwind.example any more"
    assert "For two weeks DNS has not answered" in told.get_content()
    assert "is not answered for. DNS couldn’t be asked." in told.get_content()


@pytest.fixture
def anna(team):
    return make_user("anna@northwind.example", team=team, role="admin")


def sweep_later():
    """Another sweep, when what waits may be tried again."""
    Domain.objects.update(tell_at=timezone.now())
    tasks.sweep()


@pytest.mark.parametrize("refused", ["alice@northwind.example", "anna@northwind.example"])
def test_one_admin_whom_the_relay_refuses_keeps_no_other_from_being_told_once(broken, anna, sink, refused):
    sink.faults.refuse_recipient = lambda address: "550 5.1.1 No such mailbox" if address == refused else None

    for _ in range(3):
        sweep_later()

    [other] = {"alice@northwind.example", "anna@northwind.example"} - {refused}
    assert sink.accepted_addresses() == [other]
    assert not Domain.objects.get().is_untold


@pytest.mark.parametrize("put_off", ["alice@northwind.example", "anna@northwind.example"])
def test_one_whom_the_relay_puts_off_is_told_later_and_no_other_again(broken, anna, sink, put_off):
    sink.faults.refuse_recipient = lambda address: "450 4.2.0 Later" if address == put_off else None
    for _ in range(2):
        sweep_later()
    tasks.sweep()
    assert len(sink.messages) == 1
    assert Domain.objects.get().is_untold

    sink.faults.refuse_recipient = None
    for _ in range(2):
        sweep_later()

    assert sorted(sink.accepted_addresses()) == ["alice@northwind.example", "anna@northwind.example"]
    assert not Domain.objects.get().is_untold


def test_a_worker_killed_while_it_tells_has_told_nobody_twice(broken, anna, sink, monkeypatch):
    class Killed(BaseException):
        pass

    send = EmailMessage.send

    def send_and_die(message):
        send(message)
        raise Killed

    monkeypatch.setattr(EmailMessage, "send", send_and_die)
    with pytest.raises(Killed):
        tasks.sweep()
    monkeypatch.setattr(EmailMessage, "send", send)

    for _ in range(2):
        sweep_later()

    assert sorted(sink.accepted_addresses()) == ["alice@northwind.example", "anna@northwind.example"]


def test_nobody_waits_for_the_relay_to_ask_again_and_what_broke_anew_is_told_anew(broken, sink, monkeypatch):
    send = EmailMessage.send

    def meanwhile(message):
        monkeypatch.setattr(EmailMessage, "send", send)
        _elsewhere(lambda: keeping.check_again(broken))
        now = timezone.now()
        Domain.objects.update(status="failed", tell_at=now, told=[])
        return send(message)

    monkeypatch.setattr(EmailMessage, "send", meanwhile)
    tasks.sweep()
    assert Domain.objects.get().is_waiting

    tasks.sweep()

    subjects = [each["Subject"] for each in messages(sink)]
    assert subjects == [
        "DNS records of northwind.example are not right any more",
        "northwind.example counts as failed",
    ]


def _elsewhere(call):
    """Call it in a session of its own, which gives up on a lock."""

    def run():
        try:
            with connection.cursor() as cursor:
                cursor.execute("SET lock_timeout = '2s'")
            call()
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as thread:
        thread.submit(run).result(10)


def test_while_the_relay_is_away_it_waits(broken, settings, sink, caplog):
    settings.SMTP_URL = "smtp://127.0.0.1:9"

    notifying.notify_all()

    assert Domain.objects.get().is_untold
    assert "Nobody could be told" in caplog.text
