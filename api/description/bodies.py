"""What requests bring: fields of a form or of a JSON object, images, archives."""

from __future__ import annotations

from typing import Any

from api.description.filters import REFERENCE, STEP
from api.description.operation import JSON, Body
from api.uploads import archives
from api.web.fields import MULTIPART, URLENCODED
from dpip.domain import SUBSCRIBABLE, ImageKind, Role, Scope
from dpip.priority import HIGHEST, LOWEST, USUAL
from film import VIDEO_FORMATS
from film.formats import QUALITIES, TARGETS
from imaging import FORMATS
from webhooks.targets import MAX_URL_CHARS

_TEXT = {"type": "string"}
_FILE = {"type": "string", "format": "binary", "contentMediaType": "application/octet-stream"}
_PIPELINE = {
    "description": "filters parted by `|`, each with its parameters",
    "type": "string",
    "examples": ["grayscale", "blur:sigma=5|grayscale"],
}
_OF_WORKLOAD: dict[str, Any] = {
    "workload_name": {
        "type": "string",
        "description": "the directory in the images space; left out, one is made up",
        "examples": ["holiday"],
    },
    "priority": {"type": "integer", "minimum": LOWEST, "maximum": HIGHEST, "default": USUAL},
}
_TAGS_TEXT = {"type": "string", "description": "tags of the workers that may do it, parted by commas"}
_QUOTA = {"type": ["integer", "null"], "minimum": 0, "maximum": 2**62}
_PASSWORD = {"type": "string", "format": "password"}


def schemas() -> dict[str, Any]:
    """What JSON bodies are, by name."""
    return {
        "NewWorkload": {
            "type": "object",
            "description": "Fields that are none of these are parameters of the filter.",
            "properties": {
                "filter": {
                    "oneOf": [
                        _PIPELINE,
                        {"type": "array", "minItems": 1, "items": {"$ref": f"{REFERENCE}{STEP}"}},
                    ]
                },
                **_OF_WORKLOAD,
                "tags": {"oneOf": [_TAGS_TEXT, {"type": "array", "items": _TEXT}]},
                "parameters": {
                    "type": "object",
                    "description": "of the filter, where it is only one",
                    "additionalProperties": {"type": ["string", "number", "boolean", "null"]},
                },
            },
        },
        "NewWorkloadForm": {
            "type": "object",
            "properties": {"filter": _PIPELINE, **_OF_WORKLOAD, "tags": _TAGS_TEXT},
        },
        "WorkloadChanges": {
            "type": "object",
            "additionalProperties": False,
            "minProperties": 1,
            "properties": _OF_WORKLOAD,
        },
        "TokenFields": {
            "type": "object",
            "required": ["name"],
            "properties": {
                "name": {"type": "string", "minLength": 1, "maxLength": 100},
                "scopes": {
                    "oneOf": [
                        {"type": "array", "items": {"enum": list(Scope)}},
                        {"type": "string", "examples": ["read write"]},
                    ]
                },
                "expires_in_hours": {"type": "number", "exclusiveMinimum": 0, "maximum": 24 * 366},
            },
        },
        "WebhookFields": {
            "type": "object",
            "additionalProperties": False,
            "required": ["url"],
            "properties": {
                "url": {"type": "string", "format": "uri", "maxLength": MAX_URL_CHARS},
                "name": {"type": "string", "minLength": 1, "maxLength": 100},
                "events": {
                    "oneOf": [
                        {"type": "array", "minItems": 1, "items": {"enum": list(SUBSCRIBABLE)}},
                        {"type": "string", "examples": [" ".join(SUBSCRIBABLE)]},
                    ],
                    "description": "left out: all of them",
                },
                "workload_id": {"type": "string", "description": "only of this one"},
            },
        },
        "UserFields": {
            "type": "object",
            "additionalProperties": False,
            "required": ["name"],
            "properties": {
                "name": {"type": "string", "minLength": 1, "maxLength": 100},
                "password": _PASSWORD,
                "role": {"enum": list(Role)},
                "quota_bytes": _QUOTA,
                "quota_images": _QUOTA,
                "quota_workloads": _QUOTA,
            },
        },
        "UserChanges": {
            "type": "object",
            "additionalProperties": False,
            "properties": {
                "password": _PASSWORD,
                "current_password": _PASSWORD,
                "role": {"enum": list(Role)},
                "disabled": {"type": "boolean"},
                "quota_bytes": _QUOTA,
                "quota_images": _QUOTA,
                "quota_workloads": _QUOTA,
            },
        },
    }


def of_fields(name: str, example: dict[str, Any], form: str | None = None, *, required: bool = True) -> Body:
    """A JSON object or a form, as the client likes."""
    as_form = {"$ref": f"{REFERENCE}{form or name}"}
    return Body(
        {JSON: {"$ref": f"{REFERENCE}{name}"}, URLENCODED: as_form, MULTIPART: as_form},
        {JSON: example},
        required,
    )


VIDEO_TYPES = tuple(sorted({one.media_type for one in VIDEO_FORMATS.values()}))
IMAGE_TYPES = tuple(sorted({one.media_type for one in FORMATS.values()}))


def _with_file(**fields: Any) -> dict[str, Any]:
    return {"type": "object", "required": ["data"], "properties": {"data": _FILE, **fields}}


NEW_WORKLOAD = of_fields(
    "NewWorkload",
    {"filter": [{"filter": "blur", "sigma": 5}, {"filter": "grayscale"}], "workload_name": "holiday"},
    "NewWorkloadForm",
    required=False,
)
CHANGED_WORKLOAD = of_fields("WorkloadChanges", {"priority": 8})
NEW_TOKEN = of_fields("TokenFields", {"name": "camera", "scopes": ["read", "write"]})
NEW_WEBHOOK = of_fields(
    "WebhookFields", {"url": "https://hooks.example.com/dpip", "events": ["workload.completed"]}
)
NEW_USER = of_fields("UserFields", {"name": "ann", "quota_images": 1000})
CHANGED_USER = of_fields("UserChanges", {"quota_images": 2000})
ORIGINAL = Body(
    {
        MULTIPART: {
            **_with_file(
                workload_id={"type": "string"},
                type={
                    "type": "string",
                    "enum": [ImageKind.ORIGINAL.value, ImageKind.FILTERED.value],
                    "default": ImageKind.ORIGINAL.value,
                },
            ),
            "required": ["data", "workload_id"],
        },
        **{media: {} for media in IMAGE_TYPES},
    }
)
NEW_VIDEO = Body(
    {
        MULTIPART: _with_file(
            filter=_PIPELINE,
            **_OF_WORKLOAD,
            tags=_TAGS_TEXT,
            video_format={"type": "string", "enum": list(TARGETS), "description": "of the result"},
            video_quality={"type": "string", "enum": list(QUALITIES), "description": "of the result"},
        ),
        **{media: {} for media in VIDEO_TYPES},
    }
)
MANY_ORIGINALS = Body(
    {
        MULTIPART: {
            "type": "object",
            "required": ["data"],
            "properties": {"data": {"type": "array", "minItems": 1, "items": _FILE}},
        },
        **{media: {} for media in sorted(archives.ZIP | archives.TAR)},
    }
)
PREVIEW = Body({MULTIPART: _with_file(filter=_PIPELINE)})
