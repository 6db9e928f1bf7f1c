"""What people paste as a domain, and what they are told."""

import pytest

from domains import names


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("northwind.example", "northwind.example"),
        ("  News.Northwind.EXAMPLE.\n", "news.northwind.example"),
        ("\ufeffnorthwind.example\u200b", "northwind.example"),
        ("bücher.example", "xn--bcher-kva.example"),
        ("xn--bcher-kva.example", "xn--bcher-kva.example"),
        ("a-b.c1.example", "a-b.c1.example"),
        ("northwind\uff0eexample", "northwind.example"),
        ("bücher\u3002example\uff61", "xn--bcher-kva.example"),
    ],
)
def test_one_spelling_is_kept(given, kept):
    assert names.read(given) == kept


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("https://www.northwind.example/about?x=1", "Enter the domain alone: www.northwind.example."),
        ("northwind.example/", "is a web address. Enter the domain alone: northwind.example."),
        ("news@northwind.example", "is an e-mail address. Enter only what stands after the @: northwind.example."),
        ("@northwind.example", "Enter only what stands after the @: northwind.example."),
        ("localhost", "has no dot"),
        ("example.", "has no dot"),
        ("192.0.2.1", "is the address of a computer"),
        ("2001:db8::1", "is the address of a computer"),
        ("*.northwind.example", "Enter one domain: northwind.example."),
        ("north wind.example", "can’t be a domain"),
        ("northwind..example", "can’t be a domain"),
        (".northwind.example", "can’t be a domain"),
        ("northwind.example..", "can’t be a domain"),
        ("-northwind.example", "can’t be a domain"),
        ("north_wind.example", "can’t be a domain"),
        ("northwind.example:25", "ends with a port. Enter the domain alone: northwind.example."),
        ("northwind.example:smtp", "can’t be a domain"),
        ("northwind.123", "can’t be a domain"),
        ("north\0wind.example", "can’t be a domain"),
        ("a, b.example", "can’t be a domain"),
        (f"{'a' * 64}.example", "can’t be a domain"),
        (f"{'a.' * 100}example", "at most 200 characters"),
        ("ü" * 60 + "." + "ü" * 60 + "." + "ü" * 60 + ".example", "can’t be a domain"),
    ],
)
def test_anything_else_is_told_what_to_enter(given, said):
    with pytest.raises(names.InvalidName) as refusal:
        names.read(given)

    assert said in refusal.value.message
    assert refusal.value.field == "name"


@pytest.mark.parametrize("given", ["", "  \n", "\u200b"])
def test_nothing_is_a_missing_name(given):
    with pytest.raises(names.NameMissing):
        names.read(given)


@pytest.mark.parametrize(
    ("kept", "written"),
    [
        ("xn--bcher-kva.example", "bücher.example"),
        ("northwind.example", ""),
        ("xn--a.example", ""),
        ("xn--zzzzzzzz--.example", ""),
    ],
)
def test_an_international_name_is_shown_as_it_is_written(kept, written):
    assert names.spelled_out(kept) == written
