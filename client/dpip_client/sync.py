"""The face for programs without an event loop. Threads may share a client."""

from __future__ import annotations

import time
from collections.abc import Generator, Iterable, Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

import httpx

from dpip_client import api, flows, uploading
from dpip_client.calls import Answer, Call, Outcome, news_in
from dpip_client.connecting import DEFAULT_URL, Options, broken, headers, lower
from dpip_client.flows import Flow, Item, Sleep
from dpip_client.hooks import Delivery, Webhook
from dpip_client.models import Image, Job, Json, Result, Sent, Video, Worker, Workload
from dpip_client.originals import Source
from dpip_client.saving import Memory, saving

T = TypeVar("T")


class Client:
    """A running DPIP. Every method raises `DpipError`; what may succeed later was tried again by then."""

    def __init__(self, url: str = DEFAULT_URL, token: str = "", *, options: Options | None = None) -> None:
        self.options = options or Options(url, token)
        self.token = self.options.token
        self._http = httpx.Client(**self.options.for_httpx())

    @classmethod
    def from_environment(cls) -> Self:
        """DPIP_URL (default: this machine), DPIP_TOKEN, DPIP_CA_FILE."""
        return cls(options=Options.from_environment())

    def login(self, user: str, password: str) -> str:
        """The token, which this client uses from now on."""
        self.token = self._ask(api.login(user, password))
        return self.token

    def logout(self) -> None:
        """The token is dead from then on."""
        self._ask(api.logout())
        self.token = ""

    def index(self) -> Json:
        """What the API says of itself to anybody."""
        return self._ask(api.index())

    def ready(self) -> Json:
        """What is fine. Raises `NotReady`, with what is not."""
        return self._ask(api.ready())

    def status(self) -> Json:
        return self._ask(api.status())

    def workers(self) -> list[Worker]:
        return self._ask(api.workers())

    def filters(self) -> list[Json]:
        """Every filter with its parameters as JSON Schema."""
        return self._ask(api.filters())

    def create(
        self,
        pipeline: str | list[Any] = "grayscale",
        name: str | None = None,
        tags: Iterable[str] = (),
        parameters: Mapping[str, object] | None = None,
        *,
        key: str | None = None,
    ) -> Workload:
        """A new workload; `key` makes it the same one when the same is asked for again."""
        return self._ask(api.create(pipeline, name, tags, parameters, key))

    def workload(self, workload_id: str) -> Workload:
        return self._ask(api.workload(workload_id))

    def workloads(self) -> Iterator[Workload]:
        """Newest first."""
        return self._items(flows.pages(api.workloads(), "workloads", Workload.of, self.options.patience))

    def news(self, workload_id: str) -> Generator[Json, None, None]:
        """How a workload stands (`status`, the counts): at once, and whenever that changes.

        Ends when the server ends the stream, has no room for another, or is away: then look by yourself, or
        come again. A stream begins with how things stand, so nothing is missed in between.
        """
        call = api.news(workload_id)
        try:
            with self._http.stream(call.method, call.path, headers=headers(call, self.token)) as response:
                if response.is_success:
                    yield from filter(None, map(news_in, response.iter_lines()))
        except httpx.HTTPError:
            return

    def images(self, workload_id: str, kind: str | None = None) -> Iterator[Image]:
        """`kind`: original or filtered; both when left out."""
        return self._items(flows.images(workload_id, kind, self.options.patience))

    def jobs(self, workload_id: str, state: str | None = None) -> Iterator[Job]:
        return self._items(flows.jobs(workload_id, state, self.options.patience))

    def report(self, workload_id: str) -> Json:
        """How its results were made, and in `notes` what they could not keep."""
        return self._ask(api.report(workload_id))

    def cancel(self, workload_id: str) -> Workload:
        """Stop its jobs, keep what is done."""
        return self._ask(api.cancel(workload_id))

    def resume(self, workload_id: str) -> Workload:
        """Do what was cancelled after all."""
        return self._ask(api.resume(workload_id))

    def replay(self, workload_id: str, kind: str | None = None) -> int:
        """Its failed jobs once more, or those that failed for reasons of a kind; how many those are."""
        return self._ask(api.replay(workload_id, kind))

    def delete(self, workload_id: str) -> int:
        """Remove it with all its images; how many those were."""
        return self._ask(api.delete(workload_id))

    def upload(self, workload_id: str, source: Source, *, key: str | None = None) -> str:
        """The id of the image that is kept now. `source`: a path, or (name, bytes)."""
        return self._run(uploading.upload(workload_id, source, self.options.patience, key))

    def upload_many(
        self, workload_id: str, sources: Iterable[Source], *, in_order: bool = True
    ) -> Iterator[Sent]:
        """What became of each, as it comes to be known; small files travel together.

        In order: their ids sort as they were given, which takes one request after another. Else `at_once`
        requests go side by side.
        """
        lanes = 1 if in_order else self.options.at_once
        for sent in self._side_by_side(uploading.plan(workload_id, sources, self.options.patience), lanes):
            yield from sent

    def results(self, workload_id: str) -> Iterator[Result]:
        """Results and failures as they come to be, until the workload is completed."""
        return self._items(flows.results(workload_id, lambda seen: seen.completed, self.options.patience))

    def read(self, image_id: str) -> bytes:
        """The bytes of an image."""
        sink = Memory()
        return sink.taken(self._ask(api.download(image_id, sink)))

    def download(self, image_id: str, target: str | Path) -> Path:
        """Save an image as `target`, or in it if it is a folder: whole, or not at all. Where it lies."""
        with saving(Path(target)) as sink:
            return sink.keep(self._ask(api.download(image_id, sink)))

    def upload_video(
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
        """Upload a video whose frames are to be filtered. `source`: a path, or (name, bytes). `video_format`
        of the result: mp4, mkv or webm; left out, MP4 where the sound fits in. `video_quality`: high (the
        default), medium or low."""
        fields = uploading.video_fields(pipeline, name, tags, video_format, video_quality)
        return self._run(uploading.upload_video(source, fields, self.options.patience, key))

    def video(self, video_id: str) -> Video:
        """How far it is."""
        return self._ask(api.video(video_id))

    def videos(self) -> Iterator[Video]:
        """Newest first."""
        return self._items(flows.pages(api.videos(), "videos", Video.of, self.options.patience))

    def download_video(self, video_id: str, target: str | Path, kind: str | None = None) -> Path:
        """Save the filtered video as `target` (kind original: the uploaded one), or in it if it is a folder:
        whole, or not at all. Where it lies."""
        with saving(Path(target)) as sink:
            return sink.keep(self._ask(api.download_video(video_id, kind, sink)))

    def create_webhook(
        self,
        url: str,
        name: str | None = None,
        events: Iterable[str] = (),
        workload_id: str | None = None,
    ) -> Webhook:
        """With its secret, this once. No `events`: all there are; no `workload_id`: of all of yours."""
        return self._ask(api.create_webhook(url, name, events, workload_id))

    def webhooks(self) -> Iterator[Webhook]:
        """Newest first."""
        return self._items(flows.pages(api.webhooks(), "webhooks", Webhook.of, self.options.patience))

    def delete_webhook(self, webhook_id: str) -> None:
        """With what waits for it."""
        self._ask(api.delete_webhook(webhook_id))

    def test_webhook(self, webhook_id: str) -> Delivery:
        """Have a `webhook.test` sent; `deliveries` tells what came of it."""
        return self._ask(api.test_webhook(webhook_id))

    def deliveries(self, webhook_id: str, state: str | None = None) -> Iterator[Delivery]:
        """What was sent to it or waits to be, newest first."""
        first = api.deliveries(webhook_id, state)
        return self._items(flows.pages(first, "deliveries", Delivery.of, self.options.patience))

    def redeliver(self, webhook_id: str, delivery_id: str) -> Delivery:
        """Send once more what ended."""
        return self._ask(api.redeliver(webhook_id, delivery_id))

    def close(self) -> None:
        self._http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _ask(self, call: Call[T]) -> T:
        return self._run(flows.answered(call, self.options.patience))

    def _run(self, flow: Flow[T]) -> T:
        steps = self._steps(flow)
        while True:
            try:
                next(steps)
            except StopIteration as end:
                result: T = end.value
                return result

    def _items(self, flow: Flow[None]) -> Iterator[Any]:
        yield from self._steps(flow)

    def _steps(self, flow: Flow[T]) -> Generator[Any, None, T]:
        """Carry a flow's steps out; its items are passed on."""
        outcome: Outcome = None
        while True:
            try:
                step = flow.send(outcome)
            except StopIteration as end:
                result: T = end.value
                return result
            outcome = None
            if isinstance(step, Item):
                yield step.value
            elif isinstance(step, Sleep):
                time.sleep(step.seconds)
            else:
                outcome = self._send(step)

    def _send(self, call: Call[Any]) -> Outcome:
        began = time.monotonic()
        content = None if call.body is None else call.body.pieces()
        try:
            with self._http.stream(
                call.method, call.path, headers=headers(call, self.token), content=content
            ) as response:
                if call.sink is not None and response.is_success:
                    call.sink.begin()
                    for piece in response.iter_raw():
                        call.sink.write(piece)
                    body = b""
                else:
                    body = response.read()
        except httpx.HTTPError as error:
            return broken(error, self.options.url)
        return Answer(response.status_code, lower(response.headers), body, time.monotonic() - began)

    def _side_by_side(self, work: Iterator[Flow[T]], lanes: int) -> Iterator[T]:
        """Flows carried out on so many threads; no more are begun than there are lanes."""
        if lanes == 1:
            yield from map(self._run, work)
            return
        with ThreadPoolExecutor(lanes, thread_name_prefix="dpip") as pool:
            running: set[Future[T]] = set()
            try:
                while True:
                    fresh = islice(work, lanes - len(running))
                    running |= {pool.submit(self._run, flow) for flow in fresh}
                    if not running:
                        return
                    done, running = wait(running, return_when=FIRST_COMPLETED)
                    for future in done:
                        yield future.result()
            finally:
                for future in running:
                    future.cancel()
