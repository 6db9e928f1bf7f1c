import pytest

from domains.checks import check_settings


@pytest.mark.parametrize("senders", ["v=spf1 mx ~all", "mx -all", "redirect=spf.relay.example"])
def test_senders_are_mechanisms_alone(settings, senders):
    settings.SPF_SENDERS = senders

    [fault] = check_settings()

    assert "SPF_SENDERS" in fault.msg


@pytest.mark.parametrize("server", ["dns.example", "192.0.2.1:port", "300.0.0.1"])
def test_servers_are_addresses(settings, server):
    settings.DNS_SERVERS = [server]

    [fault] = check_settings()

    assert "DNS_SERVERS" in fault.msg


def test_good_settings_have_no_fault(settings):
    settings.SPF_SENDERS, settings.DNS_SERVERS = "mx include:spf.relay.example", ["192.0.2.1", "[2001:db8::1]:5353"]

    assert check_settings() == []
