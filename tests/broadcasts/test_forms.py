"""The shape of what people type about a broadcast."""

import pytest

from broadcasts.bodies import LARGEST_BODY
from broadcasts.forms import ContactPickerForm, DraftForm, SendTestForm
from tests import factories

pytestmark = pytest.mark.django_db


def draft_form(team, **written) -> DraftForm:
    return DraftForm({"version": "1", **written}, team=team)


def test_a_half_written_draft_is_valid(team):
    form = draft_form(team, name="Idea", html="<p>Hello {{{")

    assert form.is_valid()
    assert form.content["html"] == "<p>Hello {{{"


@pytest.mark.parametrize("breaks", ["\r\n", "\n", "\r", "\u2028", "\x00"])
@pytest.mark.parametrize("field", ["name", "subject", "preview_text", "sender", "reply_to"])
def test_line_breaks_in_one_line_fields_become_spaces(team, field, breaks):
    form = draft_form(team, **{field: f"Northwind{breaks}Bcc: <a@x.example>"})

    form.is_valid()

    assert form.cleaned_data.get(field, "Northwind Bcc: <a@x.example>") == "Northwind Bcc: <a@x.example>"


@pytest.mark.parametrize(("field", "longest"), [("name", 200), ("subject", 998), ("preview_text", 500)])
def test_a_hundred_kilobytes_in_a_short_field_are_refused_beside_it(team, field, longest):
    form = draft_form(team, **{field: "x" * 100_000})

    assert not form.is_valid()
    assert str(longest) in form.errors[field][0]


@pytest.mark.parametrize("field", ["sender", "reply_to"])
@pytest.mark.parametrize("written", ["nobody", "News <news@>", "a@b.example, c@d.example", "x" * 100_000])
def test_a_mailbox_must_be_one_address_with_or_without_a_name(team, field, written):
    form = draft_form(team, **{field: written})

    assert not form.is_valid()
    assert list(form.errors) == [field]


def test_a_mailbox_is_kept_as_it_was_written(team):
    form = draft_form(team, sender='"Northwind, Inc." <News@Northwind.example>')

    assert form.is_valid()
    assert form.content["sender"] == '"Northwind, Inc." <News@Northwind.example>'


def test_a_body_of_a_megabyte_is_taken(team):
    form = draft_form(team, html="x" * LARGEST_BODY)

    assert form.is_valid()


@pytest.mark.parametrize("field", ["html", "text"])
def test_a_larger_body_is_refused_with_its_size(team, field):
    form = draft_form(team, **{field: "é" * LARGEST_BODY})

    assert not form.is_valid()
    assert "2.0\xa0MB" in form.errors[field][0]


def test_a_body_that_holds_a_null_character_is_refused(team):
    form = draft_form(team, html="<p>\x00</p>")

    assert list(form.errors) == ["html"]


def test_a_body_keeps_its_indentation_and_gets_plain_line_ends(team):
    form = draft_form(team, html="  <p>\r\n\tHello</p>\r\n")

    assert form.is_valid()
    assert form.content["html"] == "  <p>\n\tHello</p>\n"


def test_only_standing_audiences_of_the_team_can_be_chosen(team, audience, mallory):
    foreign = factories.make_audience(team=mallory.teams.get())
    deleted = factories.make_audience(team=team, deleted_at=factories.NOON)

    chosen = [draft_form(team, audience=str(each.uuid)) for each in (audience, foreign, deleted)]

    assert [form.is_valid() for form in chosen] == [True, False, False]
    assert chosen[0].content["audience"] == audience


@pytest.mark.parametrize("nonsense", ["nonsense", "1", "\x00", "' OR 1=1"])
def test_an_audience_that_is_no_id_is_refused(team, nonsense):
    form = draft_form(team, audience=nonsense)

    assert list(form.errors) == ["audience"]


def test_the_choice_of_audiences_says_how_many_get_it(team, audience):
    factories.make_contacts(audience=audience, number=3)

    drawn = draft_form(team)["audience"].as_widget()

    assert "Newsletter (3 subscribed)" in drawn


@pytest.mark.parametrize("version", ["", "0", "-1", "one", str(2**40)])
def test_a_form_without_a_sensible_version_is_refused(team, version):
    form = draft_form(team, version=version)

    assert list(form.errors) == ["version"]


def test_a_test_goes_to_up_to_five_addresses():
    form = SendTestForm({"to": "a@x.example; B <b@x.example>, a@x.example"})

    assert form.is_valid()
    assert form.cleaned_data["to"] == ["a@x.example", "b@x.example"]


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("", "Type at least one address."),
        (" , ;", "Type at least one address."),
        ("a@x.example, nobody", "“nobody” has no @."),
    ],
)
def test_what_is_wrong_with_the_addresses_of_a_test_is_named(typed, said):
    form = SendTestForm({"to": typed})

    assert form.errors["to"] == [said]


def test_nonsense_in_the_contact_picker_chooses_nobody():
    picker = ContactPickerForm({"contact": "nonsense", "q": "x" * 1000})

    assert picker.chosen is None
    assert picker.term == ""
