from django import forms

from contacts.models import Contact
from contacts.querysets import ContactQuerySet

STATUSES = [("", "All Statuses"), *((status.word, status.label) for status in Contact.Status)]


class ContactFilterForm(forms.Form):
    """What the search bar and All Statuses narrow an audience's contacts to; nonsense narrows nothing."""

    q = forms.CharField(required=False, max_length=254)
    status = forms.ChoiceField(required=False, choices=STATUSES)

    @property
    def values(self) -> dict[str, str]:
        """The filters that are set, by name."""
        self.is_valid()
        return {name: value.strip() for name, value in self.cleaned_data.items() if value.strip()}

    def filter(self, contacts: ContactQuerySet) -> ContactQuerySet:
        """The contacts that match."""
        values = self.values
        if "status" in values:
            contacts = contacts.with_status(values["status"])
        if "q" in values:
            contacts = contacts.matching(values["q"])
        return contacts
