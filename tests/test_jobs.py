"""Long work survives: rows with leases remember, the broker only rings."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import transaction

from core.actors import SYSTEM
from core.api.idempotency import KEPT
from core.devices.models import Enrolment
from core.errors import Busy, Conflict, NotFound
from core.idempotency.models import StoredAnswer
from core.jobs import registry
from core.jobs.models import Job
from core.jobs.registry import Kind, Progress
from core.jobs.services import GIVEN_UP, LeasedProgress, LostLease, claim, due_jobs, enqueue, find_job, perform
from core.jobs.tasks import plan_nightly_work, run_job, sweep_jobs
from core.jobs.tidying import JOBS_KEPT, tidy
from core.locations.selectors import zone_of
from core.people.permissions import VIEW_AUDIT
from core.tenancy.context import use_tenant
from core.tenancy.rounds import Rounds, Visits
from core.testing import Shop
from tests.told_of_devices import invited

done: list[Any] = []


def work(*, actor: Any, progress: Progress, say: str, fail: str = "") -> dict[str, Any]:
    progress(1, 2, "half-way")
    if fail == "refuse":
        raise Conflict("This cannot be done.", details={"row": 3})
    if fail == "busy":
        raise Busy
    if fail == "crash":
        raise RuntimeError("a bug")
    done.append((say, actor.label))
    return {"said": say}


@pytest.fixture(autouse=True)
def kind() -> Iterator[None]:
    registry.KINDS["test.say"] = Kind("test.say", work, VIEW_AUDIT, nightly=True)
    done.clear()
    yield
    del registry.KINDS["test.say"]


def ask(acme: Shop, **arguments: Any) -> Job:
    with transaction.atomic():
        return enqueue("test.say", actor=acme.actor("owner"), **{"say": "hello", **arguments})


def test_a_job_runs_once_however_often_the_broker_rings(acme: Shop) -> None:
    job = ask(acme)
    for _ in range(3):
        run_job(acme.tenant.schema_name, str(job.pk))
    job.refresh_from_db()
    assert done == [("hello", "Acme owner")]
    assert (job.state, job.result, job.attempts) == (Job.State.DONE, {"said": "hello"}, 1)
    assert job.lease_token is None and job.finished_at is not None


def test_the_same_key_gives_the_same_job(acme: Shop) -> None:
    assert ask(acme, dedupe_key="k").pk == ask(acme, dedupe_key="k").pk
    assert Job.objects.count() == 1


def test_a_refusal_ends_the_job_in_plain_words(acme: Shop) -> None:
    job = ask(acme, fail="refuse")
    perform(job.pk)
    job.refresh_from_db()
    assert (job.state, job.error, job.result) == (Job.State.FAILED, "This cannot be done.", {"row": 3})


def test_a_crash_is_tried_again_later_and_at_last_given_up(acme: Shop) -> None:
    job = ask(acme, fail="crash")
    for attempt in range(1, 6):
        Job.objects.filter(pk=job.pk).update(run_after=datetime.now(UTC) - timedelta(seconds=1))
        perform(job.pk)
        job.refresh_from_db()
        assert job.attempts == attempt
        assert job.state == (Job.State.WAITING if attempt < 5 else Job.State.FAILED)
    assert "a bug" in job.error and done == []


def test_a_vanished_workers_job_is_due_again_and_the_old_worker_cannot_touch_it(acme: Shop) -> None:
    job = ask(acme)
    first = claim(job.pk)
    assert first is not None and claim(job.pk) is None and due_jobs() == []
    Job.objects.filter(pk=job.pk).update(lease_until=datetime.now(UTC) - timedelta(seconds=1))
    assert [j.pk for j in due_jobs()] == [job.pk]
    second = claim(job.pk)
    assert second is not None and second.lease_token != first.lease_token
    with pytest.raises(LostLease):
        LeasedProgress(first)(1, 1)


def test_nightly_work_is_planned_once_a_business_day_for_every_shop(acme: Shop, globex: Shop, monkeypatch: Any) -> None:
    monkeypatch.setattr("core.jobs.tasks.NIGHT_HOUR", 0)
    monkeypatch.setattr(registry, "KINDS", {"test.say": registry.KINDS["test.say"]})
    monkeypatch.setattr("core.jobs.tasks.KINDS", registry.KINDS)
    monkeypatch.setattr("core.jobs.services.KINDS", registry.KINDS)
    plan_nightly_work()
    plan_nightly_work()
    assert Job.objects.count() == 1
    with use_tenant(globex.tenant):
        assert Job.objects.count() == 1


def test_a_shops_night_is_planned_when_it_begins_though_the_shop_has_no_turn_in_the_round(
    acme: Shop, globex: Shop, monkeypatch: Any
) -> None:
    nights, said = Visits(f"test:{uuid4()}", most=100), {"test.say": registry.KINDS["test.say"]}
    monkeypatch.setattr("core.jobs.tasks.NIGHTS", nights)
    monkeypatch.setattr("core.jobs.tasks.NIGHT_HOUR", 0)
    monkeypatch.setattr("core.jobs.tasks.KINDS", said)
    plan_nightly_work()
    Job.objects.all().delete()
    monkeypatch.setattr(Rounds, "turn", lambda self: [])
    plan_nightly_work()
    assert not Job.objects.exists(), "nobody goes round for what is planned"
    midnight = datetime.now(UTC).astimezone(zone_of()).replace(hour=0, minute=0, second=0, microsecond=0)
    assert nights.turn(midnight + timedelta(days=1, seconds=-1)) == []
    assert {tenant.pk for tenant in nights.turn(midnight + timedelta(days=1))} == {acme.tenant.pk, globex.tenant.pk}


def test_a_task_for_a_shop_that_is_gone_does_nothing(acme: Shop) -> None:
    job = ask(acme)
    run_job("t_0000000000000000", str(job.pk))
    job.refresh_from_db()
    assert job.state == Job.State.WAITING and done == []


def test_a_job_of_another_shop_is_not_found(acme: Shop, globex: Shop) -> None:
    job = ask(acme)
    with use_tenant(globex.tenant), pytest.raises(NotFound):
        find_job(job.pk, actor=SYSTEM)
    run_job(globex.tenant.schema_name, str(job.pk))
    assert done == []
    with pytest.raises(NotFound):
        find_job(uuid4(), actor=SYSTEM)
    with pytest.raises(NotFound):
        find_job(job.pk, actor=acme.actor("cashier"))


def test_a_job_that_could_not_get_its_locks_is_tried_again(acme: Shop) -> None:
    job = ask(acme, fail="busy")
    perform(job.pk)
    job.refresh_from_db()
    assert (job.state, job.error) == (Job.State.WAITING, "Too busy right now, please try again")
    assert job.run_after > datetime.now(UTC)


def test_a_job_that_takes_its_worker_down_every_time_is_given_up(acme: Shop) -> None:
    job = ask(acme)
    for _ in range(5):
        assert claim(job.pk) is not None
        Job.objects.filter(pk=job.pk).update(lease_until=datetime.now(UTC) - timedelta(seconds=1))
    perform(job.pk)
    job.refresh_from_db()
    assert (job.state, job.attempts, job.error, done) == (Job.State.FAILED, 5, GIVEN_UP, [])
    assert job.finished_at is not None and due_jobs() == []


def test_a_job_of_a_kind_that_is_no_more_ends_and_disturbs_nobody(
    acme: Shop, globex: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    hinted: list[tuple[str, str]] = []
    monkeypatch.setattr("core.jobs.tasks.hint", lambda schema, job_id, queue: hinted.append((schema, str(job_id))))
    old = Job.objects.create(kind="from.last.year", dedupe_key="x", run_after=datetime.now(UTC), actor=SYSTEM.as_json())
    with use_tenant(globex.tenant):
        other = ask(globex)
    sweep_jobs()
    assert (acme.tenant.schema_name, str(old.pk)) in hinted and (globex.tenant.schema_name, str(other.pk)) in hinted
    with pytest.raises(NotFound):
        find_job(old.pk, actor=acme.actor("manager"))
    perform(old.pk)
    old.refresh_from_db()
    assert (old.state, old.attempts) == (Job.State.FAILED, 1) and "does not exist any more" in old.error


def test_a_planned_job_and_a_second_try_are_found_though_their_shop_has_no_turn_in_the_round(
    acme: Shop, monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Any
) -> None:
    hinted: list[str] = []
    visits = Visits(f"test:{uuid4()}", most=100)
    monkeypatch.setattr("core.jobs.tasks.VISITS", visits)
    monkeypatch.setattr("core.jobs.services.VISITS", visits)
    monkeypatch.setattr("core.jobs.tasks.hint", lambda schema, job_id, queue: hinted.append(str(job_id)))
    monkeypatch.setattr(Rounds, "turn", lambda self: [])
    with django_capture_on_commit_callbacks(execute=True):
        job = ask(acme, fail="busy", run_after=datetime.now(UTC) + timedelta(milliseconds=1))
    sweep_jobs()
    assert hinted == [str(job.pk)]
    perform(job.pk)
    sweep_jobs()
    assert len(hinted) == 1, "the second try is not due yet"
    due = Job.objects.get().run_after
    assert visits.turn(due - timedelta(seconds=1)) == []
    assert visits.turn(due) == [acme.tenant]


def test_what_is_past_its_time_is_tidied_away_and_nothing_else(acme: Shop) -> None:
    now = datetime.now(UTC)
    for key, age in (("old", KEPT + timedelta(days=1)), ("young", timedelta(days=1))):
        row = StoredAnswer.objects.create(key=key, actor_id=uuid4(), request_hash=b"x", status=200, body={})
        StoredAnswer.objects.filter(pk=row.pk).update(created_at=now - age)
    waiting, old, young = ask(acme), ask(acme), ask(acme)
    Job.objects.filter(pk=waiting.pk).update(created_at=now - 2 * JOBS_KEPT)
    Job.objects.filter(pk=old.pk).update(state=Job.State.DONE, finished_at=now - JOBS_KEPT - timedelta(days=1))
    Job.objects.filter(pk=young.pk).update(state=Job.State.DONE, finished_at=now)
    codes = []
    for prefix, age in (("T1", timedelta(days=31)), ("T2", timedelta(days=29))):
        invited(acme, prefix=prefix)
        codes.append(Enrolment.objects.get(prefix=prefix))
        Enrolment.objects.filter(prefix=prefix).update(expires_at=now - age)
    result = tidy(actor=SYSTEM, progress=lambda done, total=None, message="": None)
    assert (result["answers"], result["jobs"], result["invitations"]) == (1, 1, 1)
    assert list(Enrolment.objects.all()) == codes[1:]
    assert list(StoredAnswer.objects.values_list("key", flat=True)) == ["young"]
    assert set(Job.objects.values_list("pk", flat=True)) == {waiting.pk, young.pk}
