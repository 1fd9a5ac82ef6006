"""One statement for many rows, past SQLAlchemy's work on the parameters of each, which costs more than the
database's own. For statements whose parameters are plain numbers, texts and truth values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import Enum
from functools import lru_cache
from operator import itemgetter
from typing import Any

from sqlalchemy import Connection, Dialect
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.dml import Insert, Update


def execute_many(
    connection: Connection, statement: Insert | Update, values: Sequence[Mapping[str, object]]
) -> None:
    """Execute `statement` once for each of `values`, which all have the same names."""
    if not values:
        return
    compiled, constants = _compiled(statement, connection.dialect, tuple(values[0]))
    rows: Any = [{**constants, **row} for row in values]
    if compiled.positional:
        rows = list(map(itemgetter(*(compiled.positiontup or ())), rows))
    connection.exec_driver_sql(compiled.string, rows)


@lru_cache(maxsize=64)
def _compiled(
    statement: Insert | Update, dialect: Dialect, names: tuple[str, ...]
) -> tuple[SQLCompiler, dict[str, object]]:
    """The statement in the database's words, and the parameters that it brings itself."""
    compiled = statement.compile(dialect=dialect, column_keys=list(names))
    assert isinstance(compiled, SQLCompiler)  # noqa: S101 - which DDL has not
    return compiled, {
        name: value.value if isinstance(value, Enum) else value for name, value in compiled.params.items()
    }
