import django.contrib.postgres.fields
import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models

# Chunks that are there already are counted once; senders of the earlier kind kept every outcome in the ledger.
COUNT = """
UPDATE broadcasts_chunk AS chunk
SET counts = ARRAY(
        SELECT coalesce(counted.number, 0)
        FROM generate_series(0, 9) AS status
        LEFT JOIN (
            SELECT email.status, count(*)::int AS number
            FROM broadcasts_email AS email
            WHERE email.id BETWEEN chunk.lo AND chunk.hi AND email.broadcast_id = chunk.broadcast_id
            GROUP BY email.status
        ) AS counted USING (status)
        ORDER BY status
    ),
    maybe_twice = (
        SELECT count(*)
        FROM broadcasts_email AS email
        WHERE email.id BETWEEN chunk.lo AND chunk.hi AND email.broadcast_id = chunk.broadcast_id AND email.maybe_twice
    )
"""


class Migration(migrations.Migration):
    dependencies = [("broadcasts", "0002_note_when_a_bell_was_rung")]

    operations = [
        *(
            migrations.AddField("broadcast", name, models.BooleanField(default=False))
            for name in ("track_opens", "track_clicks")
        ),
        migrations.AddField(
            "broadcast",
            "missed_at",
            models.DateTimeField(null=True, help_text="When it should have gone out while the server was down."),
        ),
        migrations.AddField(
            "broadcast",
            "hold_until",
            models.DateTimeField(null=True, help_text="Until when a queued broadcast waits, to be taken back."),
        ),
        migrations.AddField(
            "broadcast",
            "waves",
            models.JSONField(default=list, help_text="Each time it was sent to the rest: at, by, again, joined."),
        ),
        *(
            migrations.AddField("broadcast", name, models.IntegerField(default=0, db_default=0))
            for name in ("opened", "clicked", "opened_by_machines", "clicked_by_machines")
        ),
        migrations.AlterField(
            "chunk",
            "out",
            models.BinaryField(
                null=True,
                help_text="One byte per id from lo to hi, an outcomes.Code, since the last fold; null: all is folded.",
            ),
        ),
        migrations.AddField("chunk", "maybe_twice", models.IntegerField(default=0, db_default=0)),
        migrations.AddField(
            "chunk", "counts", django.contrib.postgres.fields.ArrayField(models.IntegerField(), null=True)
        ),
        migrations.RunSQL(COUNT, migrations.RunSQL.noop),
        migrations.RunSQL("SET CONSTRAINTS ALL IMMEDIATE", migrations.RunSQL.noop),
        migrations.AlterField(
            "chunk",
            "counts",
            django.contrib.postgres.fields.ArrayField(
                models.IntegerField(), help_text="How many e-mails have each Email.Status, as of the last fold."
            ),
        ),
        migrations.AddField(
            "emailevent",
            "by_machine",
            models.BooleanField(default=False, db_default=False, help_text="Not a person, as far as one can tell."),
        ),
        migrations.AddField(
            "emailevent",
            "to_fold",
            models.BooleanField(default=False, db_default=False, help_text="Not yet counted on e-mail and broadcast."),
        ),
        migrations.AlterField(
            "emailevent",
            "kind",
            models.TextField(
                choices=[
                    ("unsubscribed", "Unsubscribed"),
                    ("resubscribed", "Subscribed again"),
                    ("opened", "Opened"),
                    ("clicked", "Clicked"),
                ]
            ),
        ),
        migrations.AddIndex("emailevent", models.Index("id", name="event_to_fold", condition=models.Q(to_fold=True))),
        migrations.CreateModel(
            "Link",
            [
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.IntegerField()),
                ("url", models.TextField()),
                (
                    "clicked",
                    models.IntegerField(default=0, db_default=0, help_text="E-mails in which a person clicked it."),
                ),
                ("clicked_by_machines", models.IntegerField(default=0, db_default=0)),
                (
                    "broadcast",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="links", to="broadcasts.broadcast"
                    ),
                ),
            ],
            {"constraints": [models.UniqueConstraint("broadcast", "number", name="one_link_per_number")]},
        ),
        migrations.CreateModel(
            "Transport",
            [
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.TextField(unique=True)),
                (
                    "free_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(),
                        help_text="Up to when messages per second are given away.",
                    ),
                ),
                ("hour", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("hour_used", models.IntegerField(default=0, db_default=0)),
                ("day", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("day_used", models.IntegerField(default=0, db_default=0)),
            ],
        ),
        migrations.CreateModel(
            "DrainSlot",
            [
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("owner", models.TextField()),
                ("connections", models.IntegerField()),
                ("lease", models.DateTimeField()),
                (
                    "broadcast",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="slots", to="broadcasts.broadcast"
                    ),
                ),
                (
                    "transport",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="slots", to="broadcasts.transport"
                    ),
                ),
            ],
        ),
    ]
