from typing import Any

from django.db import migrations

from lib import public_ids


def replace_functions(_apps: Any, editor: Any) -> None:
    """The same ids, from a function that takes fewer steps."""
    with editor.connection.cursor() as cursor:
        for kind in (public_ids.contacts, public_ids.emails):
            cursor.execute(kind.create_function)


class Migration(migrations.Migration):
    dependencies = [("lib", "0001_make_installation_keys_and_public_ids")]
    operations = [migrations.RunPython(replace_functions, migrations.RunPython.noop)]
