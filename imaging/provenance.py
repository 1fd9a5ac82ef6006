"""Where a result comes from: enough to make it again, and to see that it is the same."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from dpip import __version__
from imaging import turbo
from imaging.codec_set import installed_version
from imaging.lazy import cv2

_DISTRIBUTIONS = ("pillow", "numpy", "isal")


@dataclass(frozen=True, slots=True)
class Provenance:
    """The same input, pipeline and versions give the same output, on every machine of one kind."""

    input_sha256: str
    pipeline: str  # canonical
    output_sha256: str
    path: str  # for people: the way that was taken
    versions: Mapping[str, str]  # of what has a say in the pixels

    def as_dict(self) -> dict[str, object]:
        """For JSON."""
        return {
            "input_sha256": self.input_sha256,
            "pipeline": self.pipeline,
            "output_sha256": self.output_sha256,
            "path": self.path,
            "versions": dict(self.versions),
        }


def versions() -> Mapping[str, str]:
    """Of DPIP, and of the libraries that decode, filter and encode; "none" where one is missing (some JPEGs
    are filtered in another way without `turbojpeg`, and PNGs packed in another way without `isal`)."""
    found = {name: installed_version(name) or "none" for name in _DISTRIBUTIONS}
    found["dpip"] = __version__
    found["opencv"] = str(cv2.__version__)
    found["turbojpeg"] = turbo.name() or "none"
    return MappingProxyType(found)
