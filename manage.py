#!/usr/bin/env python
"""Every command of Carillon, beside the embedded PostgreSQL and Valkey when no others are named.

They are found running (`manage.py run` in another terminal), or started for the command's own duration.
"""

import os
import sys
from collections.abc import Mapping
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured
from environs import EnvError

from lib import embedded

# These never ask the database anything.
WITHOUT_SERVERS = {
    "check",
    "collectstatic",
    "compilemessages",
    "diffsettings",
    "findstatic",
    "help",
    "makemessages",
}


def main() -> None:
    """Run the command named by the arguments where its servers are."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    var = Path(os.environ.get("VAR") or Path(__file__).parent / "var").resolve()
    os.environ["VAR"] = str(var)
    try:
        _execute_beside_servers(var)
    except embedded.ServersFailed as failure:
        sys.exit(failure.message)
    except (ImproperlyConfigured, EnvError) as wrong:  # a setting: its sentence names the variable
        sys.exit(str(wrong))


def _execute_beside_servers(var: Path) -> None:
    given = {name for name in ("DATABASE_URL", "REDIS_URL", "SMTP_URL") if _is_given(name)}
    if not given & {"DATABASE_URL", "SMTP_URL"}:
        _add_to_environment({"DEVELOPMENT": "1"})
    command = next((argument for argument in sys.argv[1:] if not argument.startswith("-")), "help")
    asks_nothing = command in WITHOUT_SERVERS or "--help" in sys.argv
    if asks_nothing or given >= {"DATABASE_URL", "REDIS_URL"}:
        _execute()
    elif command == "run":  # starts them itself, after it has made sure that it may
        _add_to_environment(embedded.addresses(var))
        _execute()
    else:
        with embedded.servers(var=var) as servers:
            _add_to_environment(servers.environment)
            _execute()


def _is_given(name: str) -> bool:
    """Whether the environment sets this setting, by itself or by naming a file that holds it."""
    return bool(os.environ.get(name) or os.environ.get(f"{name}_FILE"))


def _add_to_environment(variables: Mapping[str, str]) -> None:
    """Set what isn't set to anything yet: settings read the environment once, when Django loads."""
    os.environ.update({name: value for name, value in variables.items() if not _is_given(name)})


def _execute() -> None:
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
