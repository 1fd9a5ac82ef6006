"""The guide to the filters: `make filter-guide` writes docs/filters.md, its pictures and the page's anew.

Everything in it comes from the filters themselves (their docstrings, parameters and examples) and from a
photograph that goes through each of them.
"""

from __future__ import annotations

import inspect
import sys
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFont
from skimage import data

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from imaging import Limits, catalogue, configure_process, parse_pipeline, run  # noqa: E402
from imaging.families import FAMILIES  # noqa: E402
from imaging.filters import FILTERS  # noqa: E402
from imaging.output import Convert  # noqa: E402
from imaging.step import Step  # noqa: E402

Pixels = npt.NDArray[np.uint8]

GUIDE = ROOT / "docs" / "filters.md"
PICTURES = ROOT / "docs" / "pictures"
SHEET = PICTURES / "filters.webp"
PAGE = ROOT / "dashboard" / "static"  # where filters are chosen, they are seen
PAGE_SHEET, PAGE_INDEX = PAGE / "filters.webp", PAGE / "filter-tiles.js"

# What a filter is shown on, where a good photograph has no need of it.
BEFORE = {
    "trim": "pad:left=40,right=16,top=20,bottom=32,colour=#203040",
    "auto_contrast": "contrast:factor=0.4",
    "equalize": "gamma:gamma=0.5",
    "white_balance": "white_balance:temperature=4200",
}
NOISY = {"denoise": 7.0, "median": 0.0}  # standard deviation; 0: black and white specks
TILE = (240, 160)
PAGE_TILE = (186, 124)
_COLUMNS = 6
_LABEL = 22  # pixels high
_GROUND = (238, 240, 242)
_LONGEST = 40  # characters of a value that is shown
_FIRST = """# Filters

Every filter there is, made by `make filter-guide` from the filters themselves: do not edit it here.
How they are put together to a pipeline is said in the [user guide](../user-guide.md#filters).
Before is to the left, after to the right; what is transparent shows a chequered ground.

![all filters](pictures/filters.webp)
"""


def main() -> None:
    configure_process()
    folder = PICTURES / "filters"
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("*.webp"):
        old.unlink()
    tiles = []
    for name in names():
        if name == Convert.name:
            continue
        before, after = shown(name)
        pair = Image.new("RGB", (2 * TILE[0] + 8, TILE[1]), _GROUND)
        pair.paste(before, (0, 0))
        pair.paste(after, (TILE[0] + 8, 0))
        pair.save(folder / f"{name}.webp", quality=78, method=6)
        special = name in NOISY or name in BEFORE  # what it does cannot be told from its result alone
        tiles.append((name, halves(before, after) if special else after))
    sheet(tiles).save(SHEET, quality=80, method=6)
    page_sheet([image for _, image in tiles]).save(PAGE_SHEET, quality=72, method=6)
    PAGE_INDEX.write_text(page_index())
    GUIDE.write_text(guide())


def halves(before: Image.Image, after: Image.Image) -> Image.Image:
    """Before to the left of a white line, after to the right."""
    middle = TILE[0] // 2
    both = after.copy()
    both.paste(before.crop((0, 0, middle, TILE[1])), (0, 0))
    both.paste((255, 255, 255), (middle - 1, 0, middle + 1, TILE[1]))
    return both


def names() -> list[str]:
    """All steps, by family. Raises SystemExit for one that has none."""
    listed = [name for family in FAMILIES.values() for name in family]
    missing = ({*FILTERS, Convert.name}) ^ set(listed)
    if missing:
        raise SystemExit(f"give these a family in imaging/families.py, or take them out: {sorted(missing)}")
    return listed


def photograph() -> Pixels:
    """A woman in colours before a flag and a rocket, 3 by 2; blue, green, red."""
    whole = np.ascontiguousarray(data.astronaut()[:341, :, ::-1])
    return np.asarray(cv2.resize(whole, TILE, interpolation=cv2.INTER_AREA), np.uint8)


def shown(name: str) -> tuple[Image.Image, Image.Image]:
    """Before and after, as tiles."""
    pixels = photograph()
    if name in NOISY:
        pixels = noisy(pixels, NOISY[name])
    before = cv2.imencode(".png", pixels)[1].tobytes()
    if name in BEFORE:
        before = filtered(before, BEFORE[name])
    return tile(before), tile(filtered(before, example(FILTERS[name])))


def filtered(picture: bytes, pipeline: str) -> bytes:
    return run(picture, parse_pipeline(f"{pipeline}|convert:format=png"), Limits()).data


def noisy(pixels: Pixels, spread: float) -> Pixels:
    random = np.random.default_rng(5)
    if spread:
        noise = random.normal(0, spread, pixels.shape)
        return np.clip(pixels + noise, 0, 255).astype(np.uint8)
    specks = random.random(pixels.shape[:2])
    found = pixels.copy()
    found[specks < 0.04], found[specks > 0.96] = 0, 255  # noqa: PLR2004 - shares
    return found


