from __future__ import annotations

from datastore import Datastore
from tests.datastore.making import NOW


def test_the_newest_announcement_counts(store: Datastore) -> None:
    assert store.endpoints.api_url() is None
    store.endpoints.announce_api("http://a:8080", NOW)
    store.endpoints.announce_api("http://b:8080", NOW + 1)
    store.endpoints.announce_api("http://late:8080", NOW)
    assert store.endpoints.api_url() == "http://b:8080"
