"""Statements handed straight to the database's driver, past the work that SQLAlchemy does at each execution,
which costs more than the database's own. For hot paths, and for statements whose parameters and results are
plain numbers, texts and truth values."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from enum import Enum
from functools import lru_cache
from operator import itemgetter
from typing import Any, TypeAlias, TypeVar

from sqlalchemy import Connection, Dialect, exc
from sqlalchemy.engine.interfaces import DBAPICursor
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.elements import ClauseElement

T = TypeVar("T")
Values: TypeAlias = Mapping[str, object]


def fetch(connection: Connection, statement: ClauseElement, values: Values) -> list[tuple[Any, ...]]:
    """All rows that `statement` gives for these parameters."""
    text, [row] = _shaped(connection, statement, [values])

    def ask(cursor: DBAPICursor) -> list[tuple[Any, ...]]:
        cursor.execute(text, row)
        return list(cursor.fetchall())

    return _with_cursor(connection, ask)


def execute_many(connection: Connection, statement: ClauseElement, values: Sequence[Values]) -> None:
    """Execute `statement`, which gives no rows, once for each of `values`, which all have the same names."""
    if values:
        text, rows = _shaped(connection, statement, values)
        _with_cursor(connection, lambda cursor: cursor.executemany(text, rows))


def run(connection: Connection, text: str) -> None:
    """Execute a statement in the database's own words."""
    _with_cursor(connection, lambda cursor: cursor.execute(text))


def _with_cursor(connection: Connection, act: Callable[[DBAPICursor], T]) -> T:
    """Raises what SQLAlchemy would raise for an error of the driver's."""
    dialect = connection.dialect
    cursor = connection.connection.cursor()
    try:
        return act(cursor)
    except dialect.loaded_dbapi.Error as error:
        lost = dialect.is_disconnect(error, connection.connection, cursor)
        if lost:
            connection.invalidate(error)
        raise exc.DBAPIError.instance(
            None, None, error, dialect.loaded_dbapi.Error, connection_invalidated=lost, dialect=dialect
        ) from error
    finally:
        cursor.close()


def _shaped(
    connection: Connection, statement: ClauseElement, values: Sequence[Values]
) -> tuple[str, Sequence[Any]]:
    """The statement and its parameters as the driver takes them."""
    text, constants, in_order = _compiled(statement, connection.dialect, tuple(values[0]))
    rows: Sequence[Any] = [{**constants, **row} for row in values] if constants else values
    return text, rows if in_order is None else list(map(in_order, rows))


@lru_cache(maxsize=128)
def _compiled(
    statement: ClauseElement, dialect: Dialect, names: tuple[str, ...]
) -> tuple[str, dict[str, object], Callable[[Values], tuple[object, ...]] | None]:
    """The statement in the database's words, the parameters that it brings itself, and what puts all of them
    in order where the driver wants that."""
    compiled = statement.compile(dialect=dialect, column_keys=list(names))
    assert isinstance(compiled, SQLCompiler)  # noqa: S101 - which DDL has not
    constants = {
        name: value.value if isinstance(value, Enum) else value
        for name, value in compiled.params.items()
        if name not in names
    }
    return compiled.string, constants, _in_order(compiled.positiontup) if compiled.positional else None


def _in_order(names: Sequence[str] | None) -> Callable[[Values], tuple[object, ...]]:
    if not names:
        return lambda _: ()
    if len(names) == 1:
        [name] = names
        return lambda values: (values[name],)
    return itemgetter(*names)
