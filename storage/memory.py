"""A store in memory: for tests, and for a whole DPIP in one process."""

from __future__ import annotations

import hashlib
import io
import threading
import time
from collections.abc import Iterable, Iterator
from typing import BinaryIO

from dpip.errors import MissingBytes, StorageFull
from dpip.ports import Clock, Space, StoredBytes
from storage import keys


class MemoryStore:
    """An `ImageStore` that forgets everything; `capacity_bytes` lets it be full."""

    def __init__(self, capacity_bytes: int | None = None, clock: Clock = time.time) -> None:
        self._capacity = capacity_bytes
        self._clock = clock
        self._lock = threading.Lock()
        self._kept: dict[str, tuple[bytes, float]] = {}
        self._unfinished: dict[MemoryUpload, float] = {}

    def begin(self) -> MemoryUpload:
        upload = MemoryUpload(self)
        with self._lock:
            self._unfinished[upload] = self._clock()
        return upload

    def put(self, key: str, data: bytes | memoryview) -> None:
        keys.split(key)
        upload = self.begin()
        try:
            upload.write(data)
            upload.commit(key)
        finally:
            upload.abort()

    def get(self, key: str) -> bytes:
        keys.split(key)
        with self._lock:
            if key not in self._kept:
                raise MissingBytes(f"the image store holds nothing under {key}")
            return self._kept[key][0]

    def local_path(self, key: str) -> None:
        self.get(key)

    def delete(self, keys: Iterable[str]) -> None:
        with self._lock:
            for key in keys:
                self._kept.pop(key, None)

    def entries(self) -> Iterator[StoredBytes]:
        with self._lock:
            listed = [StoredBytes(key, len(data), at) for key, (data, at) in self._kept.items()]
        yield from listed

    def sweep_unfinished(self, older_than_s: float) -> int:
        with self._lock:
            old = [u for u, at in self._unfinished.items() if self._clock() - at >= older_than_s]
            for upload in old:
                del self._unfinished[upload]
        return len(old)

    def space(self) -> Space | None:
        if self._capacity is None:
            return None
        with self._lock:
            return Space(self._capacity - self._used(), self._capacity)

    def _used(self) -> int:
        unfinished = sum(upload.size_bytes for upload in self._unfinished)
        return sum(len(data) for data, _ in self._kept.values()) + unfinished

    def _require_room(self, upload: MemoryUpload, more: int) -> None:
        with self._lock:
            if self._capacity is not None and self._used() + more > self._capacity:
                raise StorageFull(f"the image store has room for {self._capacity} bytes, and no more")
            self._unfinished[upload] = self._clock()

    def _keep(self, upload: MemoryUpload, key: str, data: bytes) -> None:
        with self._lock:
            self._unfinished.pop(upload, None)
            self._kept[key] = (data, self._clock())

    def _forget(self, upload: MemoryUpload) -> None:
        with self._lock:
            self._unfinished.pop(upload, None)


class MemoryUpload:
    """An `Upload` to a `MemoryStore`."""

    def __init__(self, store: MemoryStore) -> None:
        self._store = store
        self._data = bytearray()

    def write(self, data: bytes | bytearray | memoryview) -> int:
        piece = bytes(data)
        self._store._require_room(self, len(piece))
        self._data += piece
        return len(piece)

    @property
    def size_bytes(self) -> int:
        return len(self._data)

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self._data).hexdigest()

    def reader(self) -> BinaryIO:
        return io.BytesIO(self._data)

    def commit(self, key: str) -> None:
        keys.split(key)
        self._store._keep(self, key, bytes(self._data))

    def abort(self) -> None:
        self._store._forget(self)
