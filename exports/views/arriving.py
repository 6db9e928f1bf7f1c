"""A file that was written while one waited comes by itself: once, to whoever asked, and by no link from elsewhere."""

from exports.models import Export
from teams.middleware import TeamRequest

_KEY = "arriving_export"


def announce(request: TeamRequest, export: Export) -> None:
    """Have the export's page start its download the next time that this person sees it, if it is there already."""
    if export.status == Export.Status.READY and not export.in_background:
        request.session[_KEY] = str(export.uuid)


def arrives(request: TeamRequest, export: Export) -> bool:
    """Whether the download begins now; afterwards it doesn't any more."""
    if request.session.get(_KEY) != str(export.uuid):
        return False
    del request.session[_KEY]
    return True
