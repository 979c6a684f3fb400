"""Import a shop's history: the one way in, for the command and for the upload."""

from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from uuid import UUID

from django.conf import settings
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import UploadedFile
from django.db import IntegrityError, transaction

from core.actors import Actor
from core.audit.models import AuditEntry
from core.audit.services import record
from core.errors import Busy, DomainError, Invalid, NotFound
from core.jobs.models import Job
from core.jobs.registry import Progress
from core.jobs.services import enqueue
from core.locations.models import Location
from core.outbox.services import emit
from core.retry import with_locks
from orders.events import ImportFinished
from orders.imports.errors import RefusedRows, UnreadableFile
from orders.imports.formats import FORMATS
from orders.imports.formats.base import Format
from orders.imports.landing import Landed, land
from orders.imports.notes import notes_of
from orders.imports.reading import Source, check_columns, inspect
from orders.imports.staging import staged
from orders.models import ImportRun
from orders.permissions import IMPORT_HISTORY

JOB = "orders.import_history"
NAME_LENGTH = 200


def import_file(run: ImportRun, path: Path, *, actor: Actor, tell: Progress) -> ImportRun:
    """Import a file, all of it or nothing, and keep what came of it in ``run``.

    Safe to repeat: documents that were imported before with the same content are counted and left alone, documents
    with other content are listed and left alone. Memory does not grow with the file.

    Raises:
        UnreadableFile, RefusedRows: nothing landed, ``run`` says why.
        Busy: another import held its locks for too long; nothing landed.
    """
    actor.require(IMPORT_HISTORY, at=run.location_id)
    file_format = format_called(run.format)
    try:
        source = inspect(path, file_format, beat=lambda: tell(0, None, "Reading the file"))
        run.file_size, run.file_sha256 = source.size, source.sha256
        with staged(source, file_format, run.location, tell) as count:
            run.lines_read = count
            _land(run, source, file_format, count, actor=actor, tell=tell)
    except RefusedRows as refusal:
        run.refused_count, run.refused_rows = refusal.count, refusal.rows
        _close(run, ImportRun.State.REFUSED, error=refusal.detail)
        raise
    except UnreadableFile as refusal:
        _close(run, ImportRun.State.REFUSED, error=refusal.detail)
        raise
    tell(2 * count, 2 * count, "Done")
    return run


def new_run(
    *, file_name: str, format_name: str, location: Location, moves_stock: bool, actor: Actor, job_id: UUID | None = None
) -> ImportRun:
    """A run that is not stored yet: the command stores it with its result, an upload before its job."""
    return ImportRun(
        format=format_called(format_name).name,
        location=location,
        moves_stock=moves_stock,
        job_id=job_id,
        file_name=file_name.replace("\0", "")[-NAME_LENGTH:],
        created_by_kind=actor.kind,
        created_by_id=actor.id,
        created_by_label=actor.label[:200],
    )


def request_import(
    upload: "UploadedFile[bytes]",
    *,
    format_name: str,
    location: Location,
    moves_stock: bool,
    actor: Actor,
) -> ImportRun:
    """Keep an uploaded file in the shop's folder and ask a worker to import it.

    What can be seen at a glance is refused at once: size, kind of file, names of columns.

    Raises:
        Forbidden: the actor may not import there.
        UnreadableFile: it cannot be a file of this format. Nothing was kept.
    """
    actor.require(IMPORT_HISTORY, at=location.pk)
    run = new_run(
        file_name=Path(upload.name or "upload").name,
        format_name=format_name,
        location=location,
        moves_stock=moves_stock,
        actor=actor,
    )
    if (upload.size or 0) > settings.UPLOAD_LIMIT_BYTES:
        most = settings.UPLOAD_LIMIT_BYTES // 1024 // 1024
        raise UnreadableFile(f"The file is larger than {most} MB. Pack it with gzip, or split it by months.")
    kept = default_storage.save(stored_name(run.pk), upload)
    try:
        check_columns(Path(default_storage.path(kept)), format_called(format_name))
        with transaction.atomic():
            run.file_size = upload.size or 0
            run.job_id = enqueue(JOB, actor=actor, dedupe_key=str(run.pk), run_id=run.pk).pk
            run.save(force_insert=True)
    except BaseException:
        default_storage.delete(kept)
        raise
    return run


