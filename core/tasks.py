"""What every Celery task has in common: it starts outside every shop, on a healthy connection."""

from typing import Any

from celery.contrib.django.task import DjangoTask
from django.db import close_old_connections

from core.tenancy.context import use_public


class PublicTask(DjangoTask):  # type: ignore[type-arg]
    """Begins in the public schema, where no shop's table exists; the task opens its shop by name.

    A task for a shop that is gone therefore has nothing to read or write: it fails closed.
    """

    abstract = True

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if self.request.called_directly or self.request.is_eager:
            return super().__call__(*args, **kwargs)
        close_old_connections()
        with use_public():
            return super().__call__(*args, **kwargs)
