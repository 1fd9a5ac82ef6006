"""A plan: steps that are done once, and the outputs that are made of what comes out of them."""

from __future__ import annotations

import re
from dataclasses import dataclass

from dpip.domain import DEFAULT_OUTPUT
from dpip.errors import Malformed
from imaging.filters.base import Filter
from imaging.pipeline import Pipeline

MAX_OUTPUTS = 8

_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,31}")


@dataclass(frozen=True, slots=True)
class Plan:
    """Made by `parse_plan`, `plan_from_json` or `planned`. A plain pipeline is a plan with one output.

    Outputs are named, in order, and each of them is a picture of its own. The trunk is empty where there is
    but one output.
    """

    trunk: tuple[Filter, ...]
    branches: tuple[tuple[str, Pipeline], ...]

    @property
    def outputs(self) -> tuple[str, ...]:
        return tuple(name for name, _ in self.branches)

    @property
    def wholes(self) -> tuple[tuple[str, Pipeline], ...]:
        """For each output, the pipeline that would make it alone."""
        return tuple((name, self.whole(branch)) for name, branch in self.branches)

    @property
    def longest(self) -> int:
        """Steps that are run for one output, at most."""
        return max(whole.length for _, whole in self.wholes)

    @property
    def length(self) -> int:
        """Steps of the trunk and of all branches together."""
        return len(self.trunk) + sum(branch.length for _, branch in self.branches)

    @property
    def sole(self) -> Pipeline | None:
        """The pipeline of the only output; None where there are several."""
        return self.branches[0][1] if len(self.branches) == 1 else None

    @property
    def canonical(self) -> str:
        """The one text of this plan: `parse_plan(canonical)` equals it. A plain pipeline's is its own."""
        if self.sole is not None and self.outputs == (DEFAULT_OUTPUT,):
            return self.sole.canonical
        branches = "; ".join(f"{name}={branch.text(within_braces=True)}" for name, branch in self.branches)
        trunk = f"{Pipeline(self.trunk).canonical}|" if self.trunk else ""
        return f"{trunk}{{{branches}}}"

    def whole(self, branch: Pipeline) -> Pipeline:
        return Pipeline((*self.trunk, *branch.filters), branch.output)

    def __str__(self) -> str:
        return self.canonical


def planned(trunk: tuple[Filter, ...], branches: tuple[tuple[str, Pipeline], ...]) -> Plan:
    """Raises `Malformed` for names that are none or come twice, and for too many outputs."""
    check_names([name for name, _ in branches])
    plan = Plan(trunk, branches)
    return plan if len(branches) > 1 else Plan((), plan.wholes)


def check_names(names: list[str]) -> None:
    """Of outputs. Raises `Malformed`."""
    if not 1 <= len(names) <= MAX_OUTPUTS:
        raise Malformed(f"there are {len(names)} outputs; a pipeline has 1 to {MAX_OUTPUTS}")
    for name in names:
        if not _NAME.fullmatch(name):
            raise Malformed(
                f"{name[:60]!r} is no name of an output: it is 1 to 32 lower-case letters, digits, - and _, "
                "and begins with a letter or digit"
            )
    for name in names:
        if names.count(name) > 1:
            raise Malformed(f"two outputs are called {name}; give each a name of its own")
