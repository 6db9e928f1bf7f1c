import pytest

from broadcasts.checks import check_addresses


@pytest.mark.parametrize("url", ["https://é.example", "https://a b.example", "ftp://news.example"])
def test_a_public_url_that_no_message_can_hold_is_named_at_the_start(settings, url):
    settings.PUBLIC_URL = url

    assert [each.id for each in check_addresses()] == ["broadcasts.E001"]


@pytest.mark.parametrize("domain", ["not a domain", "https://bounces.example", "localhost"])
def test_a_return_path_that_is_no_domain_is_named_at_the_start(settings, domain):
    settings.RETURN_PATH_DOMAIN = domain

    [fault] = check_addresses()
    assert "RETURN_PATH_DOMAIN" in fault.msg


def test_the_settings_of_an_ordinary_installation_are_fine(settings):
    settings.PUBLIC_URL, settings.RETURN_PATH_DOMAIN = "https://mail.example", "bounces.mail.example"

    assert check_addresses() == []
