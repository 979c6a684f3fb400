"""The command line: one clear sentence where a command cannot do its work."""

import sys
from collections.abc import Sequence

from django.core.exceptions import ImproperlyConfigured
from django.core.management import execute_from_command_line
from django.db import OperationalError

from retail_saas.data_folder import StackError


def run(argv: Sequence[str]) -> None:
    """Run a management command; a missing database or setting is one line, not a traceback."""
    try:
        execute_from_command_line(list(argv))
    except ImproperlyConfigured as problem:
        sys.exit(f"Settings: {problem}")
    except StackError as problem:
        sys.exit(str(problem))
    except OperationalError as problem:
        reason = str(problem).strip().splitlines()[0]
        sys.exit(f"The database does not answer ({reason}). Is `make run` running, or DATABASE_URL right?")
