import pytest

from contacts.decoding import UNDECODABLE
from contacts.records import Record
from contacts.rows import Reject, Row, judge
from lib.formulas import disarm, restore

MAPPING = {"email": 0, "first_name": 1, "last_name": 2, "unsubscribed": 3}


def judged(
    *cells: str, mapping: dict[str, int] = MAPPING, properties: dict | None = None, problem: str = ""
) -> Row | Reject | None:
    told = judge(mapping=mapping, properties=properties or {}, width=4, encoding="utf-8-sig")
    return told(Record(7, list(cells), problem))


def test_a_row_is_trimmed_and_its_address_normalised():
    assert judged(" Ada@X.Test ", " Ada\n Maria ", "Okafor", "no") == Row(7, "ada@x.test", "Ada Maria", "Okafor", False)


def test_a_short_row_is_taken_when_it_has_an_address():
    assert judged("ada@x.test") == Row(7, "ada@x.test", "", "", None)


def test_a_full_name_is_split_at_its_last_space():
    mapping = {"email": 0, "name": 1}

    assert judged("a@x.test", "Ada Maria Okafor", mapping=mapping) == Row(7, "a@x.test", "Ada Maria", "Okafor", None)
    assert judged("a@x.test", "Ada", mapping=mapping) == Row(7, "a@x.test", "Ada", "", None)


@pytest.mark.parametrize("cells", [[], ["", ""], [" ", "\t", ""]])
def test_blank_lines_say_nothing(cells):
    assert judged(*cells) is None


@pytest.mark.parametrize(
    ("word", "unsubscribed"),
    [
        ("TRUE", True),
        ("Unsubscribed", True),
        ("1", True),
        ("oui", True),
        ("", False),
        ("subscribed", False),
        ("0", False),
    ],
)
def test_many_words_say_whether_somebody_is_unsubscribed(word, unsubscribed):
    row = judged("ada@x.test", "", "", word)

    assert isinstance(row, Row)
    assert row.unsubscribed is unsubscribed


@pytest.mark.parametrize(
    ("cells", "reason"),
    [
        (["ada"], "the address has no @"),
        (["", "Ada"], "the address is empty"),
        (["ada@x.test", "", "", "maybe"], "“maybe” doesn't say whether the contact is unsubscribed; yes and no do"),
        (["ada@x.test", "", "", "", "", ""], "6 cells where the header has 4"),
        (["ada@x.test", "A\0da"], "has a NUL character, which no text has"),
        (["ada@x.test", f"Ren{UNDECODABLE}"], "has characters that aren't UTF-8"),
        (["ada@x.test", "x" * 201], "a name is longer than 200 characters"),
    ],
)
def test_a_row_that_cannot_be_taken_says_why(cells, reason):
    reject = judged(*cells)

    assert isinstance(reject, Reject)
    assert (reject.line, reject.reason) == (7, reason)


def test_a_rejected_row_keeps_cells_that_the_database_can_hold():
    reject = judged("ada", f"a\0b{UNDECODABLE}")

    assert isinstance(reject, Reject)
    assert reject.cells == ["ada", "a�b�"]


@pytest.mark.parametrize(
    "cell",
    [
        "=1+1",
        "+49",
        "-",
        "@ada",
        "\tx",
        "\rx",
        "\nx",
        "\uff1d1",
        "\uff0b4",
        "\uff0d",
        "\uff20x",
        "'\uff1dx",
        "'=x",
        "''@x",
        "plain",
        "'tis",
        "",
        "'",
    ],
)
def test_a_disarmed_cell_is_restored_as_it_was(cell):
    assert restore(disarm(cell)) == cell
    assert not disarm(cell).startswith(tuple("=+-@\t\r\n\uff1d\uff0b\uff0d\uff20"))


def test_a_disarmed_address_and_name_are_restored():
    row = judged("'+ada@x.test", "'=Ada", "'Okafor", "no")

    assert row == Row(7, "+ada@x.test", "=Ada", "'Okafor", False)


@pytest.mark.parametrize(
    ("kind", "cell", "value"),
    [
        ("string", " Pro, <b> ", '"Pro, <b>"'),
        ("string", "007", '"007"'),
        ("number", "007", "7"),
        ("number", "-2.50", "-2.5"),
        ("number", "1e3", "1000"),
        ("boolean", "Ja", "true"),
        ("boolean", "no", "false"),
    ],
)
def test_a_cell_becomes_a_value_of_its_propertys_type(kind, cell, value):
    row = judged("ada@x.test", cell, mapping={"email": 0}, properties={"it": (1, kind)})

    assert isinstance(row, Row)
    assert row.properties == f'{{"it": {value}}}'


@pytest.mark.parametrize("cells", [("",), ("  ",), ()])
def test_an_empty_cell_says_nothing_about_a_property(cells):
    row = judged("ada@x.test", *cells, mapping={"email": 0}, properties={"it": (1, "number")})

    assert row == Row(7, "ada@x.test", "", "", None)


@pytest.mark.parametrize(
    ("kind", "cell"),
    [
        ("number", "many"),
        ("number", "1,5"),
        ("number", "nan"),
        ("number", "1e999"),
        ("number", "٣"),
        ("boolean", "maybe"),
        ("string", "x" * 2_001),
    ],
)
def test_a_cell_that_is_no_such_value_is_rejected(kind, cell):
    reject = judged("ada@x.test", cell, mapping={"email": 0}, properties={"it": (1, kind)})

    assert isinstance(reject, Reject)
    assert reject.reason.endswith(f"isn't a value of the property it, which takes a {kind}")
