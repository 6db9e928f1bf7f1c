from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("teams", "0001_users_teams_and_memberships")]

    operations = [
        migrations.AddField(
            "team",
            "in_doubt",
            models.CharField(
                max_length=10,
                choices=[("send_again", "Send it again"), ("hold", "Hold it for me")],
                default="send_again",
                db_default="send_again",
                help_text="What becomes of an e-mail that may have arrived, because the relay's answer was lost.",
            ),
        ),
    ]
