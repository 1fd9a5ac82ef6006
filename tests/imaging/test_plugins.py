"""Filters from packages elsewhere: the worked example, installed; and packages that are broken."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.imaging.samples import array, rgb, saved

ROOT = Path(__file__).parent.parent.parent
EXAMPLE = ROOT / "examples" / "dpip-filter-solarize"


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that the example is installed in, as any package is, without asking an index for anything."""
    target = tmp_path_factory.mktemp("plugins")
    source = shutil.copytree(EXAMPLE, tmp_path_factory.mktemp("source") / EXAMPLE.name)
    uv = shutil.which("uv") or str(Path(sys.executable).parent / "uv")
    install = [uv, "pip", "install", "--offline", "--python", sys.executable]
    if not Path(uv).exists():
        pytest.importorskip("pip", reason="needs uv or pip")
        install = [sys.executable, "-m", "pip", "install", "--no-index", "--disable-pip-version-check"]
    subprocess.run(
        [*install, "--quiet", "--no-deps", "--no-build-isolation", "--target", target, source],
        check=True,
        timeout=120,
    )
    return target


def broken(folder: Path, points: dict[str, str], module: str = "") -> Path:
    """A package as it lies on disk when installed."""
    about = folder / "strange-1.2.dist-info"
    about.mkdir(parents=True)
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: strange\nVersion: 1.2\n")
    (about / "entry_points.txt").write_text(
        "[dpip.filters]\n" + "".join(f"{name} = {value}\n" for name, value in points.items())
    )
    (folder / "strange.py").write_text(textwrap.dedent(module))
    return folder


def told(code: str, *folders: Path) -> Any:
    """What a fresh process prints as JSON, with packages from these folders."""
    path = os.pathsep.join([str(ROOT), *map(str, folders)])
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", textwrap.dedent(code)],
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


CATALOGUE = """
import json, sys, imaging
found = {f.name: f for f in imaging.catalogue()}
print(json.dumps({
    "names": list(found),
    "problems": {f.name: f.problem for f in found.values() if f.problem},
    "loaded": [name for name in ("cv2", "strange") if name in sys.modules],
}))
"""


def test_the_example_is_a_filter_like_any_other(installed: Path, tmp_path: Path) -> None:
    picture, result = tmp_path / "a.png", tmp_path / "b.png"
    picture.write_bytes(saved(rgb(), "png"))
    said = told(
        f"""
        import json
        from pathlib import Path
        import imaging
        pipeline = imaging.parse_pipeline(" Solarize:threshold=60 | convert:format=png ")
        again = imaging.pipeline_from_json([{{"filter": "solarize"}}], {{"threshold": "60", "format": "png"}})
        made = imaging.run(Path({str(picture)!r}).read_bytes(), pipeline, imaging.Limits())
        Path({str(result)!r}).write_bytes(made.data)
        [about] = [f for f in imaging.catalogue() if f.name == "solarize"]
        print(json.dumps([pipeline.canonical, again == pipeline, about.origin, about.problem,
                          about.parameters["properties"]["threshold"]["unit"]]))
        """,
        installed,
    )
    assert said == [
        "solarize:threshold=60|convert:format=png",
        True,
        "dpip-filter-solarize 1.0.0",
        None,
        "percent",
    ]
    inverted = array(result.read_bytes())
    assert ((inverted == 255 - rgb()) == (rgb() > 153)).mean() > 0.99
    assert (inverted[rgb() <= 153] == rgb()[rgb() <= 153]).all()


def test_plugins_are_looked_for_when_filters_are_asked_for(installed: Path) -> None:
    said = told(
        """
        import json, sys, imaging
        before = "dpip_filter_solarize" in sys.modules
        imaging.catalogue()
        print(json.dumps([before, "dpip_filter_solarize" in sys.modules, "cv2" in sys.modules]))
        """,
        installed,
    )
    assert said == [False, True, False]


