"""`python -m command` is `dpip`."""

from __future__ import annotations

import sys

try:
    from command.main import main

    main()
except KeyboardInterrupt:  # while it was still loading
    sys.exit(130)
