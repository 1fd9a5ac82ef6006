"""A plain HTTP client for the tests: what a user's script would do, on urllib3 alone."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import urllib3

STEP_S = 0.05


class Refusal(Exception):
    """A status of 400 or more, with the problem document."""

    def __init__(self, status: int, problem: dict[str, Any]) -> None:
        super().__init__(f"{status}: {problem}")
        self.status = status
        self.problem = problem


class Client:
    def __init__(self, url: str, user: str, password: str, trusted: Path | None = None) -> None:
        self.url = url.rstrip("/")
        self._http = urllib3.PoolManager(
            ca_certs=str(trusted) if trusted else None, retries=False, timeout=60.0, maxsize=8, block=True
        )
        self.token = ""
        self._user, self._password = user, password

    def login(self) -> None:
        headers = urllib3.make_headers(basic_auth=f"{self._user}:{self._password}")
        self.token = self._answer(self._http.request("POST", f"{self.url}/login", headers=headers))["token"]

    def ask(self, method: str, path: str, **options: Any) -> dict[str, Any]:
        return self._answer(self.raw(method, path, **options))

    def raw(self, method: str, path: str, **options: Any) -> urllib3.BaseHTTPResponse:
        headers = {"Authorization": f"Bearer {self.token}", **options.pop("headers", {})}
        return self._http.request(method, self.url + path, headers=headers, **options)

    def create(self, name: str, filter_name: str = "grayscale", **fields: str) -> str:
        form = {"filter": filter_name, "workload_name": name, **fields}
        return str(self.ask("POST", "/workloads", fields=form)["workload_id"])

    def upload(self, workload_id: str, name: str, data: bytes) -> str:
        form = {"data": (name, data), "workload_id": workload_id, "type": "original"}
        return str(self.ask("POST", "/images", fields=form)["image_id"])

    def workload(self, workload_id: str) -> dict[str, Any]:
        return self.ask("GET", f"/workloads/{workload_id}")

    def image(self, image_id: str) -> bytes:
        response = self.raw("GET", f"/images/{image_id}")
        if response.status != 200:
            raise Refusal(response.status, response.json())
        return response.data

    def wait(self, workload_id: str, timeout_s: float = 180.0) -> dict[str, Any]:
        """Ask until the workload is completed; a connection that breaks is tried again."""
        deadline = time.monotonic() + timeout_s
        seen: dict[str, Any] = {}
        while time.monotonic() < deadline:
            try:
                seen = self.workload(workload_id)
            except urllib3.exceptions.HTTPError:
                pass
            else:
                if seen["status"] == "completed":
                    return seen
            time.sleep(STEP_S)
        raise TimeoutError(f"not completed in {timeout_s} s: {seen | {'filtered_images': '...'}}")

    def close(self) -> None:
        self._http.clear()

    @staticmethod
    def _answer(response: urllib3.BaseHTTPResponse) -> dict[str, Any]:
        body: dict[str, Any] = response.json() if response.data else {}
        if response.status >= 400:
            raise Refusal(response.status, body)
        return body
