"""How a worker gets originals and hands in results: from the store itself, or through the API.

Both ways a result's key is `dpip.ids.result_key`, one for each attempt: a late result of an attempt
that is over never overwrites the one that stands.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from dpip.domain import DEFAULT_OUTPUT, ClaimedJob, ImageFacts, Making, Output, Timings
from dpip.ids import copy_extension, result_key
from dpip.ports import NO_TIME, ImageStore

Extension = Callable[[str], str]  # a format's file extension, dot or not: "jpeg" -> "jpg"
_SHORT = {"jpeg": "jpg", "tiff": "tif"}


def usual_extension(image_format: str) -> str:
    """The extension that files of this format usually have."""
    return _SHORT.get(image_format, image_format)


def key_of_result(claimed: ClaimedJob, extension: str, output: str = DEFAULT_OUTPUT) -> str:
    """Where an output of this attempt lies; that of a copy beside that of its original."""
    if claimed.copy:
        extension = copy_extension(extension)
    extension = extension.removeprefix(".")
    return result_key(claimed.job.workload_name, claimed.job.id, claimed.attempt, extension, output)


class StoreExchange:
    """An `ImageExchange` for workers that reach the image store themselves."""

    def __init__(self, store: ImageStore, extension: Extension = usual_extension) -> None:
        self._store = store
        self._extension = extension

    def fetch(self, claimed: ClaimedJob) -> bytes:
        return self._store.get(claimed.job.key)

    def deliver(
        self,
        claimed: ClaimedJob,
        data: bytes,
        facts: ImageFacts,
        output: str = DEFAULT_OUTPUT,
        before: Sequence[Output] = (),  # noqa: ARG002 - they lie there, and nobody is told before the last
        *,
        last: bool = True,  # noqa: ARG002 - likewise
        making: Making | None = None,  # noqa: ARG002 - the outcome tells it
        timings: Timings = NO_TIME,  # noqa: ARG002 - likewise
    ) -> str:
        key = key_of_result(claimed, self._extension(facts.format), output)
        self._store.put(key, data)
        return key
