"""Shops never touch: the schema is chosen once per door, checked at every query, and everything carries its name."""

import io
import threading
from pathlib import Path

import pytest
from asgiref.sync import async_to_sync
from django.conf import settings
from django.core.cache import cache
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.utils import ProgrammingError

from core.errors import Conflict, Invalid
from core.ids import uuid7
from core.tenancy.cache import delete_schema
from core.tenancy.context import NoTenant, current_tenant, tenant_sync, use_public, use_tenant
from core.tenancy.files import folder_of
from core.tenancy.guard import WrongTenant
from core.tenancy.models import Domain, SchemaScript, Tenant, schema_name_of
from core.tenancy.selectors import find_tenant, forget_hosts
from core.tenancy.services import create_tenant, delete_tenant, migrate_everything
from core.testing import CANARY, Shop
from inventory.models import Product, Variant


def test_a_query_in_another_schema_than_the_context_was_opened_for_is_refused(acme: Shop, globex: Shop) -> None:
    connection.set_tenant(globex.tenant)  # type: ignore[attr-defined]
    with pytest.raises(WrongTenant):
        Product.objects.count()
    connection.set_tenant(acme.tenant)  # type: ignore[attr-defined]
    assert Product.objects.count() == 3


def test_a_query_for_a_shop_outside_every_door_is_refused(db: None, globex: Shop) -> None:
    with pytest.raises(WrongTenant):
        try:
            connection.set_tenant(globex.tenant)  # type: ignore[attr-defined]
            Product.objects.count()
        finally:
            connection.set_schema_to_public()  # type: ignore[attr-defined]


@pytest.mark.django_db(transaction=True)
def test_a_shop_table_does_not_exist_in_the_public_schema() -> None:
    with use_public(), pytest.raises(ProgrammingError, match="does not exist"):
        Product.objects.count()


def test_a_lazy_query_that_leaves_its_shop_is_refused(acme: Shop, globex: Shop) -> None:
    lazy = Variant.objects.all()
    with use_tenant(globex.tenant):
        assert {v.product.name.split()[0] for v in Variant.objects.select_related("product")} == {CANARY}
        late = Variant.objects.all()
    assert {v.sku for v in lazy} == {"TEA", "CUP", "JAM"}
    connection.set_tenant(globex.tenant)  # type: ignore[attr-defined]
    with pytest.raises(WrongTenant):
        list(late)
    connection.set_tenant(acme.tenant)  # type: ignore[attr-defined]


def test_leaving_a_shop_restores_the_one_before_even_after_an_error(acme: Shop, globex: Shop) -> None:
    with pytest.raises(ZeroDivisionError), use_tenant(globex.tenant):
        _ = 1 / 0
    assert current_tenant() == acme.tenant
    assert connection.schema_name == acme.tenant.schema_name  # type: ignore[attr-defined]


@pytest.mark.django_db(transaction=True)
def test_a_thread_that_served_another_shop_before_reads_its_own(acme: Shop, globex: Shop) -> None:
    seen: list[tuple[str, str]] = []

    def names(shop: Shop) -> None:
        name = Product.objects.order_by("name").values_list("name", flat=True)[0]
        seen.append((shop.mark, name.split()[0]))

    async def both() -> None:
        for shop in (acme, globex) * 20:
            await tenant_sync(names)(shop.tenant, shop)

    worker = threading.Thread(target=async_to_sync(both))
    worker.start()
    worker.join()
    assert len(seen) == 40 and all(mark == name for mark, name in seen)


def test_cache_entries_carry_their_shop_and_go_with_it(acme: Shop, globex: Shop) -> None:
    cache.set("greeting", "acme")
    with use_tenant(globex.tenant):
        assert cache.get("greeting") is None
        cache.set("greeting", CANARY)
    assert cache.get("greeting") == "acme"
    assert delete_schema(globex.tenant.schema_name) >= 1
    with use_tenant(globex.tenant):
        assert cache.get("greeting") is None
    assert cache.get("greeting") == "acme"


def test_the_cache_refuses_without_a_shop_and_refuses_to_clear_every_shops_entries(db: None) -> None:
    with pytest.raises(NoTenant):
        cache.get("greeting")
    with pytest.raises(RuntimeError, match="every shop"):
        cache.clear()


def test_files_live_in_the_shops_own_folder(acme: Shop, globex: Shop) -> None:
    name = default_storage.save("reports/a.txt", ContentFile(b"acme"))
    try:
        assert Path(default_storage.path(name)).is_relative_to(folder_of(acme.tenant))
        with use_tenant(globex.tenant):
            assert not default_storage.exists(name)
        with pytest.raises(Exception, match="outside of the base path"):
            default_storage.path("../" + str(globex.tenant.pk) + "/x")
    finally:
        default_storage.delete(name)


def test_an_unknown_host_is_nobodys_shop(db: None, client: object) -> None:
    forget_hosts()
    response = client.get("/", headers={"host": "stranger.localhost"})  # type: ignore[attr-defined]
    assert response.status_code == 404
    assert b"no shop at this address" in response.content


def test_a_suspended_shop_is_closed_and_says_so(acme: Shop) -> None:
    with use_public():
        Tenant.objects.filter(pk=acme.tenant.pk).update(state=Tenant.State.SUSPENDED)
    forget_hosts()
    try:
        assert acme.client().get("/login/").status_code == 503
    finally:
        forget_hosts()


