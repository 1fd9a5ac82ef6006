"""The text of a pipeline: `blur:sigma=5|grayscale|convert:format=png`.

Steps are parted by `|`, a name and its settings by `:`, settings by `,`. A value that holds any of these
stands in quotes: `watermark:text="One, two"`. Settings may be given apart too, as the flat fields of a form
(and without quotes); each goes to the step that knows it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from dpip.errors import Malformed
from imaging.draft import Draft, assembled, draft
from imaging.pipeline import Pipeline
from imaging.quoting import parted, unquoted

MAX_TEXT = 24_000  # characters: a small picture may be among the settings

__all__ = ["MAX_TEXT", "check_length", "drafts", "parse_pipeline"]


def parse_pipeline(text: str, parameters: Mapping[str, str] | None = None) -> Pipeline:
    """The pipeline that `text` describes, with the settings in `parameters` put where they belong.

    Names are taken in any case. Raises `Malformed` for an unknown filter or parameter, or a text that is
    no list of steps; `Unprocessable` for a value that is none, or out of range.
    """
    check_length(text)
    return assembled(drafts(parted(text, "|")), parameters or {})


def check_length(text: str) -> None:
    """Raises `Malformed`."""
    if len(text) > MAX_TEXT:
        raise Malformed(f"the filter is {len(text):,} characters long; at most {MAX_TEXT:,} are read")


def drafts(texts: Sequence[str]) -> list[Draft]:
    """Steps, each of its text. Raises `Malformed`."""
    return [_step(text) for text in texts]


def _step(text: str) -> Draft:
    name, colon, rest = text.partition(":")
    step = draft(name)
    for setting in parted(rest, ",") if colon else ():
        key, equals, value = setting.partition("=")
        if not equals or not key.strip():
            raise Malformed(
                f"{setting.strip()[:60]!r} is no setting of {step.name}; write {step.name}:{step.example}"
            )
        step.set(key.strip().lower(), unquoted(value))
    return step
