from django.db import migrations, models

# As in 0002, with line feeds and the full-width forms of = + - @ guarded too; those are beyond nearly all letters.
TEXT = """
CREATE OR REPLACE FUNCTION export_text(cell text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
SELECT CASE
    WHEN ascii(cell) < 65 OR ascii(cell) > 65280 OR strpos(cell, ',') > 0 OR strpos(cell, '"') > 0
        OR strpos(cell, E'\\n') > 0 OR strpos(cell, E'\\r') > 0
    THEN export_quoted(
        CASE WHEN cell ~ '^''*[=+@\\t\\r\\n\\uff1d\\uff0b\\uff0d\\uff20-]' THEN '''' || cell ELSE cell END
    )
    ELSE cell
END
$$
"""
# Of failed exports nobody knows whether their files are gone.
MARK = """
UPDATE exports_export SET leftovers = true WHERE status = 'failed' OR (status = 'expired' AND file <> '')
"""


class Migration(migrations.Migration):
    dependencies = [("exports", "0002_cells_of_csv_and_tries")]
    operations = [
        migrations.RunSQL(TEXT, migrations.RunSQL.noop),
        migrations.AddField(
            "export",
            "leftovers",
            models.BooleanField(default=False, help_text="Whether files of it may be there that must be deleted."),
        ),
        migrations.AddField("export", "notify_after", models.DateTimeField(null=True)),
        migrations.RunSQL(MARK, migrations.RunSQL.noop),
    ]
