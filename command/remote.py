"""A running DPIP, as seen by a command: requests over kept connections, on urllib3 alone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import urllib3

from dpip.trust import trust

_AT_ONCE = 16
_PAGE = 1000
_BAD = 400
_TIMEOUT = urllib3.Timeout(connect=10.0, read=300.0)

Fields = Mapping[str, str | tuple[str, bytes]]


class Refusal(Exception):
    """The API said no, or does not answer; the text is for people."""


class Remote:
    """Any number of threads may ask, up to 16 at the same time."""

    def __init__(self, url: str, authorities: str = "") -> None:
        """`authorities`: PEM text of who may vouch for the API, besides those that this machine trusts."""
        self._url = url.rstrip("/")
        self._http = urllib3.PoolManager(
            retries=False, timeout=_TIMEOUT, maxsize=_AT_ONCE, block=True, ssl_context=trust(authorities)
        )
        self.token = ""

    def log_in(self, user: str, password: str) -> None:
        """Raises `Refusal`."""
        headers = urllib3.make_headers(basic_auth=f"{user}:{password}")
        self.token = str(self._answer("POST", "/login", headers)["token"])

    def ask(self, method: str, path: str, fields: Fields | None = None) -> dict[str, Any]:
        """The answer's JSON. Raises `Refusal`."""
        return self._answer(method, path, {"Authorization": f"Bearer {self.token}"}, fields)

    def pages(self, path: str, items: str) -> Iterator[dict[str, Any]]:
        """All items of a list that comes in pages. Raises `Refusal`."""
        after = ""
        while True:
            page = self.ask("GET", f"{path}?limit={_PAGE}{after}")
            yield from page[items]
            if page["next"] is None:
                return
            after = f"&after={page['next']}"

    def close(self) -> None:
        self._http.clear()

    def _answer(
        self, method: str, path: str, headers: Mapping[str, str], fields: Fields | None = None
    ) -> dict[str, Any]:
        try:
            answer = self._http.request(method, self._url + path, headers=headers, fields=fields)
        except (urllib3.exceptions.HTTPError, ValueError) as error:
            raise Refusal(f"{self._url} does not answer as DPIP does: {error}") from error
        try:
            body: dict[str, Any] = answer.json() if answer.data else {}
        except ValueError:
            body = {"detail": "its answer is not JSON: this is not DPIP's API"}
        if answer.status >= _BAD or "detail" in body:
            raise Refusal(f"{method} {path}: {answer.status} {body.get('detail', '')}".rstrip())
        return body
