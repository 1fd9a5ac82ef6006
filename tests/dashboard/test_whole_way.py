"""From sign-in to the downloaded zip, in a real browser against a real system: mouse, keys, finger."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path

from playwright.sync_api import Browser, expect

from tests.dashboard.visitor import PHONE, Visitor, visitor


def unzipped(file: Path | str) -> dict[str, bytes]:
    with zipfile.ZipFile(file) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name) for name in archive.namelist()}


def test_by_mouse(someone: Visitor, pictures: list[Path], tmp_path: Path) -> None:
    page = someone.page
    someone.sign_in("not this")
    expect(page.get_by_role("alert")).to_have_text("Wrong user name or password.")
    someone.at_work()
    broken = tmp_path / "a broken one.jpg"
    broken.write_bytes(pictures[0].read_bytes()[:3000])
    someone.choose([*pictures, broken])

    page.get_by_role("button", name="Add a filter").click()
    page.get_by_role("searchbox").fill("negative")
    page.get_by_role("button", name=re.compile("^invert", re.IGNORECASE)).click()
    expect(page.get_by_label("As text")).to_have_value("invert")
    expect(page.locator(".previewer .caption")).to_contain_text("jpeg")
    expect(page.locator(".compare .after")).to_be_visible()
    page.get_by_label(re.compile("^Before and after")).fill("20")

    someone.start("by mouse")
    someone.completed()
    assert someone.figure("Done") == str(len(pictures))
    expect(page.locator(".refused")).to_contain_text("a broken one.jpg")
    expect(page.locator(".tile canvas.there")).to_have_count(len(pictures))

    page.get_by_role("button", name=re.compile(f"^{pictures[1].name}")).click()
    box = page.get_by_role("dialog")
    expect(box.locator("img.after")).to_be_visible()
    expect(box).to_contain_text("would finish first")
    page.keyboard.press("PageDown")
    expect(box.get_by_role("heading")).to_have_text(pictures[2].name)
    page.keyboard.press("Escape")
    expect(box).to_be_hidden()

    with page.expect_download() as download:
        page.get_by_role("button", name="Download all").click()
    assert download.value.suggested_filename == "by mouse.zip"
    results = unzipped(download.value.path())
    assert list(results) == [picture.name for picture in pictures]
    assert all(results[picture.name] != picture.read_bytes() for picture in pictures)

    page.get_by_role("link", name="Where it ran").click()
    expect(page.get_by_role("row")).to_have_count(len(pictures) + 1)
    page.get_by_role("button", name="Delete").click()
    page.get_by_role("button", name="Delete it").click()
    expect(page.get_by_role("heading", name="Workloads")).to_be_visible()
    expect(page.get_by_text("by mouse", exact=True)).to_have_count(0)
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("button", name="Sign in")).to_be_visible()
    assert page.evaluate("sessionStorage.length") == 0


def test_by_keys_alone(someone: Visitor, pictures: list[Path]) -> None:
    page, keys = someone.page, someone.page.keyboard
    page.goto(someone.url)
    expect(page.get_by_label("User")).to_be_focused()
    keys.type("tester")
    keys.press("Tab")
    keys.type("correct horse battery staple")
    keys.press("Enter")
    expect(page.get_by_role("heading", name="New workload")).to_be_visible()

    with page.expect_file_chooser() as chooser:
        someone.tab_to("Choose files")
        keys.press("Enter")
    chooser.value.set_files([str(picture) for picture in pictures[:3]])
    for wanted in ("blur", "sepia"):
        someone.tab_to("Add a filter")
        keys.press("Enter")
        expect(page.get_by_role("searchbox")).to_be_focused()
        keys.type(wanted)
        keys.press("Enter")
        expect(page.get_by_role("dialog")).to_be_hidden()
        expect(page.locator("#said")).to_contain_text(f"{wanted} is added")  # the focus has moved by then
    expect(page.get_by_label("As text")).to_have_value(re.compile(r"^blur\|sepia"))
    someone.tab_to("Move sepia")
    keys.press("ArrowUp")
    expect(page.get_by_label("As text")).to_have_value(re.compile(r"^sepia\|blur$"))
    expect(page.locator("#said")).to_contain_text("step 1 of 2")
    someone.tab_to("|sigma|")
    keys.press("ArrowRight")
    expect(page.get_by_label("As text")).to_have_value(re.compile(r"^sepia\|blur:sigma=3\.\d"))
    someone.tab_to("Filter 3 pictures")
    keys.press("Enter")
    someone.completed()
    with page.expect_download() as download:
        someone.tab_to("Download all")
        keys.press("Enter")
    assert len(unzipped(download.value.path())) == 3


def test_by_finger_on_a_phone(browser: Browser, url: str, pictures: list[Path]) -> None:
    with visitor(browser, url, **PHONE) as someone:
        page = someone.page
        someone.at_work()
        someone.choose(pictures[:2])
        someone.write_pipeline("unsharp_mask|duotone|watermark:text=mine")
        expect(page.locator(".previewer .caption")).to_contain_text("jpeg")
        fits(someone)
        page.get_by_role("button", name=re.compile("^Filter ")).tap()
        someone.completed()
        expect(page.locator(".tile canvas.there")).to_have_count(2)
        fits(someone)
        page.locator(".tile button").first.tap()
        expect(page.get_by_role("dialog").locator("img.after")).to_be_visible()
        page.get_by_role("button", name="Close").tap()
        for place in ("Workloads", "Workers", "New"):
            page.get_by_role("navigation", name="Main").get_by_role("link", name=place).tap()
            expect(page.get_by_role("heading", level=1)).to_be_visible()
            fits(someone)
            link = page.get_by_role("navigation", name="Main").get_by_role("link", name=place).bounding_box()
            assert link is not None
            assert min(link["width"], link["height"]) >= 44, "wide enough for a finger"


def fits(someone: Visitor) -> None:
    """Nothing has to be pushed sideways."""
    widths = someone.page.evaluate("[document.scrollingElement.scrollWidth, innerWidth]")
    assert widths[0] <= widths[1], widths


def test_a_folder_and_a_zip_in_one_drop(someone: Visitor, pictures: list[Path], tmp_path: Path) -> None:
    folder = tmp_path / "trip"
    (folder / "day 2").mkdir(parents=True)
    (folder / "day 2" / "one.jpg").write_bytes(pictures[0].read_bytes())
    (folder / "notes.txt").write_text("no picture, and not taken from a folder")
    (folder / ".hidden.jpg").write_bytes(pictures[0].read_bytes())
    with zipfile.ZipFile(tmp_path / "more.zip", "w") as archive:
        for picture in pictures[:2]:
            archive.write(picture, picture.name)
    page = someone.page
    someone.at_work()
    page.get_by_label("A folder").set_input_files(str(folder))
    someone.choose([tmp_path / "more.zip"])
    expect(page.locator(".picked")).to_contain_text("1 picture and 1 archive")
    someone.start("folder and zip")
    # Not its status first: it is completed for a moment when the picture is done before the zip is there.
    expect(page.locator(".figure", has_text="Done").locator("dd")).to_have_text("3")
    someone.completed()


def test_dropped_onto_the_page(someone: Visitor) -> None:
    page = someone.page
    someone.at_work()
    page.evaluate(
        """() => {
            const data = new DataTransfer();
            data.items.add(new File([new Uint8Array(10)], "dropped.jpg", {type: "image/jpeg"}));
            const drop = (name) => document.querySelector(".view")
                .dispatchEvent(new DragEvent(name, {bubbles: true, cancelable: true, dataTransfer: data}));
            drop("dragenter");
            drop("drop");
        }"""
    )
    expect(page.locator(".picked")).to_contain_text("1 picture")
