"""Who takes part, by name."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Entry:
    """`place` is module:class. `guest`: needs the environment that `make rivals` makes."""

    title: str
    place: str
    guest: bool = False
    heavy: bool = False  # takes the sets of thousands, too


BARE = "bare"
DPIP = "dpip"

ENTRIES = {
    BARE: Entry("bare OpenCV loop", "benchmarks.bare:BareLoop", heavy=True),
    "sequential": Entry("the same in one thread (sequential)", "benchmarks.bare:Sequential"),
    "engine": Entry("DPIP's engine alone, in memory", "benchmarks.engine:Engine"),
    DPIP: Entry("**DPIP**, everything included, over HTTP", "benchmarks.through_dpip:OneMachine", heavy=True),
    "dpip-bulk": Entry("**DPIP**, the same by bulk upload", "benchmarks.through_dpip:Bulk", heavy=True),
    "dpip-bodies": Entry(
        "**DPIP**, pictures as bare bodies", "benchmarks.through_dpip:BareBodies", heavy=True
    ),
    "dpip-workers": Entry("**DPIP**, a worker per core (parallel)", "benchmarks.through_dpip:WorkerPerCore"),
    "dpip-hosts": Entry(
        "**DPIP**, a host and Ray node per core (distributed)", "benchmarks.through_hosts:HostPerCore"
    ),
    "flask-celery": Entry(
        "Flask upload + Celery + Redis + OpenCV", "benchmarks.rivals.flask_celery:FlaskCelery", True, True
    ),
    "celery": Entry("Celery + Redis, files in place", "benchmarks.rivals.celery_files:CeleryFiles", True),
    "ray-data": Entry("Ray Data (own writer), files in place", "benchmarks.rivals.ray_data:RayData", True),
    "ray-tasks": Entry("plain Ray tasks, files in place", "benchmarks.rivals.ray_tasks:RayTasks", True),
    "pool": Entry("multiprocessing pool, files in place", "benchmarks.rivals.pool:ProcessPool"),
    "pyvips": Entry("pyvips, thread pool, files in place", "benchmarks.rivals.vips:Vips", True),
    "gm": Entry("GraphicsMagick mogrify, one per core", "benchmarks.rivals.mogrify:GraphicsMagick"),
    "mogrify": Entry("ImageMagick mogrify, one per core", "benchmarks.rivals.mogrify:ImageMagick"),
    "thumbor": Entry("thumbor, a process per core", "benchmarks.rivals.thumbor:Thumbor", True),
}
