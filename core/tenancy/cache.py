"""One cache for all shops, in which every key carries its shop."""

import logging
from typing import Any

import redis
from django.conf import settings
from django.core.cache.backends.redis import RedisCache
from redis.exceptions import RedisError

from core.tenancy.context import NoTenant
from core.tenancy.state import current_schema

logger = logging.getLogger(__name__)


def make_key(key: str, key_prefix: str, version: int) -> str:
    """``schema:prefix:version:key``; refuses outside every tenant rather than share an entry."""
    schema = current_schema()
    if schema is None:
        raise NoTenant("a cache key needs a tenant or use_public()")
    return f"{schema}:{key_prefix}:{version}:{key}"


class TenantCache(RedisCache):
    """A cache that may be lost at any time: without Redis every read is a miss and writes go nowhere."""

    def clear(self) -> None:  # type: ignore[override]
        raise RuntimeError("clear() would empty every shop's cache; use core.tenancy.cache.delete_schema")

    def get(self, key: Any, default: Any = None, version: int | None = None) -> Any:
        return self._tolerant(super().get, key, default, version=version, otherwise=default)

    def set(self, key: Any, value: Any, *args: Any, **kwargs: Any) -> None:
        self._tolerant(super().set, key, value, *args, **kwargs)

    def add(self, key: Any, value: Any, *args: Any, **kwargs: Any) -> bool:
        return bool(self._tolerant(super().add, key, value, *args, **kwargs, otherwise=True))

    def delete(self, key: Any, version: int | None = None) -> bool:
        return bool(self._tolerant(super().delete, key, version=version, otherwise=False))

    def has_key(self, key: Any, version: int | None = None) -> bool:
        return bool(self._tolerant(super().has_key, key, version=version, otherwise=False))

    @staticmethod
    def _tolerant(call: Any, *args: Any, otherwise: Any = None, **kwargs: Any) -> Any:
        try:
            return call(*args, **kwargs)
        except RedisError as problem:
            logger.warning("the cache does not answer", extra={"problem": str(problem)})
            return otherwise


def delete_schema(schema: str) -> int:
    """Delete every entry of one shop; answers how many. An absent cache counts as empty."""
    client = redis.Redis.from_url(settings.CACHES["default"]["LOCATION"], socket_timeout=2)
    deleted = 0
    try:
        for key in client.scan_iter(match=f"{schema}:*", count=1000):
            deleted += int(client.delete(key))
    except RedisError as problem:
        logger.warning("the cache does not answer", extra={"problem": str(problem)})
    finally:
        client.close()
    return deleted