def run_uploaded(run_id: UUID, *, actor: Actor, tell: Progress) -> ImportRun:
    """Do the import that `request_import` asked for; a repeat after it is over only tidies up.

    Raises:
        UnreadableFile, RefusedRows: nothing landed; the run and its report stay, the file goes.
        ConnectionError: other imports are in the way; a later try may do it.
    """
    run = ImportRun.objects.select_related("location").filter(pk=run_id).first()
    if run is None:
        raise NotFound("There is no such import.")
    name = stored_name(run.pk)
    if not run.is_over:
        if not default_storage.exists(name):
            _close(run, ImportRun.State.FAILED, error="The uploaded file is gone. Please upload it again.")
            raise UnreadableFile(run.error)
        ImportRun.objects.filter(pk=run.pk).update(state=ImportRun.State.RUNNING)
        try:
            import_file(run, Path(default_storage.path(name)), actor=actor, tell=tell)
        except Busy as busy:  # a refusal would end the job; this one is worth another try
            raise ConnectionError(busy.detail) from busy
        except DomainError:
            default_storage.delete(name)
            raise
    default_storage.delete(name)
    return run


def tidy_imports() -> int:
    """Close runs whose job ended without them and remove their files; answers how many there were."""
    ended = Job.objects.filter(kind=JOB, state__in=[Job.State.DONE, Job.State.FAILED])
    left = ImportRun.objects.filter(
        state__in=[ImportRun.State.WAITING, ImportRun.State.RUNNING], job_id__in=ended.values("pk")
    )
    count = 0
    for run in left:
        default_storage.delete(stored_name(run.pk))
        _close(run, ImportRun.State.FAILED, error="Something went wrong on our side; nothing was imported.")
        count += 1
    return count


def stored_name(run_id: UUID) -> str:
    """Where the upload of a run waits, below the shop's folder. Never a name that somebody typed."""
    return f"imports/{run_id}"


def format_called(name: str) -> Format:
    """A format by its name. Raises `Invalid`."""
    if name not in FORMATS:
        raise Invalid(f"There is no format {name!r}. We read: {', '.join(sorted(FORMATS))}.")
    return FORMATS[name]


def _land(run: ImportRun, source: Source, file_format: Format, count: int, *, actor: Actor, tell: Progress) -> None:
    attempt = partial(_land_once, run, source, file_format, count, actor=actor, tell=tell)
    try:
        with_locks(attempt)
    except IntegrityError:
        # somebody made an article or a customer with the same code in this moment: now it is known
        try:
            with_locks(attempt)
        except IntegrityError as problem:
            raise Busy from problem


@transaction.atomic(durable=True)
def _land_once(
    run: ImportRun, source: Source, file_format: Format, count: int, *, actor: Actor, tell: Progress
) -> None:
    landed = land(
        file_format=file_format,
        location=run.location,
        moves_stock=run.moves_stock,
        actor=actor,
        tell=tell,
        staged=count,
    )
    _keep(run, landed)
    run.notes = notes_of(source, landed, moves_stock=run.moves_stock)
    _close(run, ImportRun.State.DONE)
    if landed.documents_added:
        _announce(run, actor)


def _keep(run: ImportRun, landed: Landed) -> None:
    run.documents_read, run.sum_read = landed.documents, landed.sum_read
    run.first_day, run.last_day = landed.first_day, landed.last_day
    run.lines_added, run.documents_added, run.sum_added = landed.lines_added, landed.documents_added, landed.sum_added
    run.documents_known, run.documents_conflicting = landed.documents_known, landed.documents_conflicting
    run.articles_added, run.codes_added = landed.articles_added, landed.codes_added
    run.customers_added = landed.customers_added
    run.movements_added = landed.booked.movements if landed.booked else 0
    run.conflicts = landed.conflicts


def _announce(run: ImportRun, actor: Actor) -> None:
    """One audit row and one event for all of it: nobody is helped by 16,000 of each."""
    record(
        AuditEntry.Action.IMPORT,
        actor=actor,
        object_type="import",
        object_id=run.pk,
        object_label=run.file_name,
        changes={
            "format": (None, run.format),
            "sha256": (None, run.file_sha256),
            "documents": (None, run.documents_added),
            "lines": (None, run.lines_added),
            "sum": (None, run.sum_added),
            "moves_stock": (None, run.moves_stock),
        },
    )
    emit(
        ImportFinished(
            import_id=run.pk,
            version=1,
            location_id=run.location_id,
            format="uci-online-retail",
            orders=run.documents_added,
            lines=run.lines_added,
            revenue=run.sum_added,
            first_day=run.first_day,
            last_day=run.last_day,
        ),
        actor=actor,
    )


def _close(run: ImportRun, state: ImportRun.State, *, error: str = "") -> None:
    run.state, run.error, run.finished_at = state, error, datetime.now(UTC)
    run.error = run.error.replace("\0", "\u2400")  # PostgreSQL keeps no NUL
    run.save()
