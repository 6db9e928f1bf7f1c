from django import forms

from audiences.models import LONGEST_NAME


class NameForm(forms.Form):
    """An audience's name, when it is made or renamed."""

    name = forms.CharField(
        label="Name",
        max_length=LONGEST_NAME,
        widget=forms.TextInput(attrs={"autocomplete": "off", "placeholder": "Newsletter"}),
        error_messages={"required": "Give the audience a name."},
    )


class DeleteForm(forms.Form):
    """The audience's name, typed to delete it."""

    name = forms.CharField(
        label="Type the audience’s name to delete it", widget=forms.TextInput(attrs={"autocomplete": "off"})
    )
