from collections.abc import Callable

import pytest
from django.db import connection


@pytest.fixture
def stage_tables(db) -> Callable[[], list[str]]:
    """The staging tables that exist."""
    return lambda: [name for name in connection.introspection.table_names() if name.startswith("import_stage_")]
