"""The API in this process, as the tests of the API have it."""

from tests.api.conftest import api, empty_database, jpeg

__all__ = ["api", "empty_database", "jpeg"]
