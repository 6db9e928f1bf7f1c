import pytest

from contacts import columns


def guess(header: str, *rows: str) -> dict[str, str]:
    """The guessed field of each column that got one, by the column's name."""
    names = header.split(",")
    mapping = columns.guess(names, [row.split(",") for row in rows])
    return {names[number]: field for field, number in mapping.items()}


@pytest.mark.parametrize(
    "header",
    [
        "email,first_name,last_name,unsubscribed",
        "E-Mail Address,First Name,LAST NAME,Opted Out",
        "E-Mail-Adresse,Vorname,Nachname,Abgemeldet",
        "Adresse e-mail,Prénom,Nom,Désabonné",
        "Correo electrónico,Nombre,Apellidos,Dado de baja",
        "Электронная почта,Имя,Фамилия,Отписан",
    ],
)
def test_columns_are_guessed_by_name_in_several_languages(header):
    guessed = guess(header, "ada@x.test,Ada,Okafor,no")

    assert list(guessed.values()) == ["email", "first_name", "last_name", "unsubscribed"]


def test_addresses_in_a_column_count_more_than_its_name():
    guessed = guess("Email,Contact", "yes,ada@x.test", "no,ben@x.test")

    assert guessed == {"Contact": "email"}


def test_of_two_columns_with_addresses_the_one_named_email_is_taken():
    guessed = guess("Manager,Email", "boss@x.test,ada@x.test", "boss@x.test,")

    assert guessed == {"Email": "email"}


def test_an_empty_column_named_email_is_still_the_email():
    assert guess("Email,City", ",Lagos") == {"Email": "email"}


def test_a_name_alone_is_a_full_name():
    assert guess("email,Name", "ada@x.test,Ada Okafor")["Name"] == "name"


def test_a_name_beside_a_first_name_is_left_out():
    assert "Name" not in guess("email,Vorname,Name", "ada@x.test,Ada,Okafor")


def test_a_column_that_says_who_is_subscribed_is_not_taken_for_its_opposite():
    assert "Subscribed" not in guess("email,Subscribed", "ada@x.test,yes")


def test_a_status_is_taken_when_its_values_speak_of_subscription():
    assert guess("email,Status", "ada@x.test,Subscribed")["Status"] == "unsubscribed"
    assert "Status" not in guess("email,Status", "ada@x.test,lead")


def test_nothing_is_guessed_where_nothing_fits():
    assert guess("city,country", "Lagos,Nigeria") == {}


def test_unnamed_and_ragged_columns_still_get_names_and_samples():
    table = columns.tabulate([["email", " "], ["ada@x.test"], ["ben@x.test", "Ben", "extra"]])

    assert table.header == ["email", "Column 2"]
    assert table.samples == [["ada@x.test", ""], ["ben@x.test", "Ben"]]


def test_a_first_row_with_an_address_is_data():
    table = columns.tabulate([["ada@x.test", "Ada"]])

    assert not table.has_header
    assert table.header == ["Column 1", "Column 2"]
    assert table.samples == [["ada@x.test", "Ada"]]


def test_a_first_row_of_numbers_without_an_address_is_refused():
    with pytest.raises(columns.HeaderMissing, match="first row"):
        columns.tabulate([["1", "Ada"], ["2", "Ben"]])


def test_a_known_name_makes_a_header_even_beside_numbers():
    assert columns.tabulate([["email", "2024"], ["ada@x.test", "1"]]).has_header


def test_a_header_without_rows_is_refused():
    with pytest.raises(columns.NoRows):
        columns.tabulate([["email", "name"]])


def test_too_many_columns_are_counted():
    with pytest.raises(columns.TooManyColumns, match="300 columns"):
        columns.tabulate([[f"column {number}" for number in range(300)]])


def test_samples_can_be_kept_as_json_and_shown():
    table = columns.tabulate([["email"], ["a\0b\udc80c\nd" + "x" * 1000]])

    assert table.samples[0][0].startswith("a b�c dx")
    assert len(table.samples[0][0]) == columns.LONGEST_SAMPLE
