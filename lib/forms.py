"""What every form of ours shares."""

from django import forms
from django.core.exceptions import ValidationError

from lib.errors import DomainError


def blame(form: forms.BaseForm, error: DomainError) -> None:
    """Show a domain's refusal beside the field it is about."""
    form.add_error(error.field if error.field in form.fields else None, ValidationError(error.message, code=error.code))
