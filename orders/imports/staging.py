"""Checked lines on their way: they wait in a temporary table of this session, where nothing of the shop sees them."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import batched
from typing import Any
from uuid import UUID, uuid5

from django.db import connection

from core.jobs.registry import Progress
from core.locations.models import Location
from core.locations.selectors import business_date, zone_of
from core.tenancy.context import current_tenant
from orders.imports.errors import RefusedRows, UnreadableFile
from orders.imports.formats.base import BadCell, Clock, Format, Parse
from orders.imports.reading import Source
