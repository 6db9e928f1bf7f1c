from django import forms

from contacts.names import LONGEST_NAME
from mail.addresses import parse_many

MOST_TYPED = 100_000
MOST_ADDRESSES = 1_000
NO_ADDRESS = "Type at least one address."


class AddForm(forms.Form):
    """Addresses typed or pasted into one field."""

    addresses = forms.CharField(
        label="E-mail addresses",
        max_length=MOST_TYPED,
        help_text="Separated by commas, semicolons or new lines. Names come along: Ada Okafor &lt;ada@example.com&gt;",
        widget=forms.Textarea(attrs={"rows": 8, "autofocus": True, "spellcheck": "false", "autocapitalize": "off"}),
        error_messages={
            "required": NO_ADDRESS,
            "max_length": "That is more than fits here. Import a CSV for long lists.",
        },
    )

    def clean_addresses(self) -> str:
        text = str(self.cleaned_data["addresses"])
        parsed = parse_many(text)
        if not parsed.valid and not parsed.invalid:
            raise forms.ValidationError(NO_ADDRESS)
        if len(parsed.valid) > MOST_ADDRESSES:
            raise forms.ValidationError(f"Add at most {MOST_ADDRESSES:,} addresses at once, or import a CSV.")
        return text


class EditForm(forms.Form):
    """All of a contact but its address."""

    first_name = forms.CharField(label="First name", required=False, max_length=LONGEST_NAME)
    last_name = forms.CharField(label="Last name", required=False, max_length=LONGEST_NAME)


class ResubscribeForm(forms.Form):
    """Why a contact who had unsubscribed may be e-mailed again."""

    reason = forms.CharField(
        label="Reason",
        max_length=500,
        help_text="Kept in the contact’s history, for example “asked by phone on 12 May”.",
        error_messages={"required": "Say why this contact may be e-mailed again."},
    )
