"""What only a server can do: go away and come back."""

from __future__ import annotations

import pytest

from datastore import open_datastore
from datastore.engines import parse_url
from dpip.errors import NotReady
from tests.datastore.making import NOW, add, new_original, new_workload
from tests.datastore.servers import PostgresServer


def test_connections_that_were_cut_are_made_anew(postgres: PostgresServer, postgres_url: str) -> None:
    with open_datastore(postgres_url) as store:
        workload = new_workload(store)
        assert postgres.hang_up(postgres_url) >= 1
        store.ping()
        add(store, workload.id)


def test_a_cut_in_the_middle_leaves_nothing_and_is_not_ready(
    postgres: PostgresServer, postgres_url: str
) -> None:
    with open_datastore(postgres_url) as store:
        workload = new_workload(store)

        def cut(_key: str) -> None:
            postgres.hang_up(postgres_url)

        with pytest.raises(NotReady):
            store.catalog.add_original(new_original(workload.id), cut, NOW)
        assert store.catalog.images(workload.id).items == ()
        (image,) = add(store, workload.id)
        assert image.seq == 1


@pytest.mark.parametrize("scheme", ["postgresql", "postgres", "postgresql+psycopg"])
def test_every_way_to_say_postgresql_means_psycopg(scheme: str) -> None:
    assert parse_url(f"{scheme}://u:p@host/d").drivername == "postgresql+psycopg"
