"""How a worker gets originals and hands in results: from the store itself, or through the API.

Both ways a result's key is `dpip.ids.result_key`, one for each attempt: a late result of an attempt
that is over never overwrites the one that stands.
"""

from __future__ import annotations

from collections.abc import Callable

from dpip.domain import ClaimedJob, ImageFacts
from dpip.ids import result_key
from dpip.ports import ImageStore

Extension = Callable[[str], str]  # a format's file extension, dot or not: "jpeg" -> "jpg"
_SHORT = {"jpeg": "jpg", "tiff": "tif"}


def usual_extension(image_format: str) -> str:
    """The extension that files of this format usually have."""
    return _SHORT.get(image_format, image_format)


def key_of_result(claimed: ClaimedJob, extension: str) -> str:
    """Where the result of this attempt lies."""
    return result_key(claimed.job.workload_name, claimed.job.id, claimed.attempt, extension.removeprefix("."))


class StoreExchange:
    """An `ImageExchange` for workers that reach the image store themselves."""

    def __init__(self, store: ImageStore, extension: Extension = usual_extension) -> None:
        self._store = store
        self._extension = extension

    def fetch(self, claimed: ClaimedJob) -> bytes:
        return self._store.get(claimed.job.key)

    def deliver(self, claimed: ClaimedJob, data: bytes, facts: ImageFacts) -> str:
        key = key_of_result(claimed, self._extension(facts.format))
        self._store.put(key, data)
        return key
