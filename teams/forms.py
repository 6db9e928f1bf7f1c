"""The shape of what people say about teams, members and themselves."""

from itertools import groupby
from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.contrib.auth.password_validation import validate_password

from mail.addresses import parse_many
from mail.one_line import one_line
from teams.models import Membership, Team, User

MOST_AT_ONCE = 50
NO_ADDRESS = "Type at least one address."
ROLES = [
    (Membership.Role.MEMBER, "Member: audiences, contacts, broadcasts"),
    (Membership.Role.ADMIN, "Admin: also members, settings, API keys, exports"),
]


class RoleForm(forms.Form):
    """What somebody may do in the team."""

    role = forms.ChoiceField(label="Role", choices=ROLES, widget=forms.RadioSelect, initial=Membership.Role.MEMBER)


class InviteForm(RoleForm):
    """Whom to invite, and as what."""

    addresses = forms.CharField(
        label="E-mail addresses",
        max_length=20_000,
        help_text="One a line, or separated by commas.",
        widget=forms.Textarea(attrs={"rows": 4, "autofocus": True, "spellcheck": "false", "autocapitalize": "off"}),
        error_messages={"required": NO_ADDRESS},
    )
    field_order = ["addresses", "role"]

    def clean_addresses(self) -> str:
        text = str(self.cleaned_data["addresses"])
        parsed = parse_many(text)
        if not parsed.valid and not parsed.invalid:
            raise forms.ValidationError(NO_ADDRESS)
        if len(parsed.valid) + len(parsed.invalid) > MOST_AT_ONCE:
            raise forms.ValidationError(f"Invite at most {MOST_AT_ONCE} people at once.")
        return text


class TeamForm(forms.Form):
    """What a team is called."""

    name = forms.CharField(
        label="Team name",
        max_length=Team._meta.get_field("name").max_length,
        widget=forms.TextInput(attrs={"autocomplete": "organization"}),
        error_messages={"required": "Give the team a name."},
    )


class OwnName(forms.CharField):
    """What a person is called, on one line."""

    def __init__(self, **kwargs: Any) -> None:
        most = User._meta.get_field("name").max_length
        widget = forms.TextInput(attrs={"autocomplete": "name"})
        super().__init__(label="Your name", max_length=most, widget=widget, **kwargs)

    def clean(self, value: Any) -> str:
        """One line, as required as the rest: what is nothing but control characters is nothing."""
        name = " ".join(one_line(str(super().clean(value))).split())
        self.validate(name)
        return name


class JoinForm(forms.Form):
    """An account for whoever was invited; the browser adds its time zone."""

    name = OwnName(error_messages={"required": "Say what your colleagues call you."})
    password = forms.CharField(
        label="Password",
        max_length=1_000,
        strip=False,
        help_text="At least 8 characters; a few words are easier to keep than a few signs.",
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
    time_zone = forms.CharField(required=False, widget=forms.HiddenInput(attrs={"data-time-zone": True}))

    def __init__(self, *args: Any, email: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.email = email

    def clean_password(self) -> str:
        password = str(self.cleaned_data["password"])
        validate_password(password, User(email=self.email, name=self.cleaned_data.get("name", "")))
        return password

    def clean_time_zone(self) -> str:
        """A zone that nobody here knows is not the visitor's mistake."""
        name = str(self.cleaned_data["time_zone"])
        return name if name in available_timezones() else "UTC"


def time_zones() -> list[tuple[str, list[tuple[str, str]]]]:
    """Every zone by its part of the world, as groups of a select."""
    places = sorted(name for name in available_timezones() if "/" in name and not name.startswith("Etc/"))
    groups = groupby(places, key=lambda name: name.partition("/")[0])
    by_place = [(part, [(name, name.replace("_", " ")) for name in names]) for part, names in groups]
    return [("Universal", [("UTC", "UTC")]), *by_place]


class ProfileForm(forms.ModelForm):
    """What a person may say about themselves."""

    name = OwnName(error_messages={"required": "Say what your colleagues call you."})
    time_zone = forms.ChoiceField(label="Time zone", choices=time_zones)
    single_keys = forms.BooleanField(
        label="Single-key shortcuts",
        required=False,
        help_text="/ goes to the search, N makes something new. Turn them off if you speak to your computer.",
    )

    class Meta:
        model = User
        fields = ["name", "time_zone", "single_keys"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        kept = self.instance.time_zone
        if kept not in {name for _, group in time_zones() for name, _ in group}:
            self.fields["time_zone"].choices = [(kept, kept), *time_zones()]  # type: ignore[attr-defined]
