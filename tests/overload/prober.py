"""Asks for the status again and again, in a process of its own, and says how long each answer took.

`python -m tests.overload.prober PORT SECONDS`, with a token on standard input.
"""

from __future__ import annotations

import http.client
import json
import sys
import time

EVERY_S = 0.02


def main() -> None:
    port, seconds = int(sys.argv[1]), float(sys.argv[2])
    headers = {"Authorization": f"Bearer {sys.stdin.read().strip()}"}
    took, wrong = [], []
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        begun = time.monotonic()
        connection.request("GET", "/status", headers=headers)
        response = connection.getresponse()
        body = response.read()
        took.append(time.monotonic() - begun)
        if response.status != http.HTTPStatus.OK:
            wrong.append(f"/status: {response.status} {body[:200]!r}")
        time.sleep(EVERY_S)
    print(json.dumps({"took": took, "wrong": wrong}))


if __name__ == "__main__":
    main()
