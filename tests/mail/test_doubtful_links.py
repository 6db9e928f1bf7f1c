"""Links that a person should look at before a broadcast goes out."""

import pytest

from mail import doubtful_links


@pytest.mark.parametrize(
    ("href", "words"),
    [
        ("", "has no address"),
        ("  ", "has no address"),
        ("javascript:alert(1)", "mail programs"),
        ("file:///tmp/x", "mail programs"),
        ("northwind.example/spring", "whole address"),
        ("/spring", "whole address"),
        ("https:///spring", "whole address"),
        ("https://[broken/", "valid"),
        ("http://localhost:8000/x", "own computer"),
        ("http://127.0.0.1/x", "own computer"),
    ],
)
def test_what_leads_nowhere_is_told(href, words):
    assert words in doubtful_links.find(f'<p><a class="x" href="{href}">Go</a></p>')[href.strip()]


@pytest.mark.parametrize(
    "href",
    [
        "https://northwind.example/spring?a=1&amp;b=2",
        "HTTP://northwind.example",
        "mailto:help@northwind.example",
        "tel:+4930123",
        "#top",
        "{{{UNSUBSCRIBE_URL}}}",
        "{{{contact.page|}}}",
    ],
)
def test_what_is_usual_is_not(href):
    assert doubtful_links.find(f'<a href="{href}">Go</a><img src=""><a name="x">Here</a>') == {}
