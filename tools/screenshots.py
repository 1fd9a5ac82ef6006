"""`make screenshots`: the pictures of the page in docs/pictures, taken of a freshly started system.

With a folder (`ARGS=DIR`) it takes one of every state instead, light, dark and on a phone, to look at.
"""

from __future__ import annotations

import io
import sys
import tempfile
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page, expect

from tests.dashboard.browsers import chromium
from tests.dashboard.visitor import PHONE, Visitor, visitor
from tests.film.films import Kind, make
from tests.pictures import broken_png, photographs
from tests.system.system import System

ROOT = Path(__file__).resolve().parent.parent
PICTURES = ROOT / "docs" / "pictures"
DESK = {"viewport": {"width": 1360, "height": 850}, "device_scale_factor": 1.5}
PIPELINE = "unsharp_mask:amount=1.2|duotone|vignette:strength=0.6"
QUALITY = 82
COUNT = 18
FRAMES = 120
FILM_PIPELINE = "duotone|vignette:strength=0.6"


def main(arguments: list[str]) -> int:
    with tempfile.TemporaryDirectory() as scratch, chromium() as browser:
        if browser is None:
            sys.stderr.write("no Chromium here: apt-get install -y chromium\n")
            return 1
        home = Path(scratch) / "home"
        home.mkdir()
        system = System(home, workers=2)
        try:
            system.ready().close()
            record = system.record("api")
            assert record is not None  # noqa: S101 - it just answered
            files = photographs_in(Path(scratch) / "holiday")
            film = make(Path(scratch), FRAMES, Kind("holiday.mp4", width=1280, height=720))
            if arguments:
                for name, context in every_look():
                    with visitor(browser, record["url"], **context) as someone:
                        Tour(someone, Path(arguments[0]), name).walk(files, film)
            else:
                for scheme in ("light", "dark"):
                    with visitor(browser, record["url"], color_scheme=scheme, **DESK) as someone:
                        for_the_documents(someone, files, film, scheme)
        finally:
            system.stop()
    return 0


def every_look() -> list[tuple[str, dict[str, object]]]:
    return [
        ("light", {**DESK, "color_scheme": "light"}),
        ("dark", {**DESK, "color_scheme": "dark"}),
        ("phone", {**PHONE, "color_scheme": "light"}),
    ]


def photographs_in(folder: Path) -> list[Path]:
    folder.mkdir()
    files = []
    for picture in photographs(COUNT, smallest=0.3, largest=0.9):
        files.append(folder / picture.name.replace("photograph", "holiday"))
        files[-1].write_bytes(picture.data)
    return files


def for_the_documents(someone: Visitor, files: list[Path], film: Path, scheme: str) -> None:
    """A pipeline being made, failures, a video and the workers, in light; what came of pictures, in dark."""
    someone.at_work()
    prepared(someone, files)
    page = someone.page
    if scheme == "light":
        page.locator(".step .grip").first.scroll_into_view_if_needed()
        shoot(page, PICTURES / "page-new.webp")
        page.get_by_role("button", name="Add a filter").click()
        shoot(page, PICTURES / "page-filters.webp")
        page.keyboard.press("Escape")
        page.get_by_role("button", name="Clear").click()
        with_a_failure(someone, files, "Holiday with a scan")
        shoot(page, PICTURES / "page-failures.webp")
        someone.go("New")
        filtered_film(someone, film, "Holiday film")
        shoot(page, PICTURES / "page-video.webp")
        page.set_viewport_size({"width": 1360, "height": 640})
        someone.go("Workers")
        expect(page.locator(".charts.day .chart")).to_have_count(3)
        page.wait_for_timeout(5000)  # a little of the last minutes
        shoot(page, PICTURES / "page-workers.webp")
        return
    someone.start("Holiday")
    someone.completed()
    shown(page)
    shoot(page, PICTURES / "page-workload.webp")


def prepared(someone: Visitor, files: list[Path]) -> None:
    someone.choose(files)
    someone.write_pipeline(PIPELINE)
    expect(someone.page.locator(".previewer .caption")).to_contain_text("→")
    someone.page.evaluate("document.activeElement.blur()")


def with_a_failure(someone: Visitor, files: list[Path], name: str) -> None:
    """A picture that breaks off within its pixels is taken, and fails alone."""
    someone.choose([*files[:5], broken_png(files[0].with_name("scan.png"))])
    someone.start(name)
    someone.completed()
    someone.page.get_by_role("link", name="Failures").click()
    expect(someone.page.locator(".failure")).to_contain_text("scan.png")


