"""What DNS may answer, and what that means for a record."""

import pytest

from domains import comparing
from domains.comparing import Outcome, compare
from domains.records import Record

KEY = "MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8A" * 12
DKIM = Record("DKIM", "c._domainkey.northwind.example", f"v=DKIM1; k=rsa; p={KEY}")
SPF = Record("SPF", "northwind.example", "v=spf1 include:spf.relay.example ip4:192.0.2.1 ~all")
DMARC = Record("DMARC", "_dmarc.northwind.example", "v=DMARC1; p=none;")


@pytest.mark.parametrize(
    ("texts", "outcome", "note"),
    [
        ([DKIM.value], Outcome.VERIFIED, ""),
        ([f"k=rsa;p={KEY[:100]} {KEY[100:]}"], Outcome.VERIFIED, ""),
        (["something else", DKIM.value], Outcome.VERIFIED, ""),
        ([], Outcome.MISSING, ""),
        (["v=spf1 -all"], Outcome.DIFFERENT, "no DKIM record"),
        (["v=DKIM1; p=AAAA"], Outcome.DIFFERENT, "another key"),
        (["v=DKIM1; p="], Outcome.DIFFERENT, "revokes"),
        ([DKIM.value[:255]], Outcome.DIFFERENT, "cut short"),
        ([DKIM.value, "v=DKIM1; p=AAAA"], Outcome.DIFFERENT, "several"),
        ([f"v=DKIM1; t=y; n=note; h=sha1 : SHA256; s=other:email; p={KEY}; x=y"], Outcome.VERIFIED, ""),
        # The right key, in a record that receivers don't take.
        ([f"v=DKIM2; p={KEY}"], Outcome.DIFFERENT, "v=DKIM1"),
        ([f"v=dkim1; p={KEY}"], Outcome.DIFFERENT, "v=DKIM1"),
        ([f"p={KEY}; v=DKIM1"], Outcome.DIFFERENT, "v=DKIM1"),
        ([f"v=DKIM1; k=ed25519; p={KEY}"], Outcome.DIFFERENT, "k=rsa"),
        ([f"v=DKIM1; h=sha1; p={KEY}"], Outcome.DIFFERENT, "sha256"),
        ([f"v=DKIM1; s=other; p={KEY}"], Outcome.DIFFERENT, "e-mail"),
        ([f"v=DKIM1; p=AAAA; p={KEY}"], Outcome.DIFFERENT, "twice"),
        ([f"v=DKIM1; k=rsa; k=rsa; p={KEY}"], Outcome.DIFFERENT, "twice"),
        ([f"v=DKIM1; P={KEY}"], Outcome.DIFFERENT, "no DKIM record"),
    ],
)
def test_dkim(texts, outcome, note):
    finding = compare(DKIM, texts)

    assert finding.outcome == outcome
    assert note in finding.note
    assert bool(finding.note) == bool(note)


@pytest.mark.parametrize(
    ("texts", "outcome", "better"),
    [
        ([SPF.value], Outcome.VERIFIED, SPF.value),
        (
            ["V=SPF1 mx +IP4:192.0.2.1 Include:spf.relay.example -all"],
            Outcome.VERIFIED,
            "V=SPF1 mx +IP4:192.0.2.1 Include:spf.relay.example -all",
        ),
        (["google-site-verification=x"], Outcome.MISSING, ""),
        (["v=spf10 mx"], Outcome.MISSING, ""),
        ([], Outcome.MISSING, ""),
        (
            ["v=spf1 mx include:spf.relay.example -all"],
            Outcome.DIFFERENT,
            "v=spf1 mx include:spf.relay.example ip4:192.0.2.1 -all",
        ),
        # What stands behind the end doesn't count, and a "no" is no "yes".
        (
            ["v=spf1 -ip4:192.0.2.1 ~all include:spf.relay.example"],
            Outcome.DIFFERENT,
            "v=spf1 -ip4:192.0.2.1 include:spf.relay.example ip4:192.0.2.1 ~all include:spf.relay.example",
        ),
        (
            ["v=spf1 redirect=other.example"],
            Outcome.DIFFERENT,
            "v=spf1 include:spf.relay.example ip4:192.0.2.1 redirect=other.example",
        ),
        # What stands behind a redirection does count.
        (
            ["v=spf1 redirect=other.example include:spf.relay.example ip4:192.0.2.1"],
            Outcome.VERIFIED,
            "v=spf1 redirect=other.example include:spf.relay.example ip4:192.0.2.1",
        ),
        (["v=spf1"], Outcome.DIFFERENT, "v=spf1 include:spf.relay.example ip4:192.0.2.1"),
        ([SPF.value, "v=spf1 mx ~all"], Outcome.DIFFERENT, ""),
    ],
)
def test_spf(texts, outcome, better):
    finding = compare(SPF, texts)

    assert (finding.outcome, finding.better) == (outcome, better)


def test_a_better_spf_record_is_enough():
    better = compare(SPF, ["v=spf1 mx redirect=other.example"]).better

    assert compare(SPF, [better]).outcome == Outcome.VERIFIED


@pytest.mark.parametrize("end", ["", " include:spf.relay.example ip4:192.0.2.1 ~all"])
def test_an_spf_record_of_any_length_is_judged_but_not_kept(end):
    finding = compare(SPF, [f"v=spf1 {' '.join(f'ip4:10.0.{i // 250}.{i % 250}' for i in range(4_000))}{end}"])

    assert finding.outcome == (Outcome.VERIFIED if end else Outcome.DIFFERENT)
    assert ("Add that to it" in finding.note) == (not end)
    assert finding.better == ""
    assert len(str(finding.stored)) < 3_000


@pytest.mark.parametrize(
    ("texts", "outcome"),
    [
        (["v=DMARC1; p=reject; rua=mailto:d@x.test"], Outcome.VERIFIED),
        (["v=dmarc1;p=none"], Outcome.VERIFIED),
        (["p=none"], Outcome.MISSING),
        ([], Outcome.MISSING),
        (["v=DMARC1; p=none", "v=DMARC1; p=reject"], Outcome.DIFFERENT),
    ],
)
def test_dmarc(texts, outcome):
    assert compare(DMARC, texts).outcome == outcome


def test_of_what_was_found_only_so_much_is_kept():
    finding = compare(DKIM, ["x" * 5_000] * 100)

    assert len(finding.found) == comparing.MOST_TEXTS
    assert {len(each) for each in finding.found} == {comparing.LONGEST_TEXT}


def test_a_finding_survives_being_stored_and_knows_what_it_is_about():
    finding = comparing.restored(compare(SPF, ["v=spf1 mx ~all"]).stored)

    assert finding == compare(SPF, ["v=spf1 mx ~all"])
    assert finding.is_about(SPF)
    assert not finding.is_about(Record("SPF", SPF.host, "v=spf1 mx ~all"))
