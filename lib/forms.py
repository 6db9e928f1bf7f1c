"""What every form of ours shares."""

from typing import Any, ClassVar

from django import forms
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError

from lib.errors import DomainError


def blame(form: forms.BaseForm, error: DomainError) -> None:
    """Show a domain's refusal beside the field it is about."""
    form.add_error(error.field if error.field in form.fields else None, ValidationError(error.message, code=error.code))


class ScopedModelForm(forms.ModelForm):
    """A ModelForm that also checks constraints on fields it doesn't show (the team, the audience).

    ModelForm skips a unique constraint when one of its fields isn't on the form, and `save()` would then fail in the
    database. `scope` holds those fields' values.
    """

    scoped: ClassVar[tuple[str, ...]] = ()

    def __init__(self, *args: Any, scope: dict[str, Any] | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, value in (scope or {}).items():
            setattr(self.instance, name, value)

    def _post_clean(self) -> None:
        super()._post_clean()  # type: ignore[misc]
        if self.errors:
            return
        try:
            self.instance.validate_constraints()
        except ValidationError as error:
            self.add_error(None, ValidationError(error.message_dict.get(NON_FIELD_ERRORS, error.messages)))
