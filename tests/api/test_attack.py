"""A few hundred of the requests of `make attack`, always the same ones."""

from __future__ import annotations

import schemathesis

from tests.api.conftest import Api
from tests.attack.attacking import STREAMS, Attack, Things, teach

CASES = 4  # of each kind for each operation


def test_no_answer_is_off_the_description(api: Api, jpeg: bytes) -> None:
    teach()

    def things() -> Things:
        workload = api.workload("admin")["workload_id"]
        image = api.original(workload, jpeg, "admin")
        return {"workload_id": workload, "image_id": image, "user_name": "bob"}

    def headers() -> dict[str, str]:
        api.tokens.pop("admin", None)
        return api.bearer("admin")

    attack = Attack(headers, things, CASES, 1)
    attack.on(schemathesis.openapi.from_wsgi("/openapi.json", api.app), STREAMS)
    assert not attack.wrong, "\n\n".join(attack.wrong)
    assert attack.statuses.total() > 200
