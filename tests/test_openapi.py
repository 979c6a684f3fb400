"""The document about the API is valid OpenAPI 3.1, complete, and true."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
import yaml
from drf_spectacular.drainage import GENERATOR_STATS
from drf_spectacular.generators import SchemaGenerator
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]

from core.api.documents import schema
from core.checks import permission_of, routes
from core.events import CATALOGUE
from core.ids import uuid7
from core.outbox.relay import number_events
from core.testing import Shop, sale_body
from tests.api import Api, machine, person

METHODS = {"get", "post", "put", "patch", "delete"}


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    return schema()


def operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, item in document["paths"].items():
        for method, operation in item.items():
            if method in METHODS:
                yield method, path, operation


def check(document: dict[str, Any], method: str, path: str, answer: Any) -> None:
    """An answer is what the document promises for its operation and status."""
    responses = document["paths"][path][method]["responses"]
    status = str(answer.status_code)
    content = responses[status if status in responses else "default"]["content"]
    wanted = {"$ref": "#", **content[answer["Content-Type"].partition(";")[0]]["schema"]}
    whole = {"components": document["components"], **{k: v for k, v in wanted.items() if v != "#"}}
    errors = [error.message for error in Draft202012Validator(whole).iter_errors(answer.json())]
    assert not errors, (method, path, status, errors[:5], answer.json())


def test_the_schema_is_made_without_a_warning() -> None:
    GENERATOR_STATS.reset()
    SchemaGenerator().get_schema(request=None, public=True)  # type: ignore[no-untyped-call]
    assert not GENERATOR_STATS._warn_cache and not GENERATOR_STATS._error_cache


def test_the_schema_is_openapi_3_1_and_its_parts_are_json_schemas(document: dict[str, Any]) -> None:
    assert document["openapi"].startswith("3.1.")
    assert {"title", "version"} <= document["info"].keys()
    for name, component in document["components"]["schemas"].items():
        Draft202012Validator.check_schema(component)
        assert re.fullmatch(r"[A-Za-z0-9._-]+", name)
    names = [operation["operationId"] for _, _, operation in operations(document)]
    assert len(names) == len(set(names))
    for reference in re.findall(r"'\$ref': '([^']+)'", str(document)):
        place: Any = document
        for step in reference.removeprefix("#/").split("/"):
            place = place[step]


def test_every_api_route_stands_in_it_with_its_permission_and_its_problems(document: dict[str, Any]) -> None:
    documented = set(document["paths"])
    wanted = {
        "/" + re.sub(r"<(?:[a-z]+:)?([a-z_]+)>", r"{\1}", path)
        for path, _ in routes()
        if path.startswith("api/") and not path.startswith(("api/v1/docs", "api/v1/schema"))
    }
    assert documented == wanted
    for method, path, operation in operations(document):
        who = ("Needs the permission", "Any person or key", "Any device of the shop")
        assert any(words in operation["description"] for words in who), (method, path)
        assert "application/problem+json" in operation["responses"]["default"]["content"]
        assert operation["tags"] and operation.get("summary", operation["description"])
    assert all(permission_of(callback) for path, callback in routes() if path.startswith("api/"))


def test_every_event_stands_in_it_as_a_webhook(document: dict[str, Any]) -> None:
    assert document["webhooks"].keys() == CATALOGUE.keys()
    for component in document["webhooks"].values():
        assert component["post"]["requestBody"]["content"]["application/json"]["schema"]["$ref"]


def test_anybody_may_read_it_as_yaml_and_as_json(acme: Shop, document: dict[str, Any]) -> None:
    stranger = person(acme, None)
    assert stranger.get("schema/", accept="application/json").json() == document
    assert yaml.load(stranger.get("schema/").content, Loader=yaml.CSafeLoader)["info"] == document["info"]


def test_the_docs_page_needs_no_inline_script_or_style(acme: Shop) -> None:
    page = person(acme, None).get("docs/")
    text = page.content.decode()
    assert page.status_code == 200 and 'id="swagger-ui"' in text
    assert not re.search(r"<style|style=|<script(?![^>]*\bsrc=)|\son[a-z]+=", text)
    assert "unsafe-inline" not in page["Content-Security-Policy"]
    (script,) = re.findall(r'<script src="(/api/v1/docs/[^"]+)"', text)
    answer = person(acme, None).browser.get(script)
    assert answer["Content-Type"].startswith("application/javascript") and b"SwaggerUIBundle" in answer.content


def test_the_answers_are_what_it_promises(acme: Shop, document: dict[str, Any]) -> None:
    key = machine(acme)

    def got(path: str, of: str = "", **query: str) -> Any:
        answer = key.get(path, query)
        check(document, "get", f"/api/v1/{of or path}", answer)
        return answer

    def posted(api: Api, path: str, body: Any) -> Any:
        answer = api.post(path, body)
        check(document, "post", f"/api/v1/{path}", answer)
        return answer

    body = sale_body(acme, {"TEA": "2"})
    assert posted(key, "orders/", body).status_code == 201
    assert posted(key, "orders/", body).status_code == 200
    assert posted(key, "orders/", sale_body(acme, {"TEA": "99"})).status_code == 409
    assert posted(key, "orders/", {"x": 1}).status_code == 422
    assert posted(person(acme, None), "orders/", body).status_code == 401
    assert posted(person(acme, "viewer"), "orders/", body).status_code == 403
    product = posted(
        key, "products/", {"name": "A", "variants": [{"sku": "A", "unit_price": "1", "codes": [{"code": "a"}]}]}
    )
    assert product.status_code == 201
    customer = posted(key, "customers/", {"id": str(uuid7()), "name": "Nadia"})
    consent = {"purpose": "email", "is_given": True, "wording": "May we?", "source": "web"}
    kept = key.post(f"customers/{customer.json()['id']}/consents/", consent)
    check(document, "post", "/api/v1/customers/{customer_id}/consents/", kept)
    assert posted(key, "customer-groups/", {"name": "Club"}).status_code == 201
    count = {
        "id": body["id"],
        "kind": "count",
        "location": body["location"],
        "lines": [{"code": "TEA", "quantity": "9"}],
    }
    assert posted(key, "stock/movements/", count).status_code == 201
    number_events(acme.tenant)

    for path in ("", "orders/", "customers/", "products/", "stock/", "stock/movements/", "locations/", "events/"):
        answer = got(path)
        assert answer.status_code == 200 and (path == "" or answer.json()["results"]), path
    got(f"orders/{body['id']}/", "orders/{order_id}/")
    got(f"products/{product.json()['id']}/", "products/{product_id}/")
    got(f"customers/{customer.json()['id']}/", "customers/{customer_id}/")
    got(f"customers/{customer.json()['id']}/consents/", "customers/{customer_id}/consents/")
    got(f"customers/{customer.json()['id']}/timeline/", "customers/{customer_id}/timeline/")
    posted(key, "customers/", {"name": "Nadia", "phone": "07700900123"})
    posted(key, "customers/", {"name": "Nadja", "phone": "07700900123"})
    for path in ("customer-groups/", "customer-duplicates/"):
        assert got(path).json()["results"], path
    assert got("scan/TEA/", "scan/{code}/", location=body["location"]).json()["on_hand"] == "9"
    assert got("scan/nothing/", "scan/{code}/").status_code == 404
    assert got("events/", after="999999").status_code == 410
    patched = key.patch(f"products/{product.json()['id']}/", {"name": "B"}, **{"if-match": '"9"'})
    check(document, "patch", "/api/v1/products/{product_id}/", patched)
    assert patched.status_code == 412
    for event in key.get("events/", {"limit": "1000"}).json()["results"]:
        component = document["components"]["schemas"]["Event_" + event["type"].replace(".", "_")]
        assert not list(Draft202012Validator(component).iter_errors(event)), event
