"""The shape of what people say about keys and logs."""

from datetime import datetime, timedelta
from typing import Any

from django import forms

from api.models import LONGEST_NAME, ApiKey
from api.querysets import RequestLogQuerySet
from teams.models import Team

PERIODS = {"": None, "1": "Last 24 hours", "7": "Last 7 days", "15": "Last 15 days", "30": "Last 30 days"}
CODES = (200, 201, 400, 401, 403, 404, 405, 409, 413, 422, 429, 500)
STATUSES = [
    ("", "All Statuses"),
    ("successes", "Successes"),
    ("errors", "Errors"),
    *((str(code), str(code)) for code in CODES),
]
METHODS = [("", "All Methods"), *((method, method) for method in ("GET", "POST", "PATCH", "DELETE"))]

LABELS = {
    "status": "Status",
    "method": "Method",
    "days": "Period",
    "key": "API key",
    "q": "Endpoint",
    "agent": "User agent",
}


class KeyForm(forms.Form):
    """What a new key is called and what it opens."""

    name = forms.CharField(
        label="Name",
        max_length=LONGEST_NAME,
        help_text="The program that will use it. Contacts’ histories name it.",
        widget=forms.TextInput(attrs={"autocomplete": "off", "placeholder": "Website sign-up", "autofocus": True}),
        error_messages={"required": "Give the key a name."},
    )
    permission = forms.ChoiceField(
        label="Permission",
        choices=[
            (ApiKey.Permission.FULL_ACCESS, "Full access: everything the API can do"),
            (ApiKey.Permission.SENDING_ACCESS, "Sending access: sending e-mails, nothing else"),
        ],
        widget=forms.RadioSelect,
        initial=ApiKey.Permission.FULL_ACCESS,
    )

    def __init__(self, *args: Any, team: Team, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["domain"] = forms.ModelChoiceField(
            label="Domain",
            queryset=team.domains.defer("private_key").order_by("name"),
            to_field_name="uuid",
            required=False,
            empty_label="Any domain",
            help_text="With sending access, the key may be limited to what is sent from one of your domains.",
            error_messages={"invalid_choice": "Choose one of the team’s domains."},
        )


class LogFilterForm(forms.Form):
    """What the list of requests is narrowed to; nonsense narrows nothing."""

    q = forms.CharField(required=False, max_length=200)
    status = forms.ChoiceField(required=False, choices=STATUSES)
    method = forms.ChoiceField(required=False, choices=METHODS)
    days = forms.ChoiceField(required=False, choices=[(value, label or "Any Time") for value, label in PERIODS.items()])
    agent = forms.CharField(required=False, max_length=200)

    def __init__(self, *args: Any, team: Team, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.team = team
        keys = team.api_keys.order_by("revoked_at", "name").values_list("uuid", "name")
        choices = [("", "All API Keys"), *((str(uuid), name) for uuid, name in keys)]
        self.fields["key"] = forms.ChoiceField(required=False, choices=choices)

    @property
    def values(self) -> dict[str, str]:
        """The filters that are set, by name."""
        self.is_valid()
        return {name: value.strip() for name, value in self.cleaned_data.items() if value.strip()}

    @property
    def searches(self) -> bool:
        """Whether a part of a text is looked for, which is done in the newest requests only."""
        return not self.values.keys().isdisjoint({"q", "agent"})

    @property
    def words(self) -> list[tuple[str, str]]:
        """The filters that are set, as label and value."""
        values = self.values
        return [
            (label, dict(getattr(self.fields[name], "choices", ())).get(values[name], values[name]))
            for name, label in LABELS.items()
            if name in values
        ]

    def filter(self, logs: RequestLogQuerySet, *, now: datetime) -> RequestLogQuerySet:
        """The requests that match."""
        values = self.values
        if self.searches:
            logs = logs.searchable()
        if days := values.get("days"):
            logs = logs.since(now - timedelta(days=int(days)))
        if status := values.get("status"):
            logs = logs.with_outcome(status)
        if key := values.get("key"):
            logs = logs.filter(key=self.team.api_keys.get(uuid=key))
        if method := values.get("method"):
            logs = logs.filter(method=method)
        if agent := values.get("agent"):
            logs = logs.filter(user_agent__icontains=agent)
        return logs.filter(path__icontains=values["q"]) if "q" in values else logs
