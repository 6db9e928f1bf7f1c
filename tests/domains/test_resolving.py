"""Asking a real name server, on this machine."""

import time

import pytest

from domains.resolving import SystemResolver, Unanswered, place
from tests.dns_server import FAILING, SILENT, NameServer


@pytest.fixture
def server():
    with NameServer() as started:
        yield started


@pytest.fixture
def resolver(server):
    return SystemResolver([server.address], lifetime=0.5)


def test_a_text_of_several_strings_is_one(server, resolver):
    server.texts["long.northwind.example"] = ["x" * 300, 'with "quotes"']

    assert sorted(resolver.texts("long.northwind.example")) == ['with "quotes"', "x" * 300]


def test_what_controls_or_hides_a_text_is_taken_out_of_it(server, resolver):
    server.texts["odd.northwind.example"] = ["v=spf1\tmx\nevil. IN A \x01 \u202e\u200b\u00a0 ü"]

    assert resolver.texts("odd.northwind.example") == ["v=spf1 mx evil. IN A � ��� ü"]


def test_what_is_not_there_is_no_trouble(server, resolver):
    server.zones = {"northwind.example"}

    assert resolver.texts("nothing.northwind.example") == []
    assert resolver.texts("northwind.example") == []


@pytest.mark.parametrize(
    ("trouble", "said"), [(FAILING, "name servers failed to answer"), (SILENT, "didn’t answer within")]
)
def test_trouble_is_not_an_answer(server, resolver, trouble, said):
    server.troubles["northwind.example"] = trouble
    began = time.monotonic()

    for ask in (resolver.texts, resolver.zone):
        with pytest.raises(Unanswered, match=said):
            ask("northwind.example")

    assert time.monotonic() - began < 5


def test_the_zone_is_where_the_soa_is(server, resolver):
    server.zones = {"northwind.example", "example"}

    assert resolver.zone("a.news.northwind.example") == "northwind.example"


@pytest.mark.parametrize("zone", ["example", "."])
def test_a_whole_top_level_domain_is_nobodys_zone(server, resolver, zone):
    server.zones = {zone}

    assert resolver.zone("northwind.example") == "northwind.example"


@pytest.mark.parametrize(
    ("written", "found"),
    [
        ("192.0.2.1", ("192.0.2.1", 53)),
        ("192.0.2.1:5353", ("192.0.2.1", 5353)),
        ("2001:db8::1", ("2001:db8::1", 53)),
        ("[2001:db8::1]:5353", ("2001:db8::1", 5353)),
        ("[2001:db8::1]", ("2001:db8::1", 53)),
    ],
)
def test_a_server_may_have_a_port(written, found):
    assert place(written) == found
