from django.db import migrations

# Older installations have them; ids are computed in Python alone.
DROP = "DROP FUNCTION IF EXISTS contact_public_id, email_public_id, public_id_mix"


class Migration(migrations.Migration):
    dependencies = [("lib", "0001_make_installation_keys_and_public_ids")]
    operations = [migrations.RunSQL(DROP, migrations.RunSQL.noop)]
