"""An export as a worker writes it, in a process of its own: `main` takes its id."""

from django.utils import timezone

from exports import writing
from exports.models import Export


def main(export_id: str) -> int:
    writing.write(export_id=int(export_id), now=timezone.now())
    return Export.objects.get(pk=export_id).rows or 0
