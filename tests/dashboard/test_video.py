"""Videos on the page: from a drop to the film that is played and downloaded, and what may go wrong."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.dashboard.test_access import faultless
from tests.dashboard.visitor import PHONE, Visitor, visitor
from tests.film.films import Kind, content, make

COUNT = 36
_PLAYS = "() => document.querySelector('video.after').currentTime > 0.2"


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make(tmp_path_factory.mktemp("film"), COUNT, Kind("holiday.mp4", width=640, height=360))


def pill(page: Page, word: str) -> None:
    expect(page.locator(".title .pill")).to_have_text(word)


def test_from_the_file_to_the_film(someone: Visitor, film: Path, tmp_path: Path) -> None:
    page = someone.page
    someone.at_work()
    someone.choose([film])
    expect(page.locator(".picked")).to_contain_text("1 video")
    expect(page.locator(".strip canvas[width]")).to_have_count(1)
    someone.write_pipeline("invert")
    expect(page.locator(".previewer .caption")).to_contain_text("holiday.mp4 at 0:00 →")
    faultless(page, "new, with a video")
    expect(page.get_by_label("Quality")).to_have_value("")
    someone.start("a film")
    pill(page, "Completed")
    assert someone.figure("Frames") == str(COUNT)
    expect(page.locator("video.after")).to_be_visible()
    page.get_by_label(re.compile("^Before and after")).fill("30")
    page.get_by_role("button", name="Play").click()
    page.wait_for_function(_PLAYS)
    page.evaluate("scrollTo(0, 0)")  # what half hides below the bar is too small to be touched
    faultless(page, "video")
    with page.expect_download() as download:
        page.get_by_role("button", name="Download").click()
    assert download.value.suggested_filename == "holiday-filtered.mp4"
    download.value.save_as(tmp_path / "came.mp4")
    sent, came = content(film), content(tmp_path / "came.mp4")
    assert len(came.times) == COUNT
    assert came.sound == sent.sound
    someone.go("Workloads")
    row = page.get_by_role("link", name=re.compile("a film"))
    expect(row).to_contain_text(f"holiday.mp4 · {COUNT} frames")
    expect(row.locator(".pill")).to_have_text("Completed")


def test_several_and_pictures_beside_them(someone: Visitor, film: Path, pictures: list[Path]) -> None:
    page = someone.page
    someone.at_work()
    expect(page.get_by_label("New video as")).to_be_hidden()
    someone.choose([film, pictures[0]])
    page.get_by_label("New video as").select_option("WebM (VP9)")
    page.get_by_label("Quality").select_option("Low, smallest")
    expect(page.get_by_role("button", name="Filter 1 picture and 1 video")).to_be_visible()
    someone.start("of both kinds")
    someone.completed()
    assert someone.figure("Done") == "1"
    someone.go("Workloads")
    page.get_by_role("link", name=re.compile("of both kinds holiday.mp4")).click()
    pill(page, "Completed")
    expect(page.locator(".notes")).to_contain_text("as Opus: WebM does not hold aac")
    expect(page.locator("video.after")).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("button", name="Download").click()
    assert download.value.suggested_filename == "holiday-filtered.webm"


def test_what_is_no_video_is_told_of(someone: Visitor, tmp_path: Path) -> None:
    page = someone.page
    (tmp_path / "notes.mp4").write_bytes(b"dear diary, " * 1000)
    someone.at_work()
    someone.choose([tmp_path / "notes.mp4"])
    expect(page.locator(".previewer .caption")).to_contain_text("this is a sample picture")
    page.get_by_role("button", name="Filter 1 video").click()
    expect(page.get_by_role("alert")).to_contain_text("This is not a video that is read here")
    faultless(page, "a refused video")
    page.get_by_role("link", name="Back to the pipeline").click()
    expect(page.get_by_role("heading", name="New workload")).to_be_visible()


def test_a_wrong_pipeline_uploads_nothing(someone: Visitor, film: Path) -> None:
    page = someone.page
    uploads: list[str] = []
    page.on("request", lambda one: uploads.append(one.url) if one.url.endswith("/videos") else None)
    someone.at_work()
    someone.choose([film])
    someone.write_pipeline("blurr")
    page.get_by_role("button", name="Filter 1 video").click()
    expect(page.locator("#filter-trouble")).to_contain_text("blurr")
    assert not uploads


def test_one_that_breaks_off_fails_and_one_is_cancelled(
    browser: Browser, url: str, film: Path, tmp_path: Path
) -> None:
    whole = make(tmp_path, COUNT, Kind("cut.avi", codec="mpeg4", sound=None)).read_bytes()
    (tmp_path / "cut.avi").write_bytes(whole[: len(whole) // 2])
    with visitor(browser, url, **PHONE) as someone:
        page = someone.page
        someone.at_work()
        someone.choose([tmp_path / "cut.avi"])
        someone.start("a cut film")
        pill(page, "Failed")
        expect(page.get_by_role("alert")).not_to_be_empty()
        faultless(page, "a failed video")
        expect(page.get_by_role("button", name="Try again")).to_be_visible()
        widths = page.evaluate("[document.scrollingElement.scrollWidth, innerWidth]")
        assert widths[0] <= widths[1], widths

        someone.go("New")
        someone.choose([film])
        someone.write_pipeline("median:radius=12")
        someone.start("a slow film")
        page.get_by_role("button", name="Cancel").click()
        page.get_by_role("button", name="Cancel it").click()
        pill(page, "Cancelled")
        expect(page.get_by_role("button", name="Resume")).to_be_visible()
        page.get_by_role("button", name="Delete").click()
        page.get_by_role("button", name="Delete it").click()
        expect(page.get_by_role("heading", name="Workloads")).to_be_visible()
