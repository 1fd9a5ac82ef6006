"""Plots as SVG, by hand: bars in groups with their spread, and lines."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

_COLOURS = ("#1b6ca8", "#d1495b", "#6a994e", "#edae49", "#7b4b94", "#4a4e69", "#00798c", "#b08968", "#999999")
_WIDTH, _LEFT, _RIGHT, _TOP, _BOTTOM = 900, 60, 20, 40, 60
_PLOT_HEIGHT = 300
_FONT = 'font-family="sans-serif" font-size="12"'


@dataclass(frozen=True, slots=True)
class Bar:
    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Series:
    """A name and its values: one bar per group (None: none there), or points of a line."""

    name: str
    bars: Sequence[Bar | None] = ()
    points: Sequence[tuple[float, float]] = ()


def bars(title: str, groups: Sequence[str], series: Sequence[Series], *, mark: float | None = None) -> str:
    """Bars in groups; whiskers from the lowest to the highest; a dashed line at `mark`."""
    legend_rows = math.ceil(len(series) / 3)
    high = max((bar.high for one in series for bar in one.bars if bar), default=1.0)
    top = _nice(max(high, mark or 0.0) * 1.05)
    height = _TOP + _PLOT_HEIGHT + _BOTTOM + 18 * legend_rows
    parts = _begin(title, height)
    scale = _PLOT_HEIGHT / top
    parts += _axis(top, scale)
    across = (_WIDTH - _LEFT - _RIGHT) / len(groups)
    each = across * 0.86 / max(len(series), 1)
    for at, group in enumerate(groups):
        start = _LEFT + at * across + across * 0.07
        for place, one in enumerate(series):
            bar = one.bars[at]
            if bar is not None:
                parts += _bar(start + place * each, each * 0.9, bar, scale, _colour(place))
        middle = _LEFT + (at + 0.5) * across
        parts.append(_text(middle, _TOP + _PLOT_HEIGHT + 18, group, "middle"))
    if mark is not None:
        y = _y(mark, scale)
        parts.append(f'<path d="M{_LEFT} {y:.1f}H{_WIDTH - _RIGHT}" stroke="#333" stroke-dasharray="5 4"/>')
    return _end(parts, series, _TOP + _PLOT_HEIGHT + 44)


def lines(title: str, series: Sequence[Series], across: str, up: str) -> str:
    """Lines from the origin; `across` and `up` name the axes with their units."""
    right = _nice(max(x for one in series for x, _ in one.points))
    top = _nice(max(y for one in series for _, y in one.points))
    height = _TOP + _PLOT_HEIGHT + _BOTTOM + 18 * math.ceil(len(series) / 3)
    parts = _begin(title, height)
    scale, wide = _PLOT_HEIGHT / top, (_WIDTH - _LEFT - _RIGHT) / right
    parts += _axis(top, scale)
    for share in range(5):
        value = right * share / 4
        parts.append(_text(_LEFT + value * wide, _TOP + _PLOT_HEIGHT + 16, f"{value:g}", "middle"))
    for place, one in enumerate(series):
        path = " ".join(f"{_LEFT + x * wide:.1f},{_y(y, scale):.1f}" for x, y in one.points)
        parts.append(f'<polyline points="{path}" fill="none" stroke="{_colour(place)}" stroke-width="2"/>')
    parts.append(_text(_WIDTH / 2, _TOP + _PLOT_HEIGHT + 32, across, "middle"))
    parts.append(_text(_LEFT, _TOP - 8, up, "start"))
    return _end(parts, series, _TOP + _PLOT_HEIGHT + 52)


def _begin(title: str, height: int) -> list[str]:
    size = f'width="{_WIDTH}" height="{height}" viewBox="0 0 {_WIDTH} {height}"'
    return [
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} {_FONT}>',
        f'<rect width="{_WIDTH}" height="{height}" fill="white"/>',
        f'<text x="{_LEFT}" y="18" font-size="15" font-weight="bold">{escape(title)}</text>',
    ]


def _axis(top: float, scale: float) -> list[str]:
    parts = []
    for share in range(5):
        value = top * share / 4
        y = _y(value, scale)
        parts.append(f'<path d="M{_LEFT} {y:.1f}H{_WIDTH - _RIGHT}" stroke="#ddd"/>')
        parts.append(_text(_LEFT - 6, y + 4, f"{value:g}", "end"))
    return parts


def _bar(x: float, width: float, bar: Bar, scale: float, colour: str) -> list[str]:
    top, middle = _y(bar.value, scale), x + width / 2
    whisker = f"M{middle:.1f} {_y(bar.low, scale):.1f}V{_y(bar.high, scale):.1f}"
    size = f'width="{width:.1f}" height="{bar.value * scale:.1f}"'
    return [
        f'<rect x="{x:.1f}" y="{top:.1f}" {size} fill="{colour}"/>',
        f'<path d="{whisker}" stroke="#222"/>',
    ]


def _end(parts: list[str], series: Sequence[Series], top: float) -> str:
    for place, one in enumerate(series):
        x, y = _LEFT + (place % 3) * 280, top + 18 * (place // 3)
        parts.append(f'<rect x="{x}" y="{y - 10}" width="12" height="12" fill="{_colour(place)}"/>')
        parts.append(_text(x + 18, y, one.name, "start"))
    return "\n".join([*parts, "</svg>\n"])


def _text(x: float, y: float, text: str, anchor: str) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(text)}</text>'


def _y(value: float, scale: float) -> float:
    return _TOP + _PLOT_HEIGHT - value * scale


def _colour(place: int) -> str:
    return _COLOURS[place % len(_COLOURS)]


def _nice(value: float) -> float:
    """The next number that divides well into four."""
    if value <= 0:
        return 1.0
    power = 10.0 ** math.floor(math.log10(value))
    return next(step * power for step in (1, 1.2, 1.6, 2, 2.4, 3, 4, 6, 8, 10) if step * power >= value)
