"""What people type about a broadcast. Only its shape is checked here; whether it may go out, review says."""

from typing import Any
from uuid import UUID

from django import forms

from audiences.models import Audience
from broadcasts import bodies, testing
from broadcasts.models import Broadcast
from mail.addresses import InvalidAddress, parse_mailbox, parse_many
from mail.one_line import one_line
from teams.models import Team

WRITTEN = ("name", "sender", "reply_to", "subject", "preview_text", "html", "text", "track_opens", "track_clicks")
UNKNOWN_AUDIENCE = {"invalid_choice": "This audience doesn't exist any more. Choose another one."}


class LineField(forms.CharField):
    """Text on one line: pasted line breaks become spaces, so that none can start another header."""

    def to_python(self, value: Any) -> str:
        return one_line(super().to_python(value) or "").strip()


class MailboxField(LineField):
    """`Name <address>` or a bare address."""

    default_error_messages = {"max_length": "That is longer than any address can be."}

    def clean(self, value: Any) -> str:
        written = str(super().clean(value))
        if written:
            try:
                parse_mailbox(written)
            except InvalidAddress as error:
                raise forms.ValidationError(error.message, code=error.code) from None
        return written


class BodyField(forms.CharField):
    """A body of an e-mail."""

    def __init__(self, *, rows: int, **kwargs: Any) -> None:
        looks = {"rows": rows, "class": "code", "spellcheck": "false"}
        super().__init__(required=False, strip=False, widget=forms.Textarea(attrs=looks), **kwargs)

    def to_python(self, value: Any) -> str:
        return str(super().to_python(value) or "").replace("\r\n", "\n")

    def validate(self, value: str) -> None:
        super().validate(value)
        try:
            bodies.check({"text": value})
        except bodies.BodyTooBig as error:
            raise forms.ValidationError(error.message, code=error.code) from None


class AudienceField(forms.ModelChoiceField):
    """One of the team's standing audiences, by its public id."""

    def label_from_instance(self, audience: Any) -> str:
        return f"{audience.name} ({audience.subscribed:,} subscribed)"


class DraftForm(forms.Form):
    """Everything that is written about a broadcast, and the version that the writer began with."""

    # Nothing is required before review asks for it; marking nearly everything as optional would mislead.
    is_draft = True

    version = forms.IntegerField(min_value=1, max_value=2**31 - 2, widget=forms.HiddenInput)
    name = LineField(
        required=False,
        max_length=200,
        help_text="Only your team sees it.",
        widget=forms.TextInput({"autocomplete": "off"}),
    )
    sender = MailboxField(
        label="From",
        required=False,
        max_length=400,
        widget=forms.TextInput({"placeholder": "Name <news@example.com>"}),
    )
    reply_to = MailboxField(
        label="Reply-to", required=False, max_length=400, help_text="Where answers go. Empty: to From."
    )
    audience = AudienceField(
        Audience.objects.none(),
        required=False,
        to_field_name="uuid",
        empty_label="Choose an audience",
        error_messages=UNKNOWN_AUDIENCE,
    )
    subject = LineField(required=False, max_length=998, widget=forms.TextInput({"autocomplete": "off"}))
    preview_text = LineField(
        required=False,
        max_length=500,
        help_text="What an inbox shows after the subject.",
        widget=forms.TextInput({"autocomplete": "off"}),
    )
    html = BodyField(
        rows=22, label="HTML", help_text="Up to 1 MB. Merge tags work here, in the subject and in the preview text."
    )
    text = BodyField(
        rows=10,
        label="Plain text",
        help_text="For readers without HTML. Leave empty to derive it from the HTML.",
    )
    track_opens = forms.BooleanField(
        label="Count opens",
        required=False,
        help_text="Puts an unseen picture into the HTML. Never exact: some mail programs load all pictures, some none.",
    )
    track_clicks = forms.BooleanField(
        label="Count clicks",
        required=False,
        help_text="Leads the links in the HTML through Carillon, except those with merge tags.",
    )

    def __init__(self, *args: Any, team: Team, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["audience"].queryset = team.audiences.standing().order_by("name", "pk")  # type: ignore[attr-defined]

    @classmethod
    def of(cls, broadcast: Broadcast) -> "DraftForm":
        """The form as the broadcast stands."""
        written = {name: getattr(broadcast, name) for name in ("version", "audience", *WRITTEN)}
        return cls(team=broadcast.team, initial=written)

    @property
    def content(self) -> dict[str, Any]:
        """What was written, by field of the broadcast."""
        return {name: self.cleaned_data[name] for name in ("audience", *WRITTEN)}


class StartForm(forms.Form):
    """Which audience a new broadcast is for, when the page before knew it."""

    audience = AudienceField(
        Audience.objects.none(), required=False, to_field_name="uuid", error_messages=UNKNOWN_AUDIENCE
    )

    def __init__(self, *args: Any, team: Team, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["audience"].queryset = team.audiences.standing()  # type: ignore[attr-defined]


class SendTestForm(forms.Form):
    """Where a test goes, and as which contact it is written."""

    to = forms.CharField(
        label="Send it to",
        max_length=2_000,
        help_text=f"Up to {testing.MOST} addresses, separated by commas.",
        widget=forms.TextInput({"autocomplete": "email", "spellcheck": "false"}),
        error_messages={"required": "Type at least one address."},
    )
    contact = forms.UUIDField(required=False, widget=forms.HiddenInput)

    def clean_to(self) -> list[str]:
        parsed = parse_many(self.cleaned_data["to"])
        if parsed.invalid:
            raise forms.ValidationError([f"“{each.text}” {each.reason}." for each in parsed.invalid[: testing.MOST]])
        if not parsed.valid:
            raise forms.ValidationError("Type at least one address.")
        return [each.email for each in parsed.valid]


class ContactPickerForm(forms.Form):
    """Whom a preview is written as, and what narrows the choice; nonsense chooses nobody."""

    q = LineField(required=False, max_length=254)
    contact = forms.UUIDField(required=False)

    @property
    def term(self) -> str:
        self.is_valid()
        return str(self.cleaned_data.get("q", ""))

    @property
    def chosen(self) -> UUID | None:
        self.is_valid()
        return self.cleaned_data.get("contact")


class SendingForm(forms.ModelForm):
    """What the team wants done where nobody can know whether a message arrived."""

    class Meta:
        model = Team
        fields = ("in_doubt",)
        widgets = {"in_doubt": forms.RadioSelect}
        labels = {"in_doubt": "When a message may have arrived but the relay’s answer was lost"}
        help_texts = {"in_doubt": "That happens when a connection or a server breaks down at the wrong moment."}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        consequences = {
            Team.InDoubt.SEND_AGAIN: "nobody is missed; one in many may get it twice",
            Team.InDoubt.HOLD: "nobody gets it twice; you decide on the report",
        }
        self.fields["in_doubt"].choices = [  # type: ignore[attr-defined]
            (each.value, f"{each.label}: {words}") for each, words in consequences.items()
        ]
