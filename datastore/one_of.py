"""`column IN (...)` with any number of values in one parameter: the statement stays the same, and is not put
together anew at each execution."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from sqlalchemy import Boolean, ColumnElement, Text, bindparam
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.elements import ColumnClause


class OneOf(ColumnElement[bool]):
    """True where the text in `column` is one of the `listed` ones in the parameter of this name."""

    inherit_cache = False  # such statements are compiled once, by `direct`
    type = Boolean()

    def __init__(self, column: ColumnClause[str], parameter: str) -> None:
        self.column = column
        self.listed = bindparam(parameter, type_=Text())

    def self_group(self, against: Any = None) -> ColumnElement[Any]:  # noqa: ARG002 - SQLAlchemy's signature
        """As it is: SQLAlchemy would add `= 1` on SQLite, which then looks at every row of the table."""
        return self


def listed(values: Iterable[str]) -> str:
    """Values for the parameter of a `OneOf`."""
    return json.dumps(list(values))


@compiles(OneOf, "sqlite")
def _on_sqlite(element: OneOf, compiler: SQLCompiler, **how: Any) -> str:
    column, values = compiler.process(element.column, **how), compiler.process(element.listed, **how)
    return f"{column} IN (SELECT value FROM json_each({values}))"  # noqa: S608 - of names, no values


@compiles(OneOf, "postgresql")
def _on_postgresql(element: OneOf, compiler: SQLCompiler, **how: Any) -> str:
    column, values = compiler.process(element.column, **how), compiler.process(element.listed, **how)
    return f"{column} = ANY(ARRAY(SELECT json_array_elements_text(CAST({values} AS json))))"
