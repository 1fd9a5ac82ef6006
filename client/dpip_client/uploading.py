"""From sources to requests to what became of each: the plan of an upload, as flows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from dpip_client import api
from dpip_client.errors import Refused, refusal_of
from dpip_client.flows import Flow, answered
from dpip_client.models import Json, Sent, Video
from dpip_client.multipart import Form
from dpip_client.originals import Original, Source, batches
from dpip_client.retrying import Patience

KeyOf = Callable[[Sequence[Original]], "str | None"]
_NOT_THE_PICTURE = frozenset({401, 403, 404, 409})  # the token, the workload, or its owner


def no_key(_batch: Sequence[Original]) -> str | None:
    """A key is made up for every request: it is good while this process lives."""
    return None


def upload(workload_id: str, source: Source, patience: Patience, key: str | None = None) -> Flow[str]:
    """The id under which one image is kept. Raises what it is refused with."""
    form = Form([Original.of(source)], {"workload_id": workload_id, "type": "original"})
    return (yield from answered(api.upload(form, key), patience))


def video_fields(
    pipeline: str,
    name: str | None,
    tags: Iterable[str],
    video_format: str | None,
    video_quality: str | None,
) -> dict[str, str]:
    """Those that were given."""
    given = {
        "filter": pipeline,
        "workload_name": name,
        "tags": ",".join(tags),
        "video_format": video_format,
        "video_quality": video_quality,
    }
    return {name: value for name, value in given.items() if value}


def upload_video(
    source: Source, fields: Mapping[str, str], patience: Patience, key: str | None
) -> Flow[Video]:
    """The video as it is kept. Raises what it is refused with."""
    form = Form([Original.of(source)], fields)
    return (yield from answered(api.upload_video(form, key), patience))


def plan(
    workload_id: str, sources: Iterable[Source], patience: Patience, key_of: KeyOf = no_key
) -> Iterator[Flow[list[Sent]]]:
    """One flow for each request, in order; none is begun before it is asked for."""
    for batch in batches(sources):
        if len(batch) == 1:
            yield _send_one(workload_id, batch[0], patience, key_of(batch))
        else:
            yield _send_together(workload_id, batch, patience, key_of(batch))


def _send_one(workload_id: str, one: Original, patience: Patience, key: str | None) -> Flow[list[Sent]]:
    form = Form([one], {"workload_id": workload_id, "type": "original"})
    try:
        image_id = yield from answered(api.upload(form, key), patience)
    except Refused as error:
        if error.status in _NOT_THE_PICTURE:
            raise
        return [Sent(one.source, None, error)]
    return [Sent(one.source, image_id)]


def _send_together(
    workload_id: str, batch: Sequence[Original], patience: Patience, key: str | None
) -> Flow[list[Sent]]:
    """What became of each of the batch, in its order: a picture that is refused keeps no other out."""
    answer = yield from answered(api.upload_many(workload_id, Form(batch), key), patience)
    return _told(batch, answer)


def _told(batch: Sequence[Original], answer: Json) -> list[Sent]:
    """The answer lists what was kept in order, and what was refused by its position (from 1)."""
    refused: dict[int, Json] = {int(item["position"]): item for item in answer["refused"]}
    kept = iter(answer["images"])
    told = []
    for position, original in enumerate(batch, start=1):
        wrong = refused.get(position)
        if wrong is None:
            told.append(Sent(original.source, str(next(kept)["image_id"])))
        else:
            told.append(Sent(original.source, None, _refusal(wrong)))
    return told


def _refusal(item: Json) -> Refused:
    return refusal_of(int(item["status"]), str(item["detail"]))
