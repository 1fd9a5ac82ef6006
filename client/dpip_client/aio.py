"""The face for programs with an asyncio event loop: the same methods, awaited. Tasks may share a client."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterable, Iterator, Mapping
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

import httpx

from dpip_client import api, flows, uploading
from dpip_client.calls import Answer, Body, Call, Outcome, news_in
from dpip_client.connecting import DEFAULT_URL, Options, broken, headers, lower
from dpip_client.flows import Flow, Item, Sleep
from dpip_client.hooks import Delivery, Webhook
from dpip_client.models import Image, Job, Json, Result, Sent, Video, Worker, Workload
from dpip_client.originals import Source
from dpip_client.saving import Memory, saving
from dpip_client.uploading import KeyOf, no_key

T = TypeVar("T")
_SMALL_BODY = 64 * 1024  # not worth a thread


class AsyncClient:
    """A running DPIP; see `Client` for what the methods do."""

    def __init__(self, url: str = DEFAULT_URL, token: str = "", *, options: Options | None = None) -> None:
        self.options = options or Options(url, token)
        self.token = self.options.token
        self._http = httpx.AsyncClient(**self.options.for_httpx())

    @classmethod
    def from_environment(cls) -> Self:
        """DPIP_URL (default: this machine), DPIP_TOKEN, DPIP_CA_FILE."""
        return cls(options=Options.from_environment())

    async def login(self, user: str, password: str) -> str:
        self.token = await self._ask(api.login(user, password))
        return self.token

    async def logout(self) -> None:
        await self._ask(api.logout())
        self.token = ""

    async def index(self) -> Json:
        return await self._ask(api.index())

    async def ready(self) -> Json:
        return await self._ask(api.ready())

    async def status(self) -> Json:
        return await self._ask(api.status())

    async def workers(self) -> list[Worker]:
        return await self._ask(api.workers())

    async def filters(self) -> list[Json]:
        return await self._ask(api.filters())

    async def create(
        self,
        pipeline: str | list[Any] = "grayscale",
        name: str | None = None,
        tags: Iterable[str] = (),
        parameters: Mapping[str, object] | None = None,
        *,
        key: str | None = None,
    ) -> Workload:
        return await self._ask(api.create(pipeline, name, tags, parameters, key))

    async def workload(self, workload_id: str) -> Workload:
        return await self._ask(api.workload(workload_id))

    async def news(self, workload_id: str) -> AsyncGenerator[Json, None]:
        """As `Client.news`."""
        call = api.news(workload_id)
        try:
            async with self._http.stream(
                call.method, call.path, headers=headers(call, self.token)
            ) as response:
                if response.is_success:
                    async for line in response.aiter_lines():
                        told = news_in(line)
                        if told is not None:
                            yield told
        except httpx.HTTPError:
            return

    def workloads(self) -> AsyncIterator[Workload]:
        return self._steps(flows.pages(api.workloads(), "workloads", Workload.of, self.options.patience))

    def images(self, workload_id: str, kind: str | None = None) -> AsyncIterator[Image]:
        return self._steps(flows.images(workload_id, kind, self.options.patience))

    def jobs(self, workload_id: str, state: str | None = None) -> AsyncIterator[Job]:
        return self._steps(flows.jobs(workload_id, state, self.options.patience))

    async def report(self, workload_id: str) -> Json:
        return await self._ask(api.report(workload_id))

    async def cancel(self, workload_id: str) -> Workload:
        return await self._ask(api.cancel(workload_id))

    async def resume(self, workload_id: str) -> Workload:
        return await self._ask(api.resume(workload_id))

    async def replay(self, workload_id: str, kind: str | None = None) -> int:
        return await self._ask(api.replay(workload_id, kind))

    async def delete(self, workload_id: str) -> int:
        return await self._ask(api.delete(workload_id))

    async def upload(self, workload_id: str, source: Source, *, key: str | None = None) -> str:
        return await self._run(uploading.upload(workload_id, source, self.options.patience, key))

    async def upload_many(
        self,
        workload_id: str,
        sources: Iterable[Source],
        *,
        in_order: bool = True,
        key_of: KeyOf = no_key,
    ) -> AsyncGenerator[Sent, None]:
        """`key_of`: the idempotency key of a file that is sent alone, for programs that start again."""
        plan = uploading.plan(workload_id, sources, self.options.patience, key_of)
        sent_by_request = self._side_by_side(plan, 1 if in_order else self.options.at_once)
        try:
            async for sent in sent_by_request:
                for one in sent:
                    yield one
        finally:
            await sent_by_request.aclose()

    def results(
        self, workload_id: str, until: Callable[[Workload], bool] = lambda seen: seen.completed
    ) -> AsyncGenerator[Result, None]:
        """`until`: looks at the workload each time, and says whether that was the last."""
        return self._steps(flows.results(workload_id, until, self.options.patience))

    async def read(self, image_id: str) -> bytes:
        sink = Memory()
        return sink.taken(await self._ask(api.download(image_id, sink)))

    async def download(self, image_id: str, target: str | Path) -> Path:
        with saving(Path(target)) as sink:
            return sink.keep(await self._ask(api.download(image_id, sink)))

    async def upload_video(
        self,
        source: Source,
        pipeline: str = "grayscale",
        name: str | None = None,
        tags: Iterable[str] = (),
        video_format: str | None = None,
        video_quality: str | None = None,
        *,
        key: str | None = None,
    ) -> Video:
        fields = uploading.video_fields(pipeline, name, tags, video_format, video_quality)
        return await self._run(uploading.upload_video(source, fields, self.options.patience, key))

    async def video(self, video_id: str) -> Video:
        return await self._ask(api.video(video_id))

    def videos(self) -> AsyncIterator[Video]:
        return self._steps(flows.pages(api.videos(), "videos", Video.of, self.options.patience))

    async def download_video(self, video_id: str, target: str | Path, kind: str | None = None) -> Path:
        with saving(Path(target)) as sink:
            return sink.keep(await self._ask(api.download_video(video_id, kind, sink)))

    async def create_webhook(
        self,
        url: str,
        name: str | None = None,
        events: Iterable[str] = (),
        workload_id: str | None = None,
    ) -> Webhook:
        return await self._ask(api.create_webhook(url, name, events, workload_id))

    def webhooks(self) -> AsyncIterator[Webhook]:
        return self._steps(flows.pages(api.webhooks(), "webhooks", Webhook.of, self.options.patience))

    async def delete_webhook(self, webhook_id: str) -> None:
        await self._ask(api.delete_webhook(webhook_id))

    async def test_webhook(self, webhook_id: str) -> Delivery:
        return await self._ask(api.test_webhook(webhook_id))

    def deliveries(self, webhook_id: str, state: str | None = None) -> AsyncIterator[Delivery]:
        first = api.deliveries(webhook_id, state)
        return self._steps(flows.pages(first, "deliveries", Delivery.of, self.options.patience))

    async def redeliver(self, webhook_id: str, delivery_id: str) -> Delivery:
        return await self._ask(api.redeliver(webhook_id, delivery_id))

    async def close(self) -> None:
        await self._http.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def _ask(self, call: Call[T]) -> T:
        return await self._run(flows.answered(call, self.options.patience))

    async def _run(self, flow: Flow[T]) -> T:
        outcome: Outcome = None
        while True:
            try:
                step = flow.send(outcome)
            except StopIteration as end:
                result: T = end.value
                return result
            assert not isinstance(step, Item)  # noqa: S101 - flows with items go through _steps
            outcome = await self._carry_out(step)

    async def _steps(self, flow: Flow[None]) -> AsyncGenerator[Any, None]:
        """Carry a flow's steps out; its items are passed on."""
        outcome: Outcome = None
        while True:
            try:
                step = flow.send(outcome)
            except StopIteration:
                return
            outcome = None
            if isinstance(step, Item):
                yield step.value
            else:
                outcome = await self._carry_out(step)

    async def _carry_out(self, step: Call[Any] | Sleep) -> Outcome:
        if isinstance(step, Sleep):
            await asyncio.sleep(step.seconds)
            return None
        return await self._send(step)

    async def _send(self, call: Call[Any]) -> Outcome:
        began = time.monotonic()
        content = None if call.body is None else _content(call.body)
        try:
            async with self._http.stream(
                call.method, call.path, headers=headers(call, self.token), content=content
            ) as response:
                if call.sink is not None and response.is_success:
                    call.sink.begin()
                    async for piece in response.aiter_raw():
                        await asyncio.to_thread(call.sink.write, piece)
                    body = b""
                else:
                    body = await response.aread()
        except httpx.HTTPError as error:
            return broken(error, self.options.url)
        return Answer(response.status_code, lower(response.headers), body, time.monotonic() - began)

    async def _side_by_side(self, work: Iterator[Flow[T]], lanes: int) -> AsyncGenerator[T, None]:
        """Flows carried out in so many tasks; no more are begun than there are lanes."""
        running: set[asyncio.Task[T]] = set()
        try:
            while True:
                running |= {
                    asyncio.create_task(self._run(flow)) for flow in islice(work, lanes - len(running))
                }
                if not running:
                    return
                done, running = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
                for task in done:
                    yield task.result()
        finally:
            for task in running:
                task.cancel()
            await asyncio.gather(*running, return_exceptions=True)


def _content(body: Body) -> bytes | AsyncIterator[bytes]:
    pieces = body.pieces()
    return b"".join(pieces) if body.length <= _SMALL_BODY else _in_threads(pieces)


async def _in_threads(pieces: Iterator[bytes]) -> AsyncIterator[bytes]:
    """Files are read where they keep no other task waiting."""
    while (piece := await asyncio.to_thread(next, pieces, None)) is not None:
        yield piece
