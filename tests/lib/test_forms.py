import pytest
from django import forms

from lib.errors import DomainError
from lib.forms import blame


class NameForm(forms.Form):
    name = forms.CharField()


@pytest.fixture
def form():
    checked = NameForm({"name": "Ada"})
    checked.is_valid()
    return checked


def test_a_refusal_stands_beside_the_field_it_is_about(form):
    blame(form, DomainError("Not this one.", field="name"))

    assert form.errors["name"] == ["Not this one."]


@pytest.mark.parametrize("field", [None, "elsewhere"])
def test_a_refusal_about_no_field_of_the_form_stands_above_it(form, field):
    blame(form, DomainError("Not now.", field=field))

    assert form.non_field_errors() == ["Not now."]
