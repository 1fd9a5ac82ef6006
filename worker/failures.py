"""From what went wrong with a job to what is recorded of it."""

from __future__ import annotations

from dpip.domain import Failure
from dpip.errors import (
    DpipError,
    Fenced,
    MissingBytes,
    Refused,
    StorageFull,
    TooLarge,
    Unprocessable,
    UnsupportedFormat,
)

_KINDS: tuple[tuple[type[Refused], str], ...] = (
    (TooLarge, "too-large"),
    (UnsupportedFormat, "unsupported"),
    (Unprocessable, "unreadable"),
)


class Cancelled(Exception):
    """Nobody wants this job's result any more."""


class Poisonous(Exception):
    """The picture ended the process that worked on it."""


class StorageTrouble(Exception):
    """An original could not be fetched, or a result not delivered; the cause is chained."""

    def __init__(self, cause: Exception) -> None:
        super().__init__(str(cause))
        self.cause = cause


def failure_of(error: BaseException) -> Failure:
    """What to record. Whatever another attempt may mend is retryable; attempts are counted elsewhere."""
    match error:
        case Cancelled():
            failure = Failure("cancelled", "the job was cancelled while it was on the worker")
        case Poisonous():
            failure = Failure("poisonous", str(error))
        case StorageTrouble():
            failure = _storage_failure(error.cause)
        case MemoryError():
            failure = _out_of_memory(str(error))
        case TooLarge() if error.__cause__ is not None:  # not by its header: memory ran out on the way
            failure = _out_of_memory(error.detail)
        case Refused():
            kind = next((word for family, word in _KINDS if isinstance(error, family)), "refused")
            failure = Failure(kind, error.detail)
        case _:
            failure = Failure("internal", f"{type(error).__name__} on the worker: {error}", retryable=True)
    return failure


def _out_of_memory(detail: str) -> Failure:
    return Failure("memory", detail or "the worker had not enough memory for this picture", retryable=True)


def _storage_failure(cause: Exception) -> Failure:
    detail = cause.detail if isinstance(cause, DpipError) else f"{type(cause).__name__}: {cause}"
    match cause:
        case Fenced():
            return Failure("fenced", detail)
        case MissingBytes():  # elsewhere, or a moment later, the store may show them
            return Failure("missing", detail, retryable=True)
        case StorageFull():
            return Failure("storage-full", detail, retryable=True)
        case _:
            return Failure("storage", detail, retryable=True)
