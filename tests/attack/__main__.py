"""`make attack`: a real API, asked thousands of things that were made up from its description."""

from __future__ import annotations

import argparse
import sys
import tempfile
import threading
import time
from pathlib import Path

import schemathesis
import urllib3

from tests.api.processes import ApiProcess, running
from tests.attack.attacking import STREAMS, Attack, Things, teach
from tests.pictures import encode, photograph


def main() -> int:
    parser = argparse.ArgumentParser(prog="make attack", description=__doc__)
    parser.add_argument("--cases", type=int, default=40, help="of each kind for each operation")
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    teach()
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="dpip-attack-") as folder, running(Path(folder)) as api:
        # What it logs is taken out of its way: a full pipe would hold it up.
        threading.Thread(target=lambda: [None for _ in api.process.stderr or ()], daemon=True).start()
        attack = Attack(
            lambda: {"Authorization": f"Bearer {api.login()}"}, Making(api), given.cases, given.seed
        )
        attack.on(schemathesis.openapi.from_url(f"{api.url}/openapi.json"), STREAMS)
    told = ", ".join(f"{count:,} x {status}" for status, count in sorted(attack.statuses.items()))
    print(f"{attack.statuses.total():,} requests in {time.monotonic() - began:.0f} s: {told}")
    for wrong in attack.wrong:
        print(f"\n{wrong}")
    print(f"\n{len(attack.wrong)} answers were not as they are described")
    return bool(attack.wrong)


class Making:
    """Things for paths to lead to; each call makes new ones."""

    def __init__(self, api: ApiProcess) -> None:
        self._url, self._login = api.url, api.login
        self._picture = encode(photograph(1, 0.05), "jpeg")

    def __call__(self) -> Things:
        headers = {"Authorization": f"Bearer {self._login()}"}
        http = urllib3.PoolManager()
        workload = http.request("POST", f"{self._url}/workloads", headers=headers).json()["workload_id"]
        image = http.request(
            "POST",
            f"{self._url}/images",
            headers=headers,
            fields={"workload_id": workload, "data": ("a.jpg", self._picture)},
        ).json()["image_id"]
        token = http.request("POST", f"{self._url}/tokens", headers=headers, json={"name": "spare"}).json()
        return {"workload_id": workload, "image_id": image, "token_id": token["token_id"]}


if __name__ == "__main__":
    sys.exit(main())
