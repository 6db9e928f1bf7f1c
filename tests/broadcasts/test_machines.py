"""Who looks at mail: by what visitors say of themselves. What their time tells is judged when it is counted."""

import pytest

from broadcasts import machines

CHROME = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36"
)

PEOPLE = [
    CHROME,
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148",
    # Apple's privacy proxy says no more than this, be it that somebody looks or that it fetches ahead.
    "Mozilla/5.0",
    "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)",
    "YahooMailProxy; https://help.yahoo.com/kb/yahoo-mail-proxy-SLN28749.html",
    "Mozilla/4.0 (compatible; ms-office; MSOffice 16)",
    "Microsoft Office/16.0 (Windows NT 10.0; Microsoft Outlook 16.0.17928; Pro)",
    "Outlook-iOS/709.2226530.prod.iphone (3.24.1)",
    "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Thunderbird/128.4.0",
    "Mozilla/5.0 (Linux; Android 13; CUBOT X70) AppleWebKit/537.36 Chrome/130.0 Mobile Safari/537.36",
    "okhttp/4.12.0",
    "Mail/3776.700.51 CFNetwork/1568.200.51 Darwin/24.1.0",
]
PROGRAMS = [
    "",
    "  ",
    "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
    "Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)",
    "facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)",
    "WhatsApp/2.24.20.89 A",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 SkypeUriPreview Preview/0.5",
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/131.0.0.0 Safari/537.36",
    "Barracuda Sentinel (EE)",
    "Mozilla/5.0 (compatible; Mimecast)",
    "Microsoft Office Existence Discovery",
    "curl/8.5.0",
    "Wget/1.21.4",
    "python-requests/2.32.3",
    "Python/3.11 aiohttp/3.9.5",
    "Java/17.0.9",
    "Go-http-client/2.0",
    "Apache-HttpClient/4.5.13 (Java/1.8.0_392)",
]


@pytest.mark.parametrize("name", PEOPLE)
def test_browsers_mail_programs_and_their_proxies_are_people(name):
    assert not machines.is_one({"User-Agent": name})


@pytest.mark.parametrize("name", PROGRAMS)
def test_programs_that_name_themselves_are_no_people(name):
    assert machines.is_one({"User-Agent": name})


def test_who_names_nothing_at_all_is_a_program():
    assert machines.is_one({})


@pytest.mark.parametrize(
    ("header", "value"),
    [
        ("Sec-Purpose", "prefetch;prerender"),
        ("Purpose", "prefetch"),
        ("X-Purpose", "preview"),
        ("X-Moz", "prefetch"),
    ],
)
def test_a_browser_that_loads_ahead_is_no_person_yet(header, value):
    assert machines.is_one({"User-Agent": CHROME, header: value})


def test_any_other_purpose_is_a_persons():
    assert not machines.is_one({"User-Agent": CHROME, "Purpose": "navigate"})


def test_all_that_belongs_to_a_walk_has_settled_before_it_is_judged():
    assert machines.SETTLED_AFTER > machines.WALK_WITHIN
    assert machines.SETTLED_AFTER > machines.AT_ONCE + machines.LEDGER_LAGS
