"""The shape of what people say about domains."""

from django import forms

from domains import names
from domains.models import Domain
from domains.querysets import DomainQuerySet
from lib.errors import DomainError
from teams.models import Team

STATUSES = [("", "All Statuses"), *Domain.Status.choices]


class DomainForm(forms.Form):
    """A new domain's name; `domains.names` says what is wrong with it."""

    name = forms.CharField(
        label="Domain",
        max_length=1_000,
        help_text="What stands after the @ in From. A subdomain such as news.northwind.example is a domain of its own.",
        widget=forms.TextInput(
            attrs={
                "autocomplete": "off",
                "autocapitalize": "none",
                "spellcheck": "false",
                "inputmode": "url",
                "placeholder": "northwind.example",
                "autofocus": True,
            }
        ),
        error_messages={"required": names.NameMissing.message},
    )


class DomainFilterForm(forms.Form):
    """What the list is narrowed to; nonsense narrows nothing."""

    q = forms.CharField(required=False, max_length=names.LONGEST)
    status = forms.ChoiceField(required=False, choices=STATUSES)

    @property
    def values(self) -> dict[str, str]:
        """The filters that are set, by name."""
        self.is_valid()
        return {name: value.strip() for name, value in self.cleaned_data.items() if value.strip()}

    @property
    def words(self) -> list[tuple[str, str]]:
        """The filters that are set, as label and value."""
        values = self.values
        found = []
        if "status" in values:
            found.append(("Status", str(Domain.Status(values["status"]).label)))
        if "q" in values:
            found.append(("Search", values["q"]))
        return found

    def filter(self, team: Team) -> DomainQuerySet:
        """The team's domains that match."""
        values = self.values
        domains: DomainQuerySet = team.domains.all()
        if "status" in values:
            domains = domains.filter(status=values["status"])
        return domains.filter(name__contains=_as_kept(values["q"])) if "q" in values else domains


def _as_kept(written: str) -> str:
    """A search in the spelling of the names, which for an international one works with the whole name."""
    if written.isascii():
        return written.lower()
    try:
        return names.read(written)
    except DomainError:
        return written.lower()
