"""Exporting an audience's subscribed contacts the way a worker does, in a process of its own."""

from audiences.models import Audience
from benchmarks import apart
from benchmarks.measuring import Spent, WentWrong
from exports.models import Export, storage


def query(audience: Audience) -> str:
    """The list that is exported, as its page's query string."""
    return f"audience={audience.uuid}&status=subscribed"


def exported(audience: Audience) -> Spent:
    """What an export took; its file is deleted."""
    export = Export.objects.create(
        team=audience.team, resource="contacts", query=query(audience), expected=0, requested_by_name="Mara Lindqvist"
    )
    spent = apart.run("benchmarks.exporting", str(export.pk))
    export.refresh_from_db()
    audience.refresh_from_db()
    if export.rows != audience.subscribed:
        raise WentWrong(f"{export.rows} of {audience.subscribed} contacts were exported: {export.failure}")
    storage().delete(export.file)
    return spent
