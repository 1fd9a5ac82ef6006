"""What the job of a frame asks of a worker. All frames of a video are alike."""

from __future__ import annotations

import hashlib
import io

from dpip.domain import ImageFacts, Needs, Workload
from dpip.ports import NewOriginal
from imaging import Limits, check_output_of_plan, estimate_memory_of_plan, parse_plan, read_header


class FrameNeeds:
    """Makes frames originals. Raises `TooLarge` or `Unprocessable` where the pipeline cannot take them."""

    def __init__(self, workload: Workload, limits: Limits) -> None:
        self._workload = workload
        self._limits = limits
        self._plan = parse_plan(workload.pipeline)
        self._memory: dict[tuple[int, int], int] = {}

    def original(self, name: str, pnm: bytes) -> NewOriginal:
        header = read_header(io.BytesIO(pnm), len(pnm), self._limits)
        size = header.width, header.height
        if size not in self._memory:
            check_output_of_plan(header, self._plan, self._limits)
            self._memory[size] = estimate_memory_of_plan(header, self._plan)
        facts = ImageFacts(
            header.format, header.width, header.height, len(pnm), hashlib.sha256(pnm).hexdigest()
        )
        needs = Needs(facts.megapixels, self._memory[size], self._workload.tags)
        return NewOriginal(self._workload.id, name, header.extension.removeprefix("."), facts, needs)
