"""A target for libFuzzer: inputs are bred by which lines of the engine they reach.

`make fuzz` installs atheris into a folder of its own and runs this beside the blind breaking. By hand:

    PYTHONPATH=.venv-fuzz python -m tests.fuzz.guided [-max_total_time=600] [folder of inputs]

It sees into our Python (containers, headers, limits), not into the native decoders, not built for it;
those are broken by `make fuzz`, in processes whose death is seen.
"""

from __future__ import annotations

import contextlib
import io
import sys
import tempfile
from pathlib import Path

import atheris  # type: ignore[import-not-found, unused-ignore]

from dpip.errors import Refused

with atheris.instrument_imports(include=["imaging"]):
    from imaging import configure_process, parse_pipeline, read_header, run
    from imaging.containers import container_of

from tests.fuzz.seeds import seeds
from tests.fuzz.trying import LIMITS

_BLUR = parse_pipeline("blur:sigma=1")


def look(data: bytes) -> None:
    """Everything but refusals is a finding."""
    with contextlib.suppress(Refused):
        header = read_header(io.BytesIO(data), len(data), LIMITS)
        container_of(header.format).check_complete(io.BytesIO(data), len(data), header)
        container_of(header.format).read_metadata(io.BytesIO(data), len(data))
        run(data, _BLUR, LIMITS)


def main() -> None:
    configure_process(LIMITS)
    with tempfile.TemporaryDirectory() as folder:
        for form, files in seeds().items():
            for number, data in enumerate(files):
                (Path(folder) / f"{form}-{number}").write_bytes(data)
        arguments = [*sys.argv, "-timeout=20", "-rss_limit_mb=4096"]
        atheris.Setup([*arguments, folder], look)
        atheris.Fuzz()


if __name__ == "__main__":
    main()