@pytest.mark.parametrize(
    ("name", "value", "why"),
    [
        ("gone", "nowhere_at_all:Filter", "ModuleNotFoundError: No module named 'nowhere_at_all'"),
        ("raises", "strange:missing", "ZeroDivisionError"),
        ("blur", "strange:Good", "DPIP has a filter of this name"),
        ("convert", "strange:Good", "DPIP has a filter of this name"),
        ("Loud", "strange:Good", "a name is lower-case letters"),
        ("other", "strange:Good", "the filter calls itself 'good'"),
        ("nothing", "strange:nothing", "it is no subclass of imaging.filters.base.Filter"),
        ("taken", "strange:Taken", "parameters cannot be called format"),
        ("half", "strange:Half", "it does not define apply"),
        ("quits", "strange_quits:Good", "SystemExit"),
    ],
)
def test_a_broken_package_is_left_out_and_named(name: str, value: str, why: str, tmp_path: Path) -> None:
    module = """
        from typing import ClassVar
        from imaging.filters.base import Alpha, Filter, Traits

        nothing = object()

        class Good(Filter):
            name: ClassVar[str] = "good"
            summary: ClassVar[str] = "does nothing"
            traits: ClassVar[Traits] = Traits(alpha=Alpha.APART)

            def apply(self, pixels):
                return pixels

        class Taken(Good):
            name: ClassVar[str] = "taken"
            format: str = "png"

        class Half(Filter):
            name: ClassVar[str] = "half"
            summary: ClassVar[str] = "does less"
            traits: ClassVar[Traits] = Traits(alpha=Alpha.APART)

        def __getattr__(name):
            1 / 0
        """
    folder = broken(tmp_path / "package", {"good": "strange:Good", name: value}, module)
    (folder / "strange_quits.py").write_text("raise SystemExit(1)")
    said = told(CATALOGUE, folder)
    assert list(said["problems"]) == [name]
    assert why in said["problems"][name]
    assert "strange 1.2" in said["problems"][name]
    assert {"good", "blur", "grayscale", "convert"} <= set(said["names"])
    assert said["loaded"] == ["strange"]


def test_of_two_packages_with_a_filter_of_one_name_the_second_is_left_out(
    installed: Path, tmp_path: Path
) -> None:
    folder = broken(tmp_path, {"solarize": "strange:Good"})
    said = told(CATALOGUE, installed, folder)
    assert "has a filter of this name, too" in said["problems"]["solarize"]
    assert said["names"].count("solarize") == 1


def test_who_asks_for_a_broken_filter_is_told(tmp_path: Path) -> None:
    folder = broken(tmp_path, {"strange": "strange:Absent"})
    said = told(
        """
        import json, imaging
        from dpip.errors import Malformed
        try:
            imaging.parse_pipeline("strange")
        except Malformed as error:
            print(json.dumps(error.detail))
        """,
        folder,
    )
    assert said.startswith(
        "the filter 'strange' cannot be used here: strange 1.2 (strange:Absent) is left out"
    )


CLUMSY = """
    from typing import ClassVar, Literal
    import numpy as np
    from dpip.errors import Unprocessable
    from imaging.filters.base import Alpha, Filter, Traits

    class Clumsy(Filter):
        name: ClassVar[str] = "clumsy"
        summary: ClassVar[str] = "fails"
        traits: ClassVar[Traits] = Traits(alpha=Alpha.APART)
        how: Literal["raises", "quits", "opencv", "memory", "refuses", "nothing", "floats", "larger", "well"]

        def apply(self, pixels):
            import cv2
            match self.how:
                case "raises":
                    return pixels[99999, 99999]
                case "quits":
                    raise SystemExit(3)
                case "opencv":
                    return cv2.resize(pixels, (0, 0))
                case "memory":
                    raise MemoryError
                case "refuses":
                    raise Unprocessable("clumsy wants a larger picture")
                case "nothing":
                    return None
                case "floats":
                    return pixels.astype(np.float64)
                case "larger":
                    return np.concatenate((pixels, pixels))
            return pixels
"""


@pytest.mark.parametrize("alpha", [False, True])
def test_a_plugin_that_fails_at_work_is_named(alpha: bool, tmp_path: Path) -> None:
    folder = broken(tmp_path, {"clumsy": "strange:Clumsy"}, CLUMSY)
    pixels = rgb(0.01)
    if alpha:
        pixels = np.dstack((pixels, pixels[..., 0]))
    picture = tmp_path / "a.png"
    picture.write_bytes(saved(pixels, "png"))
    said = told(
        f"""
        import json
        from pathlib import Path
        import imaging
        from dpip.errors import Refused
        data, said = Path({str(picture)!r}).read_bytes(), {{}}
        for how in ("raises", "quits", "opencv", "memory", "refuses", "nothing", "floats", "larger", "well"):
            try:
                imaging.run(data, imaging.parse_pipeline(f"clumsy:how={{how}}"), imaging.Limits())
                said[how] = "well"
            except Refused as error:
                said[how] = f"{{type(error).__name__}}: {{error.detail}}"
        print(json.dumps(said))
        """,
        folder,
    )
    height, width = pixels.shape[:2]
    named = (
        f"Unprocessable: the filter clumsy of strange 1.2 fails on a picture of {width} x {height} pixels ("
    )
    assert said.pop("well") == "well"
    assert said.pop("memory").startswith("TooLarge: there is not enough memory")
    assert said.pop("refuses") == "Unprocessable: clumsy wants a larger picture"
    assert all(words.startswith(named) for words in said.values()), said
    assert "IndexError: index 99999" in said["raises"]
    assert "SystemExit: 3" in said["quits"]
    assert "no picture" in said["nothing"]
    assert "of uint8 it made float64" in said["floats"]
    assert f"it made {width:,} x {2 * height:,} pixels, and said" in said["larger"]
