"""Files of a shop live under its own folder; no name leads out of it."""

import shutil
from pathlib import Path

from django.conf import settings
from django.core.files.storage import FileSystemStorage

from core.tenancy.context import current_tenant
from core.tenancy.models import Tenant


def folder_of(tenant: Tenant) -> Path:
    """The folder with everything a shop uploaded or exported."""
    return Path(settings.DATA_DIR) / "files" / str(tenant.pk)


def delete_folder(tenant: Tenant) -> None:
    """Remove a shop's files; an absent folder is fine."""
    shutil.rmtree(folder_of(tenant), ignore_errors=True)


class TenantFileStorage(FileSystemStorage):
    """Storage whose root is the folder of the tenant at hand. Refuses without one (`NoTenant`)."""

    @property
    def base_location(self) -> str:  # type: ignore[override]
        return str(folder_of(current_tenant()))

    @property
    def location(self) -> str:  # type: ignore[override]
        return self.base_location
