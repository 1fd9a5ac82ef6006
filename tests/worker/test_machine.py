from __future__ import annotations

from pathlib import Path

import psutil
import pynvml
import pytest

from dpip.domain import Gpu
from worker import cgroup
from worker.gpus import GpuWatch
from worker.machine import Meter, usable_cores

GIB = 2**30


@pytest.fixture
def groups(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A control group inside another one; neither has a limit yet."""
    inner = tmp_path / "outer" / "inner"
    inner.mkdir(parents=True)
    monkeypatch.setattr(cgroup, "_groups", lambda: iter((inner, inner.parent)))
    monkeypatch.setattr(cgroup, "_V1_MEMORY", tmp_path / "v1")
    return inner


def limit(group: Path, maximum: str, used: int = 0, cache: int = 0) -> None:
    (group / "memory.max").write_text(f"{maximum}\n")
    (group / "memory.current").write_text(f"{used}\n")
    (group / "memory.stat").write_text(f"anon 1\ninactive_file {cache}\nslab 2\n")


def test_without_limits_the_machine_is_all_there_is(groups: Path) -> None:
    limit(groups, "max")
    assert cgroup.memory_limit() is None
    assert cgroup.memory_left() is None
    assert cgroup.core_limit() is None
    meter = Meter(2, GpuWatch())
    assert meter.machine().memory_total == psutil.virtual_memory().total


def test_the_tightest_limit_counts_and_cache_is_free(groups: Path) -> None:
    limit(groups, str(4 * GIB), used=GIB)
    limit(groups.parent, str(2 * GIB), used=GIB, cache=GIB // 2)
    assert cgroup.memory_limit() == 2 * GIB
    assert cgroup.memory_left() == 3 * GIB // 2
    meter = Meter(2, GpuWatch())
    assert meter.machine().memory_total == 2 * GIB
    assert meter.load(3).memory_available <= 3 * GIB // 2
    assert meter.load(3).running_jobs == 3


def test_a_quota_leaves_at_least_one_core(groups: Path) -> None:
    (groups / "cpu.max").write_text("50000 100000\n")
    (groups.parent / "cpu.max").write_text("max 100000\n")
    assert cgroup.core_limit() == 1
    assert usable_cores() == 1


def test_the_old_interface_is_read_too(groups: Path, tmp_path: Path) -> None:
    old = tmp_path / "v1"
    old.mkdir()
    (old / "memory.limit_in_bytes").write_text(str(GIB))
    (old / "memory.usage_in_bytes").write_text(str(GIB // 4))
    (old / "memory.stat").write_text("total_inactive_file 0\n")
    assert (cgroup.memory_limit(), cgroup.memory_left()) == (GIB, 3 * GIB // 4)
    (old / "memory.limit_in_bytes").write_text("9223372036854771712")
    assert cgroup.memory_limit() is None


def test_cpu_use_is_a_percentage_of_the_machine() -> None:
    assert 0.0 <= Meter(1, GpuWatch()).load(0).cpu_percent <= 100.0


def test_a_machine_without_a_driver_has_no_gpu() -> None:
    try:
        pynvml.nvmlInit()
    except pynvml.NVMLError:
        watch = GpuWatch()
        assert watch.read() == ()
        assert watch.read() == ()
        watch.close()
    else:
        pynvml.nvmlShutdown()
        pytest.skip("this machine has an NVIDIA driver")


def test_gpus_are_read_with_their_use(monkeypatch: pytest.MonkeyPatch) -> None:
    """NVML's answers on a machine that has none: only the numbers are made up, by NVML's own types."""
    memory = pynvml.c_nvmlMemory_t(total=8 * GIB, free=6 * GIB, used=2 * GIB)
    use = pynvml.c_nvmlUtilization_t(gpu=37, memory=11)
    for name, answer in {
        "nvmlInit": None,
        "nvmlShutdown": None,
        "nvmlDeviceGetCount": 1,
        "nvmlDeviceGetHandleByIndex": object(),
        "nvmlDeviceGetMemoryInfo": memory,
        "nvmlDeviceGetName": "NVIDIA Something",
        "nvmlDeviceGetUtilizationRates": use,
    }.items():
        monkeypatch.setattr(pynvml, name, lambda *_, answer=answer: answer)
    watch = GpuWatch()
    assert watch.read() == (Gpu(0, "NVIDIA Something", 8 * GIB, 2 * GIB, 37.0),)
    watch.close()
