"""`make attack`: a real API, asked thousands of things that were made up from its description."""

from __future__ import annotations

import argparse
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

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
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="dpip-attack-") as folder:
        attack = attacked(Path(folder), given.cases, given.seed)
    told = ", ".join(f"{count:,} x {status}" for status, count in sorted(attack.statuses.items()))
    print(f"{attack.statuses.total():,} requests in {time.monotonic() - began:.0f} s: {told}")
    for wrong in attack.wrong:
        print(f"\n{wrong}")
    print(f"\n{len(attack.wrong)} answers were not as they are described")
    return bool(attack.wrong)


def attacked(folder: Path, cases: int, number: int) -> Attack:
    """What came of attacking a fresh API that keeps its things in `folder`."""
    teach()
    with running(folder) as api:
        # What it logs is taken out of its way: a full pipe would hold it up.
        draining = threading.Thread(target=lambda: [None for _ in api.process.stderr or ()])
        draining.start()
        attack = Attack(lambda: {"Authorization": f"Bearer {api.login()}"}, Making(api), cases, number)
        attack.on(schemathesis.openapi.from_url(f"{api.url}/openapi.json"), STREAMS)
        api.process.terminate()
        draining.join()
    return attack


class Making:
    """Things for paths to lead to; each call makes new ones."""

    def __init__(self, api: ApiProcess) -> None:
        self._url = api.url
        self._headers = {"Authorization": f"Bearer {api.login()}"}
        self._picture = encode(photograph(1, 0.05), "jpeg")
        self._http = urllib3.PoolManager()

    def __call__(self) -> Things:
        workload = self._post("/workloads")["workload_id"]
        file = ("a.jpg", self._picture)
        image = self._post("/images", fields={"workload_id": workload, "data": file})["image_id"]
        token = self._post("/tokens", json={"name": "spare"})["token_id"]
        return {"workload_id": workload, "image_id": image, "token_id": token}

    def _post(self, path: str, **more: Any) -> Any:
        return self._http.request("POST", self._url + path, headers=self._headers, **more).json()


if __name__ == "__main__":
    sys.exit(main())
