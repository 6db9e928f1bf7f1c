"""What people choose for their unsubscribe page. Only its shape is checked; whether it is readable, saving says."""

from typing import Any

from django import forms
from django.core.validators import RegexValidator

from broadcasts.forms import LineField
from teams import dressing, logos
from teams.colours import STANDARD, WRITTEN, Palette
from teams.logos import Logo
from teams.models import UnsubscribePage


class ColourField(forms.CharField):
    """A colour as browsers' pickers give it."""

    widget = forms.TextInput({"type": "color"})
    default_validators = [RegexValidator(WRITTEN, "Write the colour as # and six digits, such as #1c1e24.")]

    def to_python(self, value: Any) -> str:
        return str(super().to_python(value) or "").lower()


class ParagraphsField(forms.CharField):
    """Plain text over several lines, counted as browsers count it."""

    widget = forms.Textarea({"rows": 4})

    def to_python(self, value: Any) -> str:
        return str(super().to_python(value) or "").replace("\r\n", "\n")


class LogoField(forms.FileField):
    """An uploaded image, cleaned to the logo that was made of it."""

    widget = forms.FileInput({"accept": ",".join(logos.FORMATS.values())})

    def clean(self, data: Any, initial: Any = None) -> Logo | None:
        file = super().clean(data, initial)
        if not file:
            return None
        try:
            return logos.prepare(file)
        except logos.NoLogo as error:
            raise forms.ValidationError(error.message, code=error.code) from None


class ColoursForm(forms.Form):
    """The colours of a page."""

    background = ColourField(label="Background colour")
    text_colour = ColourField()
    accent = ColourField(label="Accent colour")
    standard_colours = forms.BooleanField(label="Back to the standard colours", required=False)

    def __init__(self, *args: Any, page: UnsubscribePage, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.page = page
        now = page.palette or STANDARD
        self.initial.update(background=now.background, text_colour=now.text, accent=now.accent)

    @property
    def right(self) -> dict[str, Any]:
        """What is chosen; where something wrong is typed, what holds until now."""
        self.is_valid()
        return {**self.initial, **getattr(self, "cleaned_data", {})}

    @property
    def palette(self) -> Palette:
        chosen = self.right
        if chosen.get("standard_colours"):
            return STANDARD
        return Palette(background=chosen["background"], text=chosen["text_colour"], accent=chosen["accent"])


class PageForm(ColoursForm):
    """All that can be chosen. `too_big`: the request brought a file that was dropped on its way."""

    title = LineField(
        required=False,
        max_length=UnsubscribePage.LONGEST_TITLE,
        help_text="The question that the page asks. Empty: “Unsubscribe?”.",
        widget=forms.TextInput({"placeholder": "Unsubscribe?", "autocomplete": "off"}),
    )
    text = ParagraphsField(
        required=False,
        max_length=UnsubscribePage.LONGEST_TEXT,
        help_text="Stands above the sentence that names address and list. An empty line begins a new paragraph.",
    )
    logo = LogoField(
        required=False,
        help_text=f"{logos.NAMES}, up to {logos.LARGEST_FILE // 1024 // 1024} MB. "
        "It is made small enough for the page; of a moving one the first picture is taken.",
    )
    remove_logo = forms.BooleanField(label="Remove the logo", required=False)

    field_order = ["title", "text", "logo", "remove_logo"]

    def __init__(self, *args: Any, too_big: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.too_big = too_big
        self.initial.update(title=self.page.title, text=self.page.text)

    def clean(self) -> None:
        if self.too_big:
            self.add_error("logo", logos.NoLogo.too_large().message)

    @property
    def chosen(self) -> dict[str, Any]:
        """What `dressing` takes."""
        chosen = self.right
        return {
            "title": chosen["title"],
            "text": chosen["text"],
            "palette": self.palette,
            "logo": chosen.get("logo"),
            "remove_logo": bool(chosen.get("remove_logo")),
        }

    def tried_on(self) -> UnsubscribePage:
        """The page as it would look, not saved."""
        for name, value in dressing.dressed(**self.chosen).items():
            setattr(self.page, name, value)
        return self.page
