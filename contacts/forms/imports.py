"""The shape of what people give an import; whether it makes sense is for `contacts.uploading` to say."""

from typing import Any

from django import forms
from django.conf import settings
from django.template.defaultfilters import filesizeformat

from contacts import columns, uploading
from contacts.models import ContactImport

SAMPLES_SHOWN = 3
CHOICES = [("", "Don’t import"), *columns.FIELDS.items()]


class UploadForm(forms.Form):
    """A CSV."""

    file = forms.FileField(
        label="CSV file",
        allow_empty_file=True,
        widget=forms.FileInput(attrs={"accept": ".csv,.tsv,.txt,text/csv,text/plain"}),
        error_messages={"required": "Choose a CSV file.", "invalid": "Choose a CSV file."},
    )

    def __init__(self, *args: Any, too_big: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if too_big:
            self.fields["file"].error_messages["required"] = uploading.FileTooBig().message
        size = filesizeformat(settings.IMPORT_MAX_BYTES)
        limits = f"Up to {size} and {columns.MOST_COLUMNS} columns"
        self.fields["file"].help_text = f"{limits}, with the column names in the first row."


class MapForm(forms.Form):
    """A field, or nothing, for each column of the file; what is guessed stands there already."""

    def __init__(self, *args: Any, upload: ContactImport, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.upload = upload
        mapping = upload.mapping or columns.guess(upload.header, upload.samples)
        field_of = {number: field for field, number in mapping.items()}
        for number, name in enumerate(upload.header):
            initial = field_of.get(number, "")
            self.fields[f"column_{number}"] = forms.ChoiceField(
                label=name, required=False, choices=CHOICES, initial=initial
            )

    @property
    def chosen(self) -> list[str]:
        """The field of each column, "" for those left out."""
        return [self.cleaned_data[f"column_{number}"] for number in range(len(self.upload.header))]

    def columns(self) -> list[dict[str, Any]]:
        """Each column's bound field with the first values in it."""
        return [{"field": field, "samples": self._samples(number)} for number, field in enumerate(self)]

    def _samples(self, number: int) -> list[str]:
        return [row[number] for row in self.upload.samples if row[number].strip()][:SAMPLES_SHOWN]
