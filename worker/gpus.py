"""GPUs as NVML describes them; a machine without any simply has none."""

from __future__ import annotations

import logging
import threading

import pynvml

from dpip.domain import Gpu

log = logging.getLogger(__name__)


class GpuWatch:
    """Reads the GPUs of this machine. Any thread may use it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._absent = False
        self._open = False

    def read(self) -> tuple[Gpu, ...]:
        """The GPUs with their present use; none when NVML cannot tell."""
        with self._lock:
            if self._absent:
                return ()
            try:
                if not self._open:
                    pynvml.nvmlInit()
                    self._open = True
                return tuple(_gpu(index) for index in range(pynvml.nvmlDeviceGetCount()))
            except pynvml.NVMLError_LibraryNotFound:
                self._absent = True  # no driver: it will not come by itself
            except pynvml.NVMLError as error:
                log.debug("the GPUs cannot be read: %s", error)
            return ()

    def close(self) -> None:
        with self._lock:
            if self._open:
                pynvml.nvmlShutdown()
                self._open = False


def _gpu(index: int) -> Gpu:
    handle = pynvml.nvmlDeviceGetHandleByIndex(index)
    memory = pynvml.nvmlDeviceGetMemoryInfo(handle)
    name = pynvml.nvmlDeviceGetName(handle)
    return Gpu(
        index=index,
        name=name.decode() if isinstance(name, bytes) else str(name),
        memory_total=int(memory.total),
        memory_used=int(memory.used),
        utilisation_percent=float(_utilisation(handle)),
    )


def _utilisation(handle: object) -> float:
    try:
        return float(pynvml.nvmlDeviceGetUtilizationRates(handle).gpu)
    except pynvml.NVMLError:  # some devices do not tell
        return 0.0
