"""A process that tries broken files, one after another, and says which one it is at.

Its parent sees which one killed it, or held it up.
"""

from __future__ import annotations

import json
import os
import resource
import sys
import warnings

ROOM = 3 * 2**30  # bytes of address space beyond what the libraries take


def main() -> None:
    """Arguments: the salt. Each line of standard input is a format and a number (below zero: a truncation);
    each is answered by a line, empty where all is well."""
    salt = int(sys.argv[1])
    warnings.simplefilter("error")
    from imaging import configure_process  # noqa: PLC0415
    from imaging.codecs import png_unpacking  # noqa: PLC0415
    from tests.fuzz.mutations import broken, truncated  # noqa: PLC0415
    from tests.fuzz.seeds import seeds  # noqa: PLC0415
    from tests.fuzz.trying import LIMITS, problem  # noqa: PLC0415

    configure_process(LIMITS)
    for form in ("png", "tiff", "avif", "jpeg2000", "jpeg"):
        problem(seeds()[form][0], 0)  # libraries loaded
    png_unpacking._SMALL = 0  # seeds are small, and its own inflating is to be tried too
    with open("/proc/self/statm") as status:  # noqa: PTH123
        size = int(status.read().split()[0]) * os.sysconf("SC_PAGE_SIZE")
    resource.setrlimit(resource.RLIMIT_AS, (size + ROOM, size + ROOM))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    for line in sys.stdin:
        form, number_text = line.split()
        number = int(number_text)
        data = broken(form, number, salt) if number >= 0 else truncated(form, -number - 1)
        try:
            found = problem(data, number)
        except Exception as error:  # that is what is looked for
            found = f"{type(error).__name__}: {error}"
        print(json.dumps(found), flush=True)


if __name__ == "__main__":
    main()
