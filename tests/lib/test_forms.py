from audiences.models import Audience
from contacts.models import Contact
from lib.errors import DomainError
from lib.forms import ScopedModelForm, blame
from tests.factories import make_contact


class ContactForm(ScopedModelForm):
    class Meta:
        model = Contact
        fields = ["email"]


def test_a_constraint_on_a_field_outside_the_form_is_checked(audience: Audience):
    make_contact(audience=audience, email="ada@example.test")

    form = ContactForm({"email": "ada@example.test"}, scope={"audience": audience})

    assert not form.is_valid()
    assert "Already in this audience." in str(form.errors)


def test_a_refusal_stands_beside_the_field_it_is_about(audience: Audience):
    form = ContactForm({"email": "ada@example.test"}, scope={"audience": audience})
    form.is_valid()

    blame(form, DomainError("Not this one.", field="email"))

    assert form.errors["email"] == ["Not this one."]


def test_a_refusal_about_no_field_stands_above_the_form(audience: Audience):
    form = ContactForm({"email": "ada@example.test"}, scope={"audience": audience})
    form.is_valid()

    blame(form, DomainError("Not now."))

    assert form.non_field_errors() == ["Not now."]
