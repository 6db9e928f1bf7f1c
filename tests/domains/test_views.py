"""The pages of domains: what they say in each state, and who may do what."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from domains import checking, keeping
from domains.models import Domain
from tests.factories import NOON, make_domain, make_team

pytestmark = pytest.mark.django_db


def url(name, team, *arguments):
    return reverse(f"domains:{name}", args=[team.slug, *arguments])


def look(domain, resolver):
    Domain.objects.filter(pk=domain.pk).update(due_at=NOON)
    checking.check(domain_id=domain.pk, resolver=resolver, now=timezone.now())


def test_an_admin_adds_a_domain(as_alice, team):
    answer = as_alice.post(url("create", team), {"name": "Northwind.example"})

    domain = team.domains.get()
    assert (answer.status_code, answer.url) == (302, domain.get_absolute_url())
    text = as_alice.get(answer.url).text
    assert f"{domain.selector}._domainkey" in text
    assert f"p={domain.public_key}" in text
    assert "Not checked" in text
    assert 'hx-trigger="every 2s"' in text


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("", "Enter a domain"),
        ("https://northwind.example/", "Enter the domain alone: northwind.example."),
        ("taken.example", "is among the team’s domains already"),
        ("held.example", "Another team of this installation has verified held.example"),
    ],
)
def test_what_is_no_new_domain_is_told_beside_the_field(as_alice, team, name, said):
    make_domain(team=team, name="taken.example")
    make_domain(team=make_team("Tailspin"), name="held.example", status="verified")

    answer = as_alice.post(url("create", team), {"name": name})

    assert answer.status_code == 422
    assert said in answer.text
    assert f'value="{name}"' in answer.text or not name
    assert team.domains.count() == 1


def test_members_see_and_change_nothing(as_bob, team, domain):
    text = as_bob.get(domain.get_absolute_url()).text

    assert "Check again" not in text
    assert "Delete" not in text
    assert "Add domain" not in as_bob.get(url("list", team)).text
    for name in ("create", "check", "delete"):
        arguments = [] if name == "create" else [domain.uuid]
        assert as_bob.post(url(name, team, *arguments), {"name": "x.example"}).status_code == 403
    assert team.domains.get().name == domain.name


def test_a_page_view_asks_no_dns(as_alice, team, domain, monkeypatch):
    monkeypatch.setattr("dns.resolver.Resolver.resolve", None)

    assert as_alice.get(domain.get_absolute_url()).status_code == 200


def test_what_is_wanted_stands_beside_what_was_found(as_alice, team, domain, resolver, settings):
    settings.SPF_SENDERS = "include:spf.relay.example"
    resolver.known["northwind.example"] = ["v=spf1 include:old.example -all"]
    look(domain, resolver)

    text = as_alice.get(domain.get_absolute_url()).text

    assert "v=spf1 include:old.example include:spf.relay.example -all" in text
    assert "It lacks include:spf.relay.example." in text
    assert '<code class="small break">v=spf1 include:old.example -all</code>' in text
    assert 'hx-trigger="every 10s"' in text


def test_a_finding_for_what_was_wanted_before_is_none_for_what_is_wanted_now(as_alice, domain, resolver, settings):
    settings.SPF_SENDERS = "include:old.example"
    resolver.publish(domain)
    look(domain, resolver)
    settings.SPF_SENDERS = "include:new.example"

    text = as_alice.get(domain.get_absolute_url()).text

    assert "Not looked at yet" in text


@pytest.mark.parametrize(
    ("senders", "return_path", "said", "not_said"),
    [
        ("", "", "SPF_SENDERS", "v=spf1"),
        ("mx", "", "v=spf1 mx ~all", "SPF_SENDERS"),
        ("mx", "bounces.other.example", "You need not publish anything for it", "v=spf1"),
        ("", "bounces.other.example", "which holds for the whole installation", "SPF_SENDERS"),
        ("mx", "bounces.northwind.example", "its SPF record is among yours", "SPF_SENDERS"),
    ],
)
def test_only_what_is_true_of_this_installation_is_promised(
    as_alice, domain, settings, senders, return_path, said, not_said
):
    settings.SPF_SENDERS, settings.RETURN_PATH_DOMAIN = senders, return_path

    text = as_alice.get(domain.get_absolute_url()).text

    assert said in text
    assert not_said not in text


@pytest.mark.parametrize(
    ("status", "said"),
    [
        ("not_started", "Publish these records"),
        ("pending", "Publish these records"),
        ("verified", "All records are right."),
        ("temporary_failure", "a record is not right any more"),
        ("failed", "The records were not right for three days"),
    ],
)
def test_every_status_says_what_it_means(as_alice, team, status, said):
    domain = make_domain(team=team, status=status)

    assert said in as_alice.get(domain.get_absolute_url()).text


def test_a_domain_that_failed_because_dns_was_silent_says_so(as_alice, team):
    domain = make_domain(team=team, status="failed", silent_since=NOON - timedelta(days=14), since=NOON)

    text = as_alice.get(domain.get_absolute_url()).text

    assert "DNS didn’t answer for two weeks" in text
    assert "not right for three days" not in text


def test_a_name_that_another_team_holds_says_so(as_alice, team, domain, resolver):
    make_domain(team=make_team("Tailspin"), selector="carillon-def567", status="verified")
    resolver.publish(domain)
    look(domain, resolver)

    assert "Another team has it" in as_alice.get(domain.get_absolute_url()).text


def watch(client, domain, seen=None):
    query = f"?seen={seen}" if seen else ""
    headers = {"HX-Request": "true", "HX-Target": "domain-state"}
    return client.get(f"{domain.get_absolute_url()}{query}", headers=headers)


def test_a_watched_page_is_drawn_anew_only_when_something_changed(as_alice, domain, resolver):
    seen = domain.version
    assert watch(as_alice, domain, seen).status_code == 204

    look(domain, resolver)
    answer = watch(as_alice, domain, seen)

    assert answer.status_code == 200
    assert "Missing" in answer.text
    assert "<html" not in answer.text
    domain.refresh_from_db()
    assert watch(as_alice, domain, domain.version).status_code == 204


def test_watching_ends_by_itself_when_the_domain_is_verified(as_alice, domain, resolver):
    seen = domain.version
    resolver.publish(domain)
    look(domain, resolver)

    answer = watch(as_alice, domain, seen)

    assert answer.status_code == 286
    assert "hx-trigger" not in answer.text


def test_check_again_has_dns_looked_at(as_alice, team, domain, resolver):
    look(domain, resolver)

    answer = as_alice.post(url("check", team, domain.uuid))

    assert answer.url == domain.get_absolute_url()
    domain.refresh_from_db()
    assert domain.is_waiting
    assert "Asking DNS…" in as_alice.get(answer.url).text


def test_an_admin_deletes_a_domain_after_a_question(as_alice, team, domain):
    assert "This can’t be undone." in as_alice.get(url("delete", team, domain.uuid)).text

    answer = as_alice.post(url("delete", team, domain.uuid), follow=True)

    assert not team.domains.exists()
    assert "northwind.example is deleted" in answer.text


def test_an_international_name_is_shown_both_ways(as_alice, team):
    domain = keeping.add(team=team, name="bücher.example", by=None)

    for address in (domain.get_absolute_url(), url("list", team)):
        text = as_alice.get(address).text
        assert "bücher.example" in text
        assert "xn--bcher-kva.example" in text


def test_the_records_go_to_a_colleague_as_an_e_mail_of_ones_own(as_alice, domain):
    text = as_alice.get(domain.get_absolute_url()).text

    [letter] = [each for each in text.split('"') if each.startswith("mailto:")]
    assert "carillon-abc234._domainkey" in letter
    assert "v%3DDMARC1%3B%20p%3Dnone%3B" in letter
    assert "%0A" in letter


@pytest.fixture
def several(team):
    for name, status in (("a.example", "verified"), ("b.example", "pending"), ("xn--bcher-kva.example", "pending")):
        make_domain(team=team, name=name, status=status)


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("", ["xn--bcher-kva.example", "b.example", "a.example"]),
        ("status=pending", ["xn--bcher-kva.example", "b.example"]),
        ("status=nonsense&q=B.EX", ["b.example"]),
        ("q=bücher.example", ["xn--bcher-kva.example"]),
        ("q=nothing&status=pending", []),
    ],
)
def test_the_list_is_narrowed_and_exported_as_it_is_shown(as_alice, team, several, query, names):
    text = as_alice.get(f"{url('list', team)}?{query}").text
    question = as_alice.get(f"{reverse('exports:create', args=[team.slug])}?resource=domains&{query}").text

    assert [name for name in names if name not in text] == []
    assert text.count('class="cover"') == len(names)
    assert f"<dt>Rows</dt><dd><b>{len(names)}</b></dd>" in question
    assert "id, name, status, status_since, dkim_selector, last_checked_at, created_at" in question


def test_the_empty_list_says_what_to_do_to_whom_may_do_it(client, team, alice, bob):
    client.force_login(alice)
    assert "No domains yet" in client.get(url("list", team)).text
    client.force_login(bob)
    assert "Any admin of the team can add one." in client.get(url("list", team)).text


def test_the_list_costs_the_same_queries_for_many_rows(as_alice, team, django_assert_max_num_queries):
    for number in range(55):
        make_domain(team=team, name=f"d{number}.example")

    with django_assert_max_num_queries(8):
        text = as_alice.get(url("list", team)).text

    assert text.count('class="cover"') == 50
    assert "Older" in text
