"""The calls of the HTTP API, one function each."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any, TypeVar
from urllib.parse import urlencode

from dpip_client.auth import basic
from dpip_client.calls import Answer, Body, Call, JsonBody, Sink, loaded, path
from dpip_client.hooks import Delivery, Webhook
from dpip_client.models import Json, Video, Worker, Workload

T = TypeVar("T")
PAGE = 1000  # the most that a page may have


def login(user: str, password: str) -> Call[str]:
    headers = {"Authorization": basic(user, password)}
    # Tokens are many: one that is made twice harms nobody.
    return Call("POST", "/login", lambda a: str(loaded(a)["token"]), headers, anonymous=True)


def logout() -> Call[None]:
    return Call("DELETE", "/logout", lambda _: None)


def index() -> Call[Json]:
    return Call("GET", "/", loaded, anonymous=True)


def ready() -> Call[Json]:
    return Call("GET", "/health/ready", loaded, anonymous=True)


def status() -> Call[Json]:
    return Call("GET", "/status", loaded)


def workers() -> Call[list[Worker]]:
    return Call("GET", "/workers", lambda a: [Worker.of(shown) for shown in loaded(a)["workers"]])


def filters() -> Call[list[Json]]:
    return Call("GET", "/filters", lambda a: list(loaded(a)["filters"]))


def create(
    pipeline: str | list[Any],
    name: str | None,
    tags: Iterable[str],
    parameters: Mapping[str, object] | None,
    key: str | None,
) -> Call[Workload]:
    fields: dict[str, Any] = {"filter": pipeline, "tags": list(tags)}
    if name is not None:
        fields["workload_name"] = name
    if parameters:
        fields["parameters"] = dict(parameters)
    return Call("POST", "/workloads", _workload, body=JsonBody(fields)).keyed(key)


def workloads() -> Call[Json]:
    return Call("GET", path("workloads", limit=PAGE), loaded)


def workload(workload_id: str) -> Call[Workload]:
    return Call("GET", path("workloads", workload_id), _workload)


def news(workload_id: str) -> Call[None]:
    """A stream: its lines are read one by one."""
    return Call("GET", path("workloads", workload_id, "events"), lambda _: None)


def cancel(workload_id: str) -> Call[Workload]:
    return Call("POST", path("workloads", workload_id, "cancel"), _workload).keyed(None)


def resume(workload_id: str) -> Call[Workload]:
    return Call("POST", path("workloads", workload_id, "resume"), _workload).keyed(None)


def replay(workload_id: str, kind: str | None) -> Call[int]:
    replayed = path("workloads", workload_id, "replay", kind=kind)
    return Call("POST", replayed, lambda a: int(loaded(a)["replayed"])).keyed(None)


def delete(workload_id: str) -> Call[int]:
    return Call("DELETE", path("workloads", workload_id), lambda a: int(loaded(a)["deleted_images"]))


def images(workload_id: str, kind: str | None) -> Call[Json]:
    return Call("GET", path("workloads", workload_id, "images", kind=kind, limit=PAGE), loaded)


def jobs(workload_id: str, state: str | None) -> Call[Json]:
    return Call("GET", path("workloads", workload_id, "jobs", state=state, limit=PAGE), loaded)


def report(workload_id: str) -> Call[Json]:
    return Call("GET", path("workloads", workload_id, "report"), loaded)


def upload(body: Body, key: str | None) -> Call[str]:
    """One image, in a form that names its workload; the id under which it is kept."""
    return Call("POST", "/images", lambda a: str(loaded(a)["image_id"]), body=body).keyed(key)


def upload_many(workload_id: str, body: Body, key: str | None) -> Call[Json]:
    """What became of each; repeated under its key it goes on where it was cut off."""
    return Call("POST", path("workloads", workload_id, "images"), loaded, body=body).keyed(key)


def upload_video(body: Body, key: str | None) -> Call[Video]:
    """A video, in a form with its pipeline."""
    return Call("POST", "/videos", _video, body=body).keyed(key)


def video(video_id: str) -> Call[Video]:
    return Call("GET", path("videos", video_id), _video)


def videos() -> Call[Json]:
    return Call("GET", path("videos", limit=PAGE), loaded)


def download_video(video_id: str, kind: str | None, sink: Sink) -> Call[Mapping[str, str]]:
    """The headers; the bytes go to the sink."""
    return Call("GET", path("videos", video_id, "file", type=kind), lambda a: a.headers, sink=sink)


def download(image_id: str, sink: Sink) -> Call[Mapping[str, str]]:
    """The headers; the bytes go to the sink."""
    return Call("GET", path("images", image_id), lambda a: a.headers, sink=sink)


def create_webhook(
    url: str, name: str | None, events: Iterable[str], workload_id: str | None
) -> Call[Webhook]:
    given: dict[str, Any] = {"url": url, "name": name, "events": list(events), "workload_id": workload_id}
    fields = {key: value for key, value in given.items() if value}
    # Not repeated when it breaks: its answer has a secret, which no server remembers for the second time.
    return Call("POST", "/webhooks", lambda a: Webhook.of(loaded(a)), body=JsonBody(fields))


def webhooks() -> Call[Json]:
    return Call("GET", path("webhooks", limit=PAGE), loaded)


def delete_webhook(webhook_id: str) -> Call[None]:
    return Call("DELETE", path("webhooks", webhook_id), lambda _: None)


def test_webhook(webhook_id: str) -> Call[Delivery]:
    return Call("POST", path("webhooks", webhook_id, "test"), _delivery)


def deliveries(webhook_id: str, state: str | None) -> Call[Json]:
    return Call("GET", path("webhooks", webhook_id, "deliveries", state=state, limit=PAGE), loaded)


def redeliver(webhook_id: str, delivery_id: str) -> Call[Delivery]:
    again = path("webhooks", webhook_id, "deliveries", delivery_id, "redeliver")
    return Call("POST", again, _delivery)


def next_page(call: Call[Json], after: str) -> Call[Json]:
    return replace(call, path=f"{call.path}&{urlencode({'after': after})}")


def timed(call: Call[T]) -> Call[tuple[T, float]]:
    """With how many seconds the answer took."""
    read: Callable[[Answer], T] = call.read
    return Call(call.method, call.path, lambda a: (read(a), a.seconds), call.headers)


def _video(answer: Answer) -> Video:
    return Video.of(loaded(answer))


def _workload(answer: Answer) -> Workload:
    return Workload.of(loaded(answer))


def _delivery(answer: Answer) -> Delivery:
    return Delivery.of(loaded(answer))
