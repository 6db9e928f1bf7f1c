from django.db import migrations, models

# Nearly all cells need nothing done, so the first test is of the kind that PostgreSQL does fastest: what a spreadsheet
# would run begins below "A". Given a plain column, the planner inlines both functions.
TEXT = """
CREATE FUNCTION export_text(cell text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
SELECT CASE
    WHEN ascii(cell) < 65 OR strpos(cell, ',') > 0 OR strpos(cell, '"') > 0
        OR strpos(cell, E'\\n') > 0 OR strpos(cell, E'\\r') > 0
    THEN export_quoted(CASE WHEN cell ~ '^''*[=+@\\t\\r-]' THEN '''' || cell ELSE cell END)
    ELSE cell
END
$$
"""
QUOTED = """
CREATE FUNCTION export_quoted(cell text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
SELECT CASE WHEN cell ~ '[",\\n\\r]' THEN '"' || replace(cell, '"', '""') || '"' ELSE cell END
$$
"""


class Migration(migrations.Migration):
    dependencies = [("exports", "0001_exports_and_their_downloads")]
    operations = [
        migrations.RunSQL(QUOTED, "DROP FUNCTION export_quoted"),
        migrations.RunSQL(TEXT, "DROP FUNCTION export_text"),
        migrations.AddField(
            "export",
            "tries",
            models.SmallIntegerField(default=0, help_text="Attempts since it was last asked for."),
        ),
        migrations.AlterField(
            "export",
            "attempts",
            models.SmallIntegerField(default=0, help_text="All that there were: each has a file name of its own."),
        ),
    ]
