import secrets
from typing import Any

from django.db import migrations

from lib import public_ids

TABLE = "CREATE TABLE installation_key (name text PRIMARY KEY, key bytea NOT NULL)"
NAMES = ("contact ids", "email ids", "opt-outs", "link tokens")


def make_keys(_apps: Any, editor: Any) -> None:
    with editor.connection.cursor() as cursor:
        for name in NAMES:
            cursor.execute("INSERT INTO installation_key VALUES (%s, %s)", [name, secrets.token_bytes(32)])
        cursor.execute(public_ids.MIX)
        for kind in (public_ids.contacts, public_ids.emails):
            cursor.execute(kind.create_function)


def drop_functions(_apps: Any, editor: Any) -> None:
    with editor.connection.cursor() as cursor:
        cursor.execute("DROP FUNCTION IF EXISTS contact_public_id, email_public_id, public_id_mix")


class Migration(migrations.Migration):
    initial = True
    dependencies: list[Any] = []
    operations = [
        migrations.RunSQL(TABLE, "DROP TABLE installation_key"),
        migrations.RunPython(make_keys, drop_functions),
    ]
