"""What every request passes: ids, health checks, limits and errors in plain words."""

import pytest
from django.conf import settings
from django.template.loader import get_template
from django.test import Client

from core.testing import Shop


def test_every_answer_carries_the_requests_id_and_keeps_a_sane_one(acme: Shop) -> None:
    assert len(acme.client().get("/login/")["X-Request-ID"]) >= 8
    assert acme.client().get("/login/", headers={"x-request-id": "till-3.42"})["X-Request-ID"] == "till-3.42"
    assert acme.client().get("/login/", headers={"x-request-id": "a b\nc"})["X-Request-ID"] != "a b\nc"


def test_health_checks_need_no_shop(db: None) -> None:
    browser = Client(headers={"host": "10.1.2.3"})
    assert browser.get("/livez").json() == browser.get("/readyz").json() == {"status": "ok"}


@pytest.mark.parametrize("host", ["", "evil host", "acme.localhost.evil.test"])
def test_a_host_that_is_not_ours_is_refused_in_plain_words(db: None, host: str) -> None:
    response = Client().get("/", headers={"host": host})
    assert response.status_code in (400, 404)
    assert b"Traceback" not in response.content


def test_a_body_that_is_too_large_is_refused_before_it_is_read(acme: Shop) -> None:
    response = acme.client("owner").post(
        "/imports/",
        b"x",
        content_type="multipart/form-data; boundary=x",
        headers={"content-length": str(settings.UPLOAD_LIMIT_BYTES * 2)},
    )
    assert response.status_code == 413 and "60 MB" in response.content.decode()


def test_a_page_that_does_not_exist_says_so_to_people_and_programs(acme: Shop) -> None:
    page = acme.client("owner").get("/no/such/page/")
    assert page.status_code == 404 and "text/html" in page["Content-Type"]
    answer = acme.client("owner").get("/api/v1/no/such/thing/")
    assert answer.status_code == 404 and answer["Content-Type"] == "application/problem+json"
    assert answer.json()["code"] == "not-found"


def test_pages_may_not_be_framed_and_run_only_our_scripts(acme: Shop) -> None:
    response = acme.client("owner").get("/till/")
    policy = response["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in policy and "object-src 'none'" in policy
    assert "'unsafe-inline'" not in policy and "'unsafe-eval'" not in policy
    assert response["X-Frame-Options"] == "DENY" and response["X-Content-Type-Options"] == "nosniff"


def test_a_template_is_compiled_once() -> None:
    one, again = (get_template("base.html") for _ in range(2))
    assert one.template is again.template  # type: ignore[attr-defined]
