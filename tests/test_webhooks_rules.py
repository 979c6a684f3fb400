"""The numbers of the delivery protocol, and the arithmetic of retries."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from core.http_out import parse_retry_after
from webhooks.message import body_of, headers_of, shown_answer, shown_request
from webhooks.rules import BODY_BYTES, WAITS_SECONDS, Verdict, judge

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


def after(
    tries: int, status: int | None = 500, *, retry_after: str = "", spread: float = 0.0, since: datetime | None = None
) -> Verdict:
    return judge(tries=tries, status=status, retry_after=retry_after, now=NOW, failing_since=since, spread=spread)


def wait(verdict: Verdict) -> float:
    assert verdict.due_at is not None
    return (verdict.due_at - NOW).total_seconds()


def test_eleven_tries_are_spread_over_three_days() -> None:
    waits = [wait(after(tries)) for tries in range(1, 11)]
    assert waits == [5, 60, 300, 1800, 7200, 18000, 36000, 50400, 72000, 86400]
    assert len(WAITS_SECONDS) == 11 and sum(waits) > 72 * 3600
    assert after(11) == Verdict("dead")


@pytest.mark.parametrize(("spread", "expected"), [(-1.0, 1440), (1.0, 2160), (-9.0, 1440), (9.0, 2160)])
def test_jitter_moves_a_wait_by_at_most_a_fifth(spread: float, expected: float) -> None:
    assert wait(after(4, spread=spread)) == pytest.approx(expected)


@pytest.mark.parametrize("status", [200, 201, 202, 204, 299])
def test_every_2xx_is_a_success(status: int) -> None:
    assert after(1, status) == Verdict("done")


@pytest.mark.parametrize("status", [None, 100, 199, 300, 301, 302, 307, 304, 400, 401, 404, 409, 418, 500])
def test_everything_else_is_a_failure_redirects_included(status: int | None) -> None:
    assert (after(1, status).state, wait(after(1, status))) == ("pending", 5)


@pytest.mark.parametrize("status", [429, 502, 503, 504])
def test_a_busy_receiver_is_left_alone_for_a_minute(status: int) -> None:
    assert wait(after(1, status)) == 60
    assert wait(after(1, status, spread=-1)) == 60
    assert wait(after(3, status)) == 300


def test_410_ends_the_delivery_and_the_endpoint() -> None:
    assert after(1, 410) == Verdict("dead", off_because="The receiver answered 410 Gone.")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("120", 120),
        ("3", 5),
        ("0", 5),
        ("999999", 86400),
        ("9" * 400, 86400),
        ("-5", 5),
        ("soon", 5),
        ("", 5),
        ("١٢٠", 5),
        ("Sat, 21 Nov 2026 12:10:00 GMT", 600),
        ("Fri, 20 Nov 2026 12:10:00 GMT", 5),
        ("Sat, 99 Nov 2026 12:10:00 GMT", 5),
        ("Mon, 01 Jan 9999 00:00:00 GMT", 86400),
    ],
)
def test_retry_after_is_honoured_between_the_step_and_a_day(text: str, expected: float) -> None:
    assert wait(after(1, 503 if expected >= 60 else 500, retry_after=text)) == expected


def test_nonsense_in_retry_after_is_no_wait() -> None:
    assert [parse_retry_after(text, NOW) for text in ("x", "", "1.5", "1e9")] == [None] * 4


def test_five_days_of_nothing_but_failures_turn_an_endpoint_off() -> None:
    assert after(3, since=NOW - timedelta(days=4, hours=23)).off_because == ""
    assert after(3, since=NOW - timedelta(days=5)).off_because == "Every try of the last 5 days failed."
    assert after(1, since=None).off_because == ""
    assert after(1, 200, since=NOW - timedelta(days=9)) == Verdict("done")


@pytest.mark.parametrize("status", [None, 500, 410])
def test_a_test_is_tried_once_and_turns_nothing_off(status: int | None) -> None:
    long_ago = NOW - timedelta(days=9)
    verdict = judge(tries=1, status=status, retry_after="", now=NOW, failing_since=long_ago, spread=0, is_test=True)
    assert verdict == Verdict("dead")


# --- what is sent


VECTORS = Path(__file__).parents[2] / "shared" / "data" / "webhooks" / "shared_vectors.json"
# One vector of the published library's own tests stands here, for a checkout without the shared data.
PUBLISHED = {
    "secret": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
    "id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
    "timestamp": 1614265330,
    "payload": '{"test": 2432232314}',
    "signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
}


def known_answers() -> list[dict[str, Any]]:
    shared = json.loads(VECTORS.read_text())["known_answer"] if VECTORS.exists() else []
    return [PUBLISHED, *(one for one in shared if one["scheme"] == "v1")]


@pytest.mark.parametrize("vector", known_answers(), ids=lambda vector: str(vector.get("name", "published")))
def test_our_signatures_are_those_of_the_known_answers(vector: dict[str, Any]) -> None:
    headers = headers_of(
        message_id=vector["id"],
        body=vector["payload"].encode(),
        at=datetime.fromtimestamp(vector["timestamp"], UTC),
        secrets=[vector["secret"]],
    )
    assert headers["webhook-signature"] == vector["signature"]
    assert (headers["webhook-id"], headers["webhook-timestamp"]) == (vector["id"], str(vector["timestamp"]))


def signed(at: datetime, *secrets: str) -> dict[str, str]:
    return headers_of(message_id="msg_1", body='{"name":"Käse 🧀"}'.encode(), at=at, secrets=secrets)


NEW, OLD, OTHER = "whsec_bmV3LXNlY3JldC1uZXc=", "whsec_b2xkLXNlY3JldC1vbGQ=", "whsec_b3RoZXItc2VjcmV0LQ=="


def test_two_secrets_sign_twice_and_either_verifies() -> None:
    headers = signed(datetime.now(UTC), NEW, OLD)
    assert len(headers["webhook-signature"].split()) == 2
    for secret in (NEW, OLD):
        assert Webhook(secret).verify('{"name":"Käse 🧀"}'.encode(), headers) == {"name": "Käse 🧀"}
    with pytest.raises(WebhookVerificationError):
        Webhook(OTHER).verify('{"name":"Käse 🧀"}'.encode(), headers)


@pytest.mark.parametrize("seconds", [-301, 301])
def test_a_captured_request_is_refused_by_receivers_after_five_minutes(seconds: int) -> None:
    headers = signed(datetime.now(UTC) + timedelta(seconds=seconds), NEW)
    with pytest.raises(WebhookVerificationError):
        Webhook(NEW).verify('{"name":"Käse 🧀"}'.encode(), headers)


def test_a_body_that_is_too_large_goes_without_its_data() -> None:
    small = {"id": "1", "seq": 7, "type": "order.completed", "data": {"note": "ü" * 100}}
    assert json.loads(body_of(small)) == small
    large = {**small, "data": {"note": "ü" * BODY_BYTES}}
    assert json.loads(body_of(large)) == {**small, "data": None, "thin": True}
    assert len(body_of(large)) <= BODY_BYTES


def test_the_log_keeps_neither_signatures_nor_cookies() -> None:
    headers = signed(datetime.now(UTC), NEW, OLD)
    kept = shown_request(headers)
    assert kept["webhook-signature"] == "v1,*** v1,***"
    assert not any(part in str(kept) for part in headers["webhook-signature"].split())
    assert shown_answer([("Set-Cookie", "sid=1"), ("X-A", "b\x00")]) == {"Set-Cookie": "***", "X-A": "b\ufffd"}
    assert len(str(shown_answer([(f"X-{i}", "y" * 900) for i in range(100)]))) < 5000
