#!/usr/bin/env python
"""Operators' door to the product: `python manage.py help` lists the commands."""

import os
import sys


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "retail_saas.settings.dev")
    from core.cli import run  # noqa: PLC0415  the settings must be named first

    run(sys.argv)


if __name__ == "__main__":
    main()
