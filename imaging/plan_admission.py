"""What a plan would make of a picture, and how much memory it will need, told from the header."""

from __future__ import annotations

from dpip.errors import Refused
from imaging import shortcuts
from imaging.admission import check_output, decoded_shape
from imaging.estimate import WORKING_BYTES, decoder_peak, encoder_bytes, estimate_memory, filter_peak
from imaging.filters.base import Filter
from imaging.limits import Limits
from imaging.pipeline import Pipeline
from imaging.plan import Plan
from imaging.shape import Shape
from imaging.shortcuts import shrink_on_load
from imaging.structure import Header


def check_output_of_plan(header: Header, plan: Plan, limits: Limits) -> None:
    """Raises what `check_output` does, and says of which output."""
    if plan.sole is not None:
        check_output(header, plan.sole, limits)
        return
    limits.check_steps(plan.longest, plan.length)
    for name, whole in plan.wholes:
        try:
            check_output(header, whole, limits)
        except Refused as error:
            raise type(error)(f"output {name}: {error.detail}") from error


def decoded_for(header: Header, plan: Plan) -> Pipeline:
    """The pipeline whose first filter says how the picture is decoded: luma alone or smaller, only where that
    is enough for all outputs."""
    if plan.trunk:
        return Pipeline(plan.trunk)
    branches = [branch for _, branch in plan.branches]
    if all(branch.filters and branch.filters[0].traits.luma_only for branch in branches):
        return branches[0]
    nearest = min(branches, key=lambda branch: shrink_on_load.factor(header, branch))
    smaller = decoded_shape(header, nearest)
    whole = decoded_shape(header, Pipeline())
    if smaller != whole and all(_is_same(branch, smaller, whole) for branch in branches):
        return nearest
    return Pipeline()


def _is_same(branch: Pipeline, smaller: Shape, whole: Shape) -> bool:
    """Whether the first filter makes as large a picture of the one as of the other."""
    first = branch.filters[:1]
    return all(filter_.shape_after(smaller) == filter_.shape_after(whole) for filter_ in first)


def estimate_memory_of_plan(header: Header, plan: Plan) -> int:
    """Peak bytes that `run_plan` needs beyond what the process has: the picture where the branches part is
    held to the end, and so are the results."""
    if plan.sole is not None:
        return estimate_memory(header, plan.sole)
    if header.frames > 1:
        return max(estimate_memory(header, whole) for _, whole in plan.wholes) + sum(
            _result_bytes(header, whole, _shape_after(whole, decoded_shape(header, whole)))
            for _, whole in plan.wholes
        )
    shape = decoded_shape(header, decoded_for(header, plan))
    fork, peak = _through(plan.trunk, shape)
    peak = max(peak, decoder_peak(header, shape))
    results = 0
    for _, branch in plan.branches:
        whole = plan.whole(branch)
        alone = shortcuts.peak_bytes(header, whole, lossless_only=True)
        if alone is None:
            here = _branch_peak(header, whole, branch, fork)
        else:
            here = fork.size_bytes + fork.alpha_bytes + alone
        peak = max(peak, results + here)
        results += _result_bytes(header, whole, _shape_after(whole, decoded_shape(header, whole)))
    return header.size_bytes + max(peak, results) + WORKING_BYTES


def _branch_peak(header: Header, whole: Pipeline, branch: Pipeline, fork: Shape) -> int:
    """The picture at the fork is the first filter's input, and is held beside all further ones."""
    held, shape, peak = 0, fork, 0
    for filter_ in branch.filters:
        after = filter_.shape_after(shape)
        peak = max(peak, held + filter_peak(filter_, shape, after))
        held, shape = fork.size_bytes + fork.alpha_bytes, after
    return max(peak, held + shape.size_bytes + shape.alpha_bytes + encoder_bytes(header, whole, shape))


def _through(filters: tuple[Filter, ...], shape: Shape) -> tuple[Shape, int]:
    peak = 0
    for filter_ in filters:
        after = filter_.shape_after(shape)
        peak = max(peak, filter_peak(filter_, shape, after))
        shape = after
    return shape, peak


def _shape_after(pipeline: Pipeline, shape: Shape) -> Shape:
    return _through(pipeline.filters, shape)[0]


def _result_bytes(header: Header, whole: Pipeline, shape: Shape) -> int:
    """The bound on an encoder's buffer and the bytes made of it is for pictures that are hard to pack: of
    several results together, about half of that is needed."""
    return encoder_bytes(header, whole, shape) // 4
