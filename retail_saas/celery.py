"""The Celery application. Every task names its shop by argument and opens it itself (docs/tenancy.md)."""

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "retail_saas.settings.dev")

from celery import Celery

app = Celery("retail_saas", task_cls="core.tasks:PublicTask")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
