"""The schema this context was opened for. Pure, so that logging and checks can ask before the apps are loaded."""

from contextvars import ContextVar

PUBLIC = "public"
schema: ContextVar[str | None] = ContextVar("tenant_schema", default=None)


def current_schema() -> str | None:
    """The schema this context was opened for, or None outside every door."""
    return schema.get()