def filtered_film(someone: Visitor, film: Path, name: str) -> None:
    """Until it is played, a little into it."""
    page = someone.page
    someone.choose([film])
    someone.write_pipeline(FILM_PIPELINE)
    expect(page.locator(".strip canvas[width]")).to_have_count(1)
    someone.start(name)
    expect(page.locator(".title .pill")).to_have_text("Completed")
    expect(page.locator("video.after")).to_be_visible()
    page.get_by_label("Time").fill("300")
    page.wait_for_function("() => !document.querySelector('video.after').seeking")
    page.set_viewport_size({"width": 1360, "height": 1060})
    page.evaluate("scrollTo(0, 0)")


def shown(page: Page) -> None:
    """The thumbnails in view are drawn."""
    expect(page.locator(".tile canvas.there").nth(5)).to_be_visible()


def shoot(page: Page, file: Path) -> None:
    page.evaluate("document.fonts.ready")
    with Image.open(io.BytesIO(page.screenshot())) as picture:
        picture.convert("RGB").save(file, "WEBP", quality=QUALITY, method=6)


class Tour:
    """Every state of the page, one after the other."""

    def __init__(self, someone: Visitor, folder: Path, name: str) -> None:
        self._someone, self._page = someone, someone.page
        self._folder, self._name = folder, name
        folder.mkdir(parents=True, exist_ok=True)
        self._number = 0

    def _shoot(self, state: str) -> None:
        self._number += 1
        self._page.wait_for_timeout(400)
        self._page.screenshot(path=self._folder / f"{self._name}-{self._number:02}-{state}.png")

    def walk(self, files: list[Path], film: Path) -> None:
        page, someone = self._page, self._someone
        someone.sign_in("wrong")
        expect(page.get_by_role("alert")).to_be_visible()
        self._shoot("sign-in")
        someone.at_work()
        self._shoot("new-empty")
        prepared(someone, files)
        self._shoot("new")
        page.get_by_role("button", name="Add a filter").click()
        self._shoot("filters")
        page.keyboard.press("Escape")
        someone.go("Workloads")
        self._shoot("workloads")
        someone.go("New")
        someone.start(f"Holiday, {self._name}".replace(",", ""))
        self._shoot("running")
        someone.completed()
        shown(page)
        self._shoot("completed")
        page.locator(".tile button").nth(2).click()
        expect(page.get_by_role("dialog").locator("img.after")).to_be_visible()
        self._shoot("picture")
        page.keyboard.press("Escape")
        for tab in ("Failures", "Where it ran"):
            page.get_by_role("link", name=tab).click()
            self._shoot(tab.lower().replace(" ", "-"))
        page.get_by_role("button", name="Delete").click()
        self._shoot("question")
        page.keyboard.press("Escape")
        self._videos(film)
        for place in ("Workloads", "Workers", "Account"):
            someone.go(place)
            self._shoot(place.lower())
        for tab in ("Tokens", "Audit", "Password"):
            page.get_by_role("link", name=tab).click()
            self._shoot(tab.lower())
        page.route("**/*", lambda route: route.abort())
        someone.go("Workloads")
        expect(page.locator(".away")).to_be_visible()
        self._shoot("away")

    def _videos(self, film: Path) -> None:
        page, someone = self._page, self._someone
        someone.go("New")
        someone.choose([film])
        someone.write_pipeline(FILM_PIPELINE)
        expect(page.locator(".previewer .caption")).to_contain_text("holiday.mp4 at")
        self._shoot("new-video")
        someone.start(f"Film {self._name}")
        expect(page.locator(".figure", has_text="On their way")).to_be_visible()
        expect(page.locator("video.before")).to_be_visible()
        self._shoot("video-running")
        expect(page.locator(".title .pill")).to_have_text("Completed")
        expect(page.locator("video.after")).to_be_visible()
        page.get_by_label("Time").fill("300")
        self._shoot("video")
        whole = film.read_bytes()
        broken = film.with_name("half.mp4")
        broken.write_bytes(whole[: len(whole) // 2] + bytes(len(whole) // 2))
        odd = film.with_name("notes.mp4")
        odd.write_bytes(b"dear diary, " * 1000)
        for file, look in ((broken, "video-failed"), (odd, "video-refused")):
            someone.go("New")
            someone.choose([file])
            page.get_by_role("button", name="Filter 1 video").click()
            expect(page.get_by_role("alert").and_(page.locator(":visible"))).not_to_be_empty()
            self._shoot(look)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
