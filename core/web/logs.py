"""Log lines as JSON, each with its shop and request; secrets never get in because only named fields do."""

import json
import logging
from contextvars import ContextVar
from datetime import UTC, datetime

from core.tenancy.state import current_schema

request_id: ContextVar[str] = ContextVar("request_id", default="")
EXTRA_FIELDS = (
    "job", "kind", "schema", "problem", "listener", "event", "delivery", "endpoint", "code", "path", "seconds",
)  # fmt: skip


class TenantFilter(logging.Filter):
    """Adds the shop and the request to every record."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.tenant = current_schema() or "-"
        record.request_id = request_id.get() or "-"
        return True


class JsonFormatter(logging.Formatter):
    """One JSON object a line."""

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "tenant": getattr(record, "tenant", "-"),
            "request": getattr(record, "request_id", "-"),
            "message": record.getMessage(),
        }
        line |= {name: str(getattr(record, name)) for name in EXTRA_FIELDS if hasattr(record, name)}
        if record.exc_info:
            line["trace"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False)