def tile(picture: bytes) -> Image.Image:
    """In its own size where that fits, in the middle of a tile."""
    pixels = cv2.imdecode(np.frombuffer(picture, np.uint8), cv2.IMREAD_UNCHANGED)
    order = {2: cv2.COLOR_GRAY2RGBA, 3: cv2.COLOR_BGR2RGBA}
    kind = 2 if pixels.ndim == 2 else pixels.shape[2]  # noqa: PLR2004 - dimensions of gray
    image = Image.fromarray(cv2.cvtColor(pixels, order.get(kind, cv2.COLOR_BGRA2RGBA)))
    image.thumbnail(TILE, Image.Resampling.LANCZOS)
    ground = Image.new("RGBA", TILE, _GROUND)
    place = ((TILE[0] - image.width) // 2, (TILE[1] - image.height) // 2)
    squares = np.indices((image.height, image.width)) // 8
    chequered = np.where(squares.sum(axis=0) % 2, 255, 205).astype(np.uint8)
    ground.paste(Image.fromarray(chequered).convert("RGBA"), place)
    ground.alpha_composite(image, place)
    return ground.convert("RGB")


def sheet(tiles: list[tuple[str, Image.Image]]) -> Image.Image:
    tiles = [("(original)", tile(cv2.imencode(".png", photograph())[1].tobytes())), *tiles]
    rows = -(-len(tiles) // _COLUMNS)
    step = (TILE[0] + 8, TILE[1] + _LABEL + 6)
    found = Image.new("RGB", (_COLUMNS * step[0] + 8, rows * step[1] + 8), "white")
    draw, font = ImageDraw.Draw(found), ImageFont.load_default(15)
    for number, (name, image) in enumerate(tiles):
        x, y = 8 + number % _COLUMNS * step[0], 8 + number // _COLUMNS * step[1]
        found.paste(image, (x, y))
        draw.text((x + TILE[0] // 2, y + TILE[1] + 3), name, fill="black", font=font, anchor="ma")
    return found


def page_sheet(tiles: list[Image.Image]) -> Image.Image:
    """Without words or room between."""
    width, height = PAGE_TILE
    found = Image.new("RGB", (_COLUMNS * width, -(-len(tiles) // _COLUMNS) * height), _GROUND)
    for number, image in enumerate(tiles):
        small = image.resize(PAGE_TILE, Image.Resampling.LANCZOS)
        found.paste(small, (number % _COLUMNS * width, number // _COLUMNS * height))
    return found


def page_index() -> str:
    """Which filter is where on the page's sheet."""
    listed = "".join(f'  "{name}",\n' for name in names() if name != Convert.name)
    return (
        "/** What is on filters.webp, row by row; made by `make filter-guide`. */\n\n"
        f"export const COLUMNS = {_COLUMNS};\nexport const TILES = [\n{listed}];\n"
    )


def guide() -> str:
    """The text of docs/filters.md."""
    parts = [_FIRST]
    steps: dict[str, type[Step]] = {**FILTERS, Convert.name: Convert}
    names()
    for family, members in FAMILIES.items():
        links = ", ".join(f"[{name}](#{name})" for name in members)
        parts.append(f"## {family}\n\n{links}\n")
        parts += [chapter(steps[name]) for name in members]
    return "\n".join(parts)


def chapter(step: type[Step]) -> str:
    lines = [f"### {step.name}", "", f"{escaped(step.summary)}.", ""]
    if step is not Convert:
        lines += [f"![before and after {step.name}](pictures/filters/{step.name}.webp)", ""]
    lines += [paragraph(step), ""]
    properties = step.model_json_schema()["properties"]
    if properties:
        lines += ["| parameter | values | default | what it is |", "|---|---|---|---|"]
        lines += [row(name, about) for name, about in properties.items()]
        lines.append("")
    return "\n".join([*lines, f"Example: `{shortened(example(step))}`", ""])


def paragraph(step: type[Step]) -> str:
    return escaped(inspect.cleandoc(step.__doc__ or ""))


def example(step: type[Step]) -> str:
    [described] = [described for described in catalogue() if described.name == step.name]
    return described.example


def row(name: str, about: dict[str, Any]) -> str:
    kinds = [kind for kind in about.get("anyOf", [about]) if kind.get("type") != "null"]
    values = values_of({**about, **kinds[0]})
    default = about.get("default")
    shown_default = (
        "" if default is None else f"`{str(default).lower() if isinstance(default, bool) else default}`"
    )
    return f"| `{name}` | {values} | {shown_default} | {escaped(about.get('description', ''))} |"


def values_of(about: dict[str, Any]) -> str:
    if "enum" in about:
        return ", ".join(f"`{value}`" for value in about["enum"])
    kind = {"number": "number", "integer": "whole number", "boolean": "`true`, `false`"}.get(
        about["type"], "text"
    )
    if about.get("format") == "color":
        kind = "colour: `#rrggbb`, `#rrggbbaa` or a name"
    elif about.get("contentEncoding") == "base64":
        kind = "base64"
    elif "examples" in about:
        kind = "as in " + ", ".join(f"`{shortened(str(value))}`" for value in about["examples"])
    low = about.get("minimum", about.get("exclusiveMinimum"))
    high = about.get("maximum", about.get("exclusiveMaximum"))
    if low is not None and high is not None:
        kind += f", {'above ' if 'exclusiveMinimum' in about else ''}{low:g} to {high:g}"
    return kind + (f" ({about['unit']})" if "unit" in about else "")


def shortened(text: str) -> str:
    """Without most of what nobody reads, such as a picture in base64."""
    return ",".join(
        part if len(part) <= _LONGEST + 20 else f"{part[:_LONGEST]}..." for part in text.split(",")
    )


def escaped(text: str) -> str:
    for sign in "\\*_<|":
        text = text.replace(sign, f"\\{sign}")
    return text


if __name__ == "__main__":
    main()
