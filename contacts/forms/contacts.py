from django import forms

from contacts.rows import LONGEST_NAME
from mail.addresses import parse_many

MOST_TYPED = 100_000
MOST_ADDRESSES = 1_000


class AddForm(forms.Form):
    """Addresses typed or pasted into one field."""

    addresses = forms.CharField(
        label="E-mail addresses",
        max_length=MOST_TYPED,
        help_text="Separated by commas, semicolons or new lines. Names come along: Ada Okafor <ada@example.com>",
        widget=forms.Textarea(attrs={"rows": 8, "spellcheck": "false", "autocapitalize": "off"}),
        error_messages={
            "required": "Type at least one address.",
            "max_length": "That is more than fits here. Import a CSV for long lists.",
        },
    )

    def clean_addresses(self) -> str:
        text = str(self.cleaned_data["addresses"])
        if len(parse_many(text).valid) > MOST_ADDRESSES:
            raise forms.ValidationError(f"Add at most {MOST_ADDRESSES:,} addresses at once, or import a CSV.")
        return text


class EditForm(forms.Form):
    """All of a contact but its address."""

    first_name = forms.CharField(label="First name", required=False, max_length=LONGEST_NAME)
    last_name = forms.CharField(label="Last name", required=False, max_length=LONGEST_NAME)

    def clean(self) -> dict[str, str]:
        return {name: " ".join(value.split()) for name, value in self.cleaned_data.items()}


class ResubscribeForm(forms.Form):
    """Why a contact who had unsubscribed may be e-mailed again."""

    reason = forms.CharField(
        label="Reason",
        max_length=500,
        help_text="Kept in the contact’s history, for example “asked by phone on 12 May”.",
        error_messages={"required": "Say why this contact may be e-mailed again."},
    )
