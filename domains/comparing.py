"""What DNS answers beside what is wanted: pure, so that every odd answer has its test."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any

from domains.records import DKIM, DMARC, SPF, Record

# So much of what was found is kept, whatever a name server answers.
MOST_TEXTS, LONGEST_TEXT = 5, 1_000
# No record that works is nearly as long: it may make receivers ask ten times.
LONGEST_BETTER = 2_000


class Outcome(StrEnum):
    VERIFIED = "verified"
    MISSING = "missing"
    DIFFERENT = "different"
    # DNS failed or was silent: that says nothing about the record.
    UNANSWERED = "unanswered"


@dataclass(frozen=True)
class Finding:
    """What was found for a record: `note` says what to do about it, `better` is what to publish instead of `value`.

    A domain has one SPF record for all who send for it, so what stands there already is kept in it.
    """

    outcome: Outcome
    host: str
    value: str
    found: list[str] = field(default_factory=list)
    note: str = ""
    better: str = ""

    @property
    def stored(self) -> dict[str, Any]:
        return asdict(self)

    def is_about(self, record: Record) -> bool:
        """Whether it answers for this record still; settings may have changed what is wanted."""
        return (self.host, self.value) == (record.host, record.value)


def restored(stored: dict[str, Any]) -> Finding:
    return Finding(**{**stored, "outcome": Outcome(stored["outcome"])})


def unanswered(record: Record, reason: str) -> Finding:
    return Finding(Outcome.UNANSWERED, record.host, record.value, note=reason)


def compare(record: Record, texts: Sequence[str]) -> Finding:
    """What the texts found under the record's name mean for it."""
    outcome, relevant, note, better = _COMPARE[record.purpose](record.value, texts)
    found = [each[:LONGEST_TEXT] for each in (relevant or texts)[:MOST_TEXTS]]
    return Finding(outcome, record.host, record.value, found, note, better)


Compared = tuple[Outcome, Sequence[str], str, str]


def _dkim(wanted: str, texts: Sequence[str]) -> Compared:
    keys = [each for each in texts if "p" in dict(_pairs(each))]
    if not texts:
        return Outcome.MISSING, [], "", ""
    if not keys:
        return Outcome.DIFFERENT, [], "What stands there is no DKIM record.", ""
    if len(keys) > 1:
        return Outcome.DIFFERENT, keys, "There are several records; receivers may take any. Keep only this value.", ""
    if _public_key(keys[0]) == _public_key(wanted):
        objection = _objection(keys[0])
        return Outcome.DIFFERENT if objection else Outcome.VERIFIED, keys, objection, ""
    if not _public_key(keys[0]):
        return Outcome.DIFFERENT, keys, "Its key is empty, which revokes it.", ""
    if _public_key(wanted).startswith(_public_key(keys[0])):
        return Outcome.DIFFERENT, keys, "The key is cut short: enter the whole value, in pieces if need be.", ""
    return Outcome.DIFFERENT, keys, "It holds another key.", ""


def _objection(text: str) -> str:
    """Why receivers don't take a record that holds the right key (RFC 6376, 3.2 and 3.6.1); empty when they do."""
    pairs = _pairs(text)
    tags = dict(pairs)
    if len(tags) < len(pairs):
        return "It holds a tag twice, so receivers reject it."
    if "v" in tags and pairs[0] != ("v", "DKIM1"):
        return "Receivers ignore it, as it doesn’t begin with v=DKIM1."
    if tags.get("k", "rsa").lower() != "rsa":
        return "It says that the key is of another kind; k=rsa is right."
    if "sha256" not in _listed(tags.get("h", "sha256")):
        return "It doesn’t allow sha256, with which messages are signed: leave h= away."
    if not {"*", "email"} & _listed(tags.get("s", "*")):
        return "It isn’t meant for e-mail: leave s= away."
    return ""


def _spf(wanted: str, texts: Sequence[str]) -> Compared:
    policies = [each for each in texts if each.lower().split(maxsplit=1)[:1] == ["v=spf1"]]
    if not policies:
        # Other texts under that name have other purposes.
        return Outcome.MISSING, [], "", ""
    if len(policies) > 1:
        note = "There are several SPF records, and receivers then heed none. Keep one that holds everything."
        return Outcome.DIFFERENT, policies, note, ""
    terms = policies[0].split()
    end = next((at for at, each in enumerate(terms) if _is_all(each)), len(terms))
    present = {_mechanism(each) for each in terms[:end]}
    lacking = [each for each in wanted.split()[1:-1] if _mechanism(each) not in present]
    if not lacking:
        # What is shown as the value to publish must not undo what stands there.
        return Outcome.VERIFIED, policies, "", policies[0] if len(policies[0]) <= LONGEST_BETTER else ""
    place = next((at for at, each in enumerate(terms) if _is_all(each) or _is_redirect(each)), len(terms))
    better = " ".join([*terms[:place], *lacking, *terms[place:]])
    if len(better) > LONGEST_BETTER:
        note = f"It lacks {' '.join(lacking)}. Add that to it, before its end; don’t add a second one. It is very long."
        return Outcome.DIFFERENT, policies, note, ""
    note = f"It lacks {' '.join(lacking)}. Change it to the value above; don’t add a second one."
    return Outcome.DIFFERENT, policies, note, better


def _dmarc(_wanted: str, texts: Sequence[str]) -> Compared:
    policies = [each for each in texts if _tags(each).get("v", "").upper() == "DMARC1"]
    if not policies:
        return Outcome.MISSING, [], "", ""
    if len(policies) > 1:
        return Outcome.DIFFERENT, policies, "There are several policies, and receivers then heed none. Keep one.", ""
    return Outcome.VERIFIED, policies, "", ""


_COMPARE = {DKIM: _dkim, SPF: _spf, DMARC: _dmarc}


def _pairs(text: str) -> list[tuple[str, str]]:
    """The tags, `name=value` between semicolons, in their order."""
    pairs = (each.partition("=") for each in text.split(";"))
    return [(name.strip(), value.strip()) for name, separator, value in pairs if separator]


def _tags(text: str) -> dict[str, str]:
    """The values of the tags, however their names are written."""
    return {name.lower(): value for name, value in _pairs(text)}


def _listed(text: str) -> set[str]:
    """What stands between colons."""
    return {each.strip().lower() for each in text.split(":")}


def _public_key(text: str) -> str:
    return "".join(dict(_pairs(text)).get("p", "").split())


def _mechanism(term: str) -> str:
    return term.lower().removeprefix("+")


def _is_all(term: str) -> bool:
    """Whether it holds for all hosts, so that nothing that stands behind it counts."""
    return term.lower().lstrip("+-~?") == "all"


def _is_redirect(term: str) -> bool:
    """Whether it names another record, which counts when nothing here says more, wherever it stands (RFC 7208, 6.1)."""
    return term.lower().startswith("redirect=")
