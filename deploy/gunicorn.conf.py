"""gunicorn for the HTTP side in production: threads, because the views are synchronous."""

import os
from typing import Any

bind = "0.0.0.0:8000"  # inside a container, behind the proxy
worker_class = "gthread"
workers = int(os.environ.get("WEB_CONCURRENCY", "2"))
threads = 8
preload_app = True  # the program is loaded once, its memory is shared
max_requests, max_requests_jitter = 5000, 500
timeout, graceful_timeout, keepalive = 60, 20, 75  # keep-alive outlasts the proxy's, so it never meets a closed one
worker_tmp_dir = "/dev/shm"  # noqa: S108 - the heartbeat file must not wait for a disk
control_socket_disable = True
accesslog = None


def pre_fork(server: Any, worker: Any) -> None:
    """A pool that crosses a fork gives every request to threads that stayed in the parent: close it first."""
    from django.db import connections  # noqa: PLC0415 - only there once the program is loaded

    for connection in connections.all(initialized_only=True):
        connection.close()
        if hasattr(connection, "close_pool"):
            connection.close_pool()