@pytest.mark.django_db(transaction=True)
def test_a_new_shop_is_made_whole_and_deleted_without_a_trace(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("no\n"))
    call_command("create_tenant", "Third shop", host="third", owner="owner@third.test", verbosity=0)
    tenant = find_tenant("third")
    with use_tenant(tenant):
        cache.set("x", 1)
        default_storage.save("x.txt", ContentFile(b"x"))
    folder = folder_of(tenant)
    assert folder.exists()

    with pytest.raises(CommandError, match="Nothing was deleted"):
        call_command("delete_tenant", "third")
    assert find_tenant("third") == tenant

    call_command("delete_tenant", "third", yes=True)
    with use_public(), connection.cursor() as cursor:
        assert not Tenant.objects.filter(pk=tenant.pk).exists()
        assert not Domain.objects.filter(domain="third.localhost").exists()
        cursor.execute("SELECT count(*) FROM pg_namespace WHERE nspname = %s", [tenant.schema_name])
        assert cursor.fetchone() == (0,)
    assert not folder.exists()
    assert delete_schema(tenant.schema_name) == 0


@pytest.mark.django_db(transaction=True)
def test_what_a_killed_creation_left_is_named_hinders_nobody_and_can_be_deleted() -> None:
    left = Tenant(id=uuid7(), name="Half")
    left.schema_name = schema_name_of(left.pk)
    with use_public():
        left.save()
        Domain.objects.create(domain="half.localhost", tenant=left, is_primary=True)
    told: list[str] = []
    migrate_everything(tell=told.append)
    assert told == [], "an update leaves it alone"
    with pytest.raises(Conflict, match=r"delete_tenant half\.localhost"):
        create_tenant(name="Whole", host="half.localhost")
    call_command("delete_tenant", "half.localhost", yes=True)
    with use_public():
        assert not Tenant.objects.filter(pk=left.pk).exists()
    whole = create_tenant(name="Whole", host="half.localhost")
    assert whole.state == Tenant.State.ACTIVE
    delete_tenant(whole)


SHAPES = {
    "columns": "SELECT table_name, column_name, data_type, is_nullable, column_default, character_maximum_length,"
    " numeric_precision, numeric_scale, is_identity FROM information_schema.columns WHERE table_schema = %(schema)s",
    "constraints": "SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint"
    " WHERE connamespace = to_regnamespace(%(schema)s)",
    "indexes": "SELECT tablename, indexname, indexdef FROM pg_indexes WHERE schemaname = %(schema)s",
    "storage": "SELECT relname, relkind, reloptions FROM pg_class WHERE relnamespace = to_regnamespace(%(schema)s)",
    "migrations": "SELECT app, name FROM django_migrations",
}


def shape_of(tenant: Tenant) -> dict[str, set[tuple[str, ...]]]:
    """Everything that makes two schemas alike, without the schema's own name."""
    found = {}
    with use_tenant(tenant), connection.cursor() as cursor:
        for what, statement in SHAPES.items():
            cursor.execute(statement, {"schema": tenant.schema_name})
            rows = [tuple(str(value).replace(tenant.schema_name, "") for value in row) for row in cursor.fetchall()]
            found[what] = set(rows)
    return found


@pytest.mark.django_db(transaction=True)
def test_a_schema_that_was_filled_by_the_script_is_what_the_migrations_make(globex: Shop) -> None:
    with use_public():
        SchemaScript.objects.all().delete()
    migrated = create_tenant(name="Migrated", host="migrated.localhost")
    replayed = create_tenant(name="Replayed", host="replayed.localhost")
    try:
        wanted = shape_of(migrated)
        assert shape_of(replayed) == wanted
        assert shape_of(globex.tenant) == wanted
        assert len(wanted["columns"]) > 400
    finally:
        for tenant in (migrated, replayed):
            delete_tenant(tenant)


@pytest.mark.django_db(transaction=True)
def test_a_shop_that_cannot_be_finished_leaves_nothing_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(schema: str | None = None) -> None:
        raise RuntimeError("the disk is full")

    with use_public():
        SchemaScript.objects.all().delete()
    monkeypatch.setattr("core.tenancy.services.migrate", broken)
    with pytest.raises(RuntimeError, match="disk is full"):
        create_tenant(name="Fourth", host="fourth.localhost")
    with use_public(), connection.cursor() as cursor:
        assert not Tenant.objects.filter(name="Fourth").exists()
        cursor.execute("SELECT count(*) FROM pg_namespace WHERE nspname LIKE %s", ["t\\_%"])
        assert cursor.fetchone() == (2,)


@pytest.mark.django_db(transaction=True)
def test_a_host_name_belongs_to_one_shop(globex: Shop) -> None:
    with pytest.raises(Conflict, match="belongs to another shop"):
        create_tenant(name="Again", host=globex.host)
    with pytest.raises(Invalid):
        create_tenant(name="Bad", host="not a host")
    with pytest.raises(Invalid):
        create_tenant(name="Bad", host="ok.localhost", time_zone="Mars/Olympus")
    with use_public():
        assert Tenant.objects.count() == 2


def test_settings_keep_cookies_to_one_host() -> None:
    assert settings.SESSION_COOKIE_NAME.startswith("__Host-") and settings.CSRF_COOKIE_NAME.startswith("__Host-")
    assert getattr(settings, "SESSION_COOKIE_DOMAIN", None) is None
