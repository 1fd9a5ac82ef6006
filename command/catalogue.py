"""`dpip filters`: what can be done to pictures."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from itertools import groupby
from pathlib import Path

from command import printing, talking
from command.exits import Ended
from dpip_client import Client
from dpip_client.models import Json


def list_filters(url: str | None, ca: Path | None, name: str | None, *, as_json: bool) -> None:
    """Raises `Ended`."""
    found = talking.ask(url, ca, Client.filters)
    if name is not None:
        names = [one["name"] for one in found]
        found = [one for one in found if one["name"] == name.lower()]
        if not found:
            alike = talking.near(name.lower(), names)
            raise Ended(f"there is no filter {name!r}{alike}; dpip filters lists what there is")
    if as_json:
        printing.as_json([dict(one) for one in found])
    elif name is not None:
        _show_filter(found[0])
    elif sys.stdout.isatty():
        _show_families(found)
    else:
        printing.table(("FILTER", "DOES"), [(one["name"], one["summary"]) for one in found], "no filter")


def _show_families(found: Sequence[Json]) -> None:
    width = max(len(one["name"]) for one in found)
    for family, members in groupby(found, lambda one: one.get("family", "")):
        sys.stdout.write(f"{printing.bold(family)}\n")
        for one in members:
            sys.stdout.write(
                printing.hanging(printing.text(one["summary"]), f"  {one['name']:<{width}}  ") + "\n"
            )
        sys.stdout.write("\n")
    sys.stdout.write("dpip filters NAME shows the parameters of one\n")


def _show_filter(one: Json) -> None:
    printing.facts({"filter": one["name"], "does": one["summary"], "example": one.get("example")})
    rows: Sequence[tuple[object, ...]] = [
        (
            name,
            _range(schema),
            json.dumps(schema["default"], ensure_ascii=False) if schema.get("default") is not None else None,
            schema.get("description", ""),
        )
        for name, schema in one["parameters"].get("properties", {}).items()
    ]
    if rows:
        sys.stdout.write("\n")
        printing.table(("PARAMETER", "VALUES", "DEFAULT", "WHAT"), rows, "")


def _range(schema: Json) -> str:
    """What a parameter may be: its kind, its bounds and their unit."""
    kinds = [one for one in schema.get("anyOf", ()) if one.get("type") != "null"]
    schema = {**schema, **kinds[0]} if kinds else schema
    if "enum" in schema:
        return ", ".join(map(str, schema["enum"]))
    low = schema.get("minimum", schema.get("exclusiveMinimum"))
    high = schema.get("maximum", schema.get("exclusiveMaximum"))
    bounds = "" if low is None or high is None else f"{low:g} to {high:g}"
    kind, unit = str(schema.get("type", "value")), schema.get("unit", "")
    if kind == "string":
        return f"{kind} in {unit}" if unit else kind
    return " ".join(filter(None, (kind, bounds, unit)))
