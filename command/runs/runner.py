"""A run: uploads, results and downloads side by side, each step written down when it is done."""

from __future__ import annotations

import asyncio
import hashlib
import os
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from command.exits import Ended
from command.runs.inputs import Input
from command.runs.journal import Journal, Order
from command.runs.plan import hash_of, target_name, todo, unanswered
from command.runs.tally import Tally
from dpip_client import AsyncClient, Image, Options, Result, Sent, Workload
from dpip_client.errors import DpipError, NotFound, Refused
from dpip_client.originals import Original

_DOWNLOADS = 6
Show = Callable[[Tally], None]


class Runner:
    """One run into one folder. `canonical`: which format a name's ending stands for."""

    def __init__(
        self,
        journal: Journal,
        files: Sequence[Input],
        out: Path,
        show: Show,
        canonical: Callable[[str], str | None],
    ) -> None:
        self._journal = journal
        self._files = files
        self._out = out
        self._show = show
        self._canonical = canonical
        self._by_path = {one.path: one for one in files}
        self._known: dict[str, Input] = {}  # originals by id
        self._early: dict[str, list[Result]] = {}  # results whose upload was not answered yet
        self._taken: dict[str, str] = {}  # images by where they lie
        self._done: set[str] = set()  # files with a result that is saved
        self._all_sent = False
        self._slots = asyncio.Semaphore(_DOWNLOADS)
        self.tally = Tally(len(files))

    @property
    def nothing_left(self) -> bool:
        """An earlier run did it all, and the files have not changed since.

        Not where jobs have failed: they may have been replayed.
        """
        state = self._journal.state
        stamps = {name: stamp[:2] for name, stamp in (state.refused | state.sent).items()}
        return (
            state.finished
            and not state.failed
            and all(stamps.get(one.name) == (one.size, one.mtime_ns) for one in self._files)
            and all((self._out / target).exists() for target in state.saved.values())
        )

    def as_before(self) -> Tally:
        """What the journal tells of a run that left nothing to do."""
        state = self._journal.state
        self.tally.workload = state.workload
        self.tally.saved = self.tally.saved_before = len(state.saved)
        self.tally.bad = {name: why for name, (_, _, why) in state.refused.items()}
        return self.tally

    async def run(self, options: Options, order: Order, name: str | None) -> Tally:
        """Raises what the client raises, and `Ended`."""
        began = time.monotonic()
        async with AsyncClient(options=options) as client:
            workload_id, there = await self._workload(client, order, name)
            self.tally.workload = workload_id
            upload = await asyncio.to_thread(self._resume, there)
            self._show(self.tally)
            try:
                async with asyncio.TaskGroup() as group:
                    group.create_task(self._send(client, workload_id, upload, group))
                    async for result in client.results(workload_id, self._is_last):
                        self._came(client, result, group)
            except* Exception as several:
                raise _first(several) from None
            self.tally.notes = await _notes(client, workload_id)
        self._journal.finished()
        self.tally.seconds = time.monotonic() - began
        return self.tally

    async def _workload(self, client: AsyncClient, order: Order, name: str | None) -> tuple[str, list[Image]]:
        """The run's workload, and the originals that it has already."""
        state = self._journal.state
        if state.workload is None:
            made = await client.create(order.pipeline, name, order.tags, key=state.key)
            self._journal.workload(made.id)
            if not made.total:
                return made.id, []
        workload_id = state.workload
        assert workload_id is not None  # noqa: S101 - it was noted above
        try:
            await self._repeat(client, workload_id)
            return workload_id, [image async for image in client.images(workload_id, "original")]
        except NotFound:
            raise Ended(
                f"the workload of the run in {self._out} is not there any more, or {client.options.url} is "
                "another system; say --fresh to begin anew"
            ) from None

    async def _repeat(self, client: AsyncClient, workload_id: str) -> None:
        """Requests that were cut off, once more as they were: the server knows what it kept of them."""
        for batch in unanswered(self._files, self._journal.state, self._key, time.time()):
            sources = [one.path for one in batch]
            if not all(os.access(path, os.R_OK) for path in sources):
                continue
            try:
                async for sent in client.upload_many(workload_id, sources, key_of=self._key_of):
                    self._note(sent)
            except NotFound:
                raise
            except Refused:  # then it is looked up by content
                continue

    def _resume(self, there: Sequence[Image]) -> list[Input]:
        """Take over what is done; what is left to upload."""
        state = self._journal.state
        plan = todo(self._files, state, there, hash_of)
        for one, image_id in plan.adopted:
            self._journal.sent(one, image_id)
        self._known = dict(plan.known)
        self.tally.sent = len(plan.known) + len(plan.refused)
        for one, why in plan.refused:
            self._bad(one.name, why)
        for image_id, target in list(state.saved.items()):
            if (self._out / target).exists():
                self._taken[target] = image_id
            else:
                del state.saved[image_id]
        readable = [one for one in plan.upload if os.access(one.path, os.R_OK)]
        for one in plan.upload:
            if one not in readable:
                self._bad(one.name, "it cannot be read: permission denied")
        return readable

    async def _send(
        self, client: AsyncClient, workload_id: str, upload: Sequence[Input], group: asyncio.TaskGroup
    ) -> None:
        sources = [one.path for one in upload]
        async for sent in client.upload_many(workload_id, sources, in_order=False, key_of=self._key_of):
            one, why = self._note(sent)
            self.tally.sent += 1
            if sent.image_id is None:
                self._bad(one.name, why)
            else:
                self._known[sent.image_id] = one
                for result in self._early.pop(sent.image_id, []):
                    self._came(client, result, group)
            self._show(self.tally)
        self._all_sent = True

    def _note(self, sent: Sent) -> tuple[Input, str]:
        """What became of a file; why it was refused, if it was."""
        one, why = self._by_path[sent.source], ""
        if sent.image_id is None:
            why = sent.error.detail if sent.error else "refused"
            self._journal.refused(one, why)
        else:
            self._journal.sent(one, sent.image_id)
        return one, why

    def _key_of(self, batch: Sequence[Original]) -> str:
        """Noted before the request is begun."""
        inputs = [self._by_path[original.source] for original in batch]
        key = self._key(inputs)
        self._journal.sending(key, inputs, time.time())
        return key

    def _key(self, inputs: Sequence[Input]) -> str:
        """The same request of a run that goes on has the same key."""
        told = "\n".join(f"{one.name} {one.size} {one.mtime_ns}" for one in inputs)
        return f"{self._journal.state.key}-{hashlib.sha256(told.encode()).hexdigest()[:32]}"

    def _is_last(self, seen: Workload) -> bool:
        if seen.running != self.tally.running:
            self.tally.running = seen.running
            self._show(self.tally)
        if not self._known:  # all were refused: nothing of such a workload ever completes
            return self._all_sent
        return self._all_sent and seen.completed and seen.total >= len(self._known)

    def _came(self, client: AsyncClient, result: Result, group: asyncio.TaskGroup) -> None:
        one = self._known.get(result.original_id)
        if one is None:
            if not self._all_sent:
                self._early.setdefault(result.original_id, []).append(result)
            return  # else of a file that was changed or is gone since
        if result.failure is not None:
            if result.original_id not in self._journal.state.failed:
                self._journal.failed(result.original_id, result.failure.detail)
            self._bad(one.name, result.failure.detail)
        elif result.image_id in self._journal.state.saved:
            self.tally.saved += 1
            self.tally.saved_before += 1
            self._ended(one)
        else:
            self.tally.filtered += 1
            group.create_task(self._save(client, one, result))
        self._show(self.tally)

    async def _save(self, client: AsyncClient, one: Input, result: Result) -> None:
        image_id = result.image_id or ""
        async with self._slots:
            came = await client.download(image_id, self._journal.incoming())
        target = self._free_target(one, result, came.suffix)
        place = self._out / target
        place.parent.mkdir(parents=True, exist_ok=True)
        came.replace(place)
        self._journal.saved(image_id, target)
        self.tally.saved += 1
        self._ended(one)
        self._show(self.tally)

    def _free_target(self, one: Input, result: Result, extension: str) -> str:
        """Where two originals differ in their endings alone, both endings stand in the second's name."""
        target = target_name(one, result.output, extension, self._canonical)
        if self._taken.get(target, result.image_id) != result.image_id:
            target = target.removesuffix(Path(target).suffix) + Path(one.name).suffix + extension
        self._taken[target] = result.image_id or ""
        return target

    def _ended(self, one: Input) -> None:
        if one.name not in self._done:
            self._done.add(one.name)
            self.tally.ended += 1

    def _bad(self, name: str, why: str) -> None:
        self.tally.bad[name] = why
        self.tally.ended += 1


async def _notes(client: AsyncClient, workload_id: str) -> dict[str, int]:
    """What the results could not keep, and how many of them. The run is not worse for not knowing it."""
    try:
        report = await client.report(workload_id)
    except DpipError:
        return {}
    return {one["note"]: one["images"] for one in report["notes"]}


def _first(several: BaseExceptionGroup[BaseException]) -> BaseException:
    """A group of one task's error is that error."""
    error: BaseException = several
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error
