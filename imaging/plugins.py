"""Filters that other packages add, by entry points of the group `dpip.filters`.

An entry point's name is the filter's, and its object a subclass of `Filter`. They are looked up once, when
filters are first asked for. One that cannot be loaded, or is no filter, is left out, and `trouble_with` its
name and the catalogue say why: a broken package must not keep the others from working.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.metadata import EntryPoint, entry_points
from types import MappingProxyType

from imaging.filters import FILTERS
from imaging.filters.base import Filter, Traits
from imaging.output import Convert

GROUP = "dpip.filters"
OWN = "dpip"
_NAME = re.compile(r"[a-z][a-z0-9_-]{0,39}")
# A form gives parameters as fields beside these.
_TAKEN_FIELDS = frozenset({"filter", "workload_name", "tags", "parameters", *Convert.model_fields})

_log = logging.getLogger(__name__)


class _Refused(Exception):
    """What an entry point leads to is no filter that can be used."""


@dataclass(frozen=True, slots=True)
class Plugins:
    """What was found."""

    filters: Mapping[str, type[Filter]]
    origins: Mapping[str, str]  # of each filter: the package that it comes from
    troubles: Mapping[str, str]  # what could not be used, and why


@lru_cache(maxsize=1)
def plugins() -> Plugins:
    """Of all packages that are installed. Loaded at the first call, and kept."""
    filters: dict[str, type[Filter]] = {}
    origins: dict[str, str] = {}
    troubles: dict[str, str] = {}
    for point in sorted(entry_points(group=GROUP), key=lambda point: (point.name, point.value)):
        origin = _origin(point)
        try:
            filters[point.name] = _loaded(point, origins)
            origins[point.name] = origin
        except (Exception, SystemExit) as error:  # whatever a stranger's module raises
            why = str(error) if isinstance(error, _Refused) else f"{type(error).__name__}: {error}"
            troubles[point.name] = f"{origin} ({point.value}) is left out: {why}"
            _log.warning("the plug-in filter %r of %s", point.name, troubles[point.name])
    return Plugins(MappingProxyType(filters), MappingProxyType(origins), MappingProxyType(troubles))


def known_filters() -> Mapping[str, type[Filter]]:
    """The filters by name: our own, then those of plug-ins."""
    return {**FILTERS, **plugins().filters}


def trouble_with(name: str) -> str | None:
    """Why a plug-in of this name cannot be used; None when there is none, or it can."""
    return None if name in known_filters() else plugins().troubles.get(name)


def _origin(point: EntryPoint) -> str:
    return f"{point.dist.name} {point.dist.version}" if point.dist is not None else "a package"


def _loaded(point: EntryPoint, origins: Mapping[str, str]) -> type[Filter]:
    name = point.name
    if name in origins:
        raise _Refused(f"{origins[name]} has a filter of this name, too")
    if not _NAME.fullmatch(name):
        raise _Refused("a name is lower-case letters, digits, - and _, and begins with a letter")
    if name in FILTERS or name == Convert.name:
        raise _Refused("DPIP has a filter of this name")
    found = point.load()
    if not (isinstance(found, type) and issubclass(found, Filter)):
        raise _Refused("it is no subclass of imaging.filters.base.Filter")
    if getattr(found, "name", None) != name:
        raise _Refused(f"the filter calls itself {getattr(found, 'name', None)!r}")
    if not isinstance(getattr(found, "summary", None), str):
        raise _Refused("it has no summary")
    if not isinstance(getattr(found, "traits", None), Traits):
        raise _Refused("it has no traits")
    if found.__abstractmethods__:
        raise _Refused(f"it does not define {', '.join(sorted(found.__abstractmethods__))}")
    taken = sorted(_TAKEN_FIELDS & set(found.model_fields))
    if taken:
        raise _Refused(f"parameters cannot be called {', '.join(taken)}")
    found.model_json_schema()  # the catalogue will ask for it
    return found
