"""What an export's columns are: a django-import-export resource of which the rows compile to one SELECT of CSV lines.

Each column says how PostgreSQL writes its cells; the library's own row-by-row export writes the same ones, and a test
holds the two together.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from django.db.models import F, Func, Model, QuerySet, TextField, Value
from django.db.models.expressions import Combinable
from import_export import fields, resources

from lib.formulas import disarm
from lib.public_ids import PublicIds


class Text(Func):
    """A text that no spreadsheet takes for a formula, in quotes where RFC 4180 wants them."""

    function = "export_text"
    output_field = TextField()


class Instant(Func):
    """A moment in UTC, to the second, as ISO 8601 has it."""

    template = """to_char(%(expressions)s AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')"""
    output_field = TextField()


class Flag(Func):
    """true or false, in full."""

    template = "CASE WHEN %(expressions)s THEN 'true' ELSE 'false' END"
    output_field = TextField()


class Plain(Func):
    """A value in which nothing needs a guard or quotes: a number, an id, a word of our own."""

    template = "%(expressions)s"
    output_field = TextField()


class Column(fields.Field):
    """A column by its name in the file.

    `attribute` is where the library finds the value on an object, `expression` where the database does; `of` is the
    SQL that writes it. A first column with `ids` holds the rows' public ids instead, which Python computes.
    """

    def __init__(
        self,
        name: str,
        *,
        of: type[Func] = Text,
        attribute: str | None = None,
        expression: Combinable | None = None,
        ids: PublicIds | None = None,
    ) -> None:
        super().__init__(attribute=attribute or name, column_name=name)
        self.ids = ids
        self._of = of
        self._expression = expression if expression is not None else F(attribute or name)

    @property
    def sql(self) -> Func:
        """The cell as PostgreSQL writes it."""
        return self._of(self._expression)

    def export(self, instance: Model, **_options: Any) -> str:
        """The cell as the library writes it."""
        value = self.get_value(instance)
        if value is None:
            return ""
        if isinstance(value, bool):
            return "true" if value else "false"
        if isinstance(value, datetime):
            return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        return disarm(str(value)) if self._of is Text else str(value)


class Resource(resources.Resource):
    """A list's columns, in their order."""

    @property
    def columns(self) -> list[Column]:
        return list(self.fields.values())

    @property
    def ids(self) -> PublicIds | None:
        """The kind of public ids that the first column holds, if it does."""
        return self.columns[0].ids

    def lines(self, rows: QuerySet[Any]) -> tuple[str, tuple[Any, ...]]:
        """One SELECT of these rows for `write`, with its parameters: their lines, in the rows' own order."""
        if self.ids is not None:
            self.ids.keys  # noqa: B018 - reads them, for which the connection has no time once the rows stream
        cells = [part for column in self.columns if column.ids is None for part in (Value(","), column.sql)]
        line = Func(*cells[1 if self.ids is None else 0 :], Value("\r\n"), function="concat", output_field=TextField())
        return rows.values_list(*([] if self.ids is None else ["pk"]), line).query.sql_with_params()

    def write(self, selected: Sequence[tuple[Any, ...]]) -> bytes:
        """The CSV of rows of that SELECT."""
        if self.ids is None:
            return "".join([line for (line,) in selected]).encode()
        ids = self.ids.encode_all([key for key, _ in selected])
        return "".join([f"{public_id}{line}" for public_id, (_, line) in zip(ids, selected, strict=True)]).encode()
