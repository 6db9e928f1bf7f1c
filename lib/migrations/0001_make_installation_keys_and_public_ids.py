import secrets
from typing import Any

from django.db import migrations

TABLE = "CREATE TABLE installation_key (name text PRIMARY KEY, key bytea NOT NULL)"
NAMES = ("contact ids", "email ids", "opt-outs", "link tokens")


def make_keys(_apps: Any, editor: Any) -> None:
    with editor.connection.cursor() as cursor:
        for name in NAMES:
            cursor.execute("INSERT INTO installation_key VALUES (%s, %s)", [name, secrets.token_bytes(32)])


class Migration(migrations.Migration):
    initial = True
    dependencies: list[Any] = []
    operations = [
        migrations.RunSQL(TABLE, "DROP TABLE installation_key"),
        migrations.RunPython(make_keys, migrations.RunPython.noop),
    ]
