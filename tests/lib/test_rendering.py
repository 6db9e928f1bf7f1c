"""How forms look: what ties a control to its label, its hint and its error."""

from django import forms
from django.template import Context, Template


class SampleForm(forms.Form):
    name = forms.CharField(help_text="Shown to your team only.")
    note = forms.CharField(required=False)
    agree = forms.BooleanField(required=False)
    secret = forms.CharField(widget=forms.PasswordInput)
    file = forms.FileField()
    way = forms.ChoiceField(choices=[("a", "First"), ("b", "Second")], widget=forms.RadioSelect)
    key = forms.CharField(widget=forms.HiddenInput)


def render(form: forms.Form) -> str:
    return Template("{{ form }}").render(Context({"form": form}))


def test_a_field_is_tied_to_its_hint_and_its_error():
    page = render(SampleForm({}))

    assert 'aria-describedby="id_name_helptext id_name_error"' in page
    assert 'id="id_name_helptext"' in page
    assert 'id="id_name_error"' in page
    assert 'aria-invalid="true"' in page


def test_an_invalid_form_begins_with_a_summary_that_takes_the_focus():
    page = render(SampleForm({}))

    assert page.index("data-errors") < page.index('id="id_name"')
    assert '<a href="#id_name">Name: This field is required.</a>' in page


def test_the_summary_says_what_no_visible_field_can():
    form = SampleForm({})
    form.add_error(None, "The audience was deleted.")
    form.add_error("key", "The key is missing.")

    page = render(form)

    assert "<p>The audience was deleted.</p>" in page
    assert "<p>The key is missing.</p>" in page


def test_a_fresh_form_has_no_summary():
    page = render(SampleForm())

    assert "data-errors" not in page
    assert "This field is required." not in page


def test_only_optional_text_is_marked():
    page = render(SampleForm())

    assert page.count('class="optional"') == 1


def test_passwords_can_be_shown_and_files_dropped():
    page = render(SampleForm())

    assert "<show-password>" in page
    assert '<file-drop class="drop">' in page


def test_choices_are_grouped_under_a_legend():
    page = render(SampleForm())

    assert "<legend>Way</legend>" in page


def test_what_was_typed_stays_text():
    page = render(SampleForm({"name": '"><script>alert(1)</script>'}))

    assert "<script>alert" not in page
