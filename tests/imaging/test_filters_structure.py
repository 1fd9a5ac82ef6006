"""Edges, relief, morphology and convolution against SciPy, scikit-image and Pillow."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageFilter
from scipy import ndimage
from skimage import feature, filters
from skimage.morphology import disk

from dpip.errors import Unprocessable
from imaging.filters.convolution import Convolution
from imaging.matrices import canonical_matrix, matrix_of
from imaging.parsing import parse_pipeline
from tests.imaging.filter_modes import apply, photograph
from tests.imaging.samples import Array, blurred, luma

COLOUR, GRAY, DEEP = photograph("colour8"), photograph("gray8"), photograph("gray16")
INSIDE = (slice(12, -12), slice(12, -12))  # others mirror their borders otherwise


def top_of(pixels: Array) -> int:
    return int(np.iinfo(pixels.dtype).max)


@pytest.mark.parametrize("pixels", [GRAY, DEEP], ids=["8", "16"])
@pytest.mark.parametrize("sigma", [0.0, 1.5])
def test_sobel_and_laplacian_are_those_of_scikit_image_and_scipy(pixels: Array, sigma: float) -> None:
    top = top_of(pixels)
    smooth = blurred(pixels, sigma) if sigma else pixels.astype(float)
    wanted = np.minimum(filters.sobel(smooth) * np.sqrt(2), top)
    result = apply(f"edges:method=sobel,sigma={sigma:g}", pixels)
    assert np.abs(result - wanted)[INSIDE].max() <= 0.51 + top / 2000
    wanted = np.minimum(np.abs(ndimage.laplace(smooth, mode="mirror")), top)
    result = apply(f"edges:method=laplacian,sigma={sigma:g}", pixels)
    assert np.abs(result - wanted).max() <= 0.51 + top / 2000


def test_a_sharp_edge_from_black_to_white_is_white() -> None:
    step = np.zeros((30, 40), np.uint8)
    step[:, 20:] = 255
    assert apply("edges:method=sobel,sigma=0", step)[15].tolist() == [0] * 19 + [255] * 2 + [0] * 19
    line = apply("edges", step)[15]
    assert line.sum() == 255
    assert line[18:22].any()


@pytest.mark.parametrize("pixels", [GRAY, DEEP], ids=["8", "16"])
def test_canny_finds_the_lines_that_scikit_image_finds(pixels: Array) -> None:
    lines = apply("edges:sigma=1.5,low=5,high=12", pixels) > 0
    level = pixels / top_of(pixels)
    theirs = feature.canny(level, 1.5, 4 * 0.05, 4 * 0.12)  # of Sobel's kernels, not divided by 4
    around = np.ones((3, 3))
    ours_found = (lines & ndimage.binary_dilation(theirs, around))[INSIDE].sum() / lines[INSIDE].sum()
    theirs_found = (theirs & ndimage.binary_dilation(lines, around))[INSIDE].sum() / theirs[INSIDE].sum()
    assert min(ours_found, theirs_found) > 0.85
    assert set(np.unique(apply("edges", pixels))) == {0, top_of(pixels)}


def test_higher_limits_leave_fewer_lines() -> None:
    shares = [(apply(f"edges:low={high / 2},high={high}", GRAY) > 0).mean() for high in (4, 12, 30, 80)]
    assert shares == sorted(shares, reverse=True)
    assert shares[0] > 2 * shares[2] > 0
    with pytest.raises(Unprocessable, match=r"low \(20\) must not be above high \(10\)"):
        parse_pipeline("edges:low=20,high=10")


@pytest.mark.parametrize(("angle", "right", "down"), [(0, 1, 0), (90, 0, -1), (180, -1, 0), (270, 0, 1)])
def test_emboss_is_the_slope_towards_the_light(angle: int, right: int, down: int) -> None:
    for pixels in (GRAY, DEEP):
        top = top_of(pixels)
        level = pixels.astype(float)
        slope = right * ndimage.sobel(level, 1, mode="mirror") + down * ndimage.sobel(level, 0, mode="mirror")
        wanted = np.clip(top / 2 - 3 * slope / 8, 0, top)
        assert np.abs(apply(f"emboss:depth=3,angle={angle}", pixels) - wanted).max() <= 0.51 + top / 20000


def test_emboss_of_a_hill_is_light_where_the_light_is() -> None:
    y, x = np.mgrid[-30:31, -30:31]
    hill = (200 * np.exp(-(x**2 + y**2) / 200)).astype(np.uint8)
    relief = apply("emboss", hill).astype(int)
    assert relief[20, 20] > 140
    assert relief[40, 40] < 115
    assert abs(int(relief[30, 30]) - 128) <= 1


@pytest.mark.parametrize("shape", ["disk", "square"])
@pytest.mark.parametrize("radius", [1, 2, 5])
@pytest.mark.parametrize("mode", ["gray8", "gray16", "colour8"])
def test_morphology_is_scipys(mode: str, radius: int, shape: str) -> None:
    pixels = photograph(mode)
    element = disk(radius) if shape == "disk" else np.ones((2 * radius + 1, 2 * radius + 1))
    footprint = element.astype(bool).reshape(*element.shape, *(1,) * (pixels.ndim - 2))
    top = top_of(pixels)

    def erode(given: Array) -> Array:
        return np.asarray(ndimage.grey_erosion(given, footprint=footprint, mode="constant", cval=top))

    def dilate(given: Array) -> Array:
        return np.asarray(ndimage.grey_dilation(given, footprint=footprint, mode="constant", cval=0))

    wanted = {
        "erode": erode(pixels),
        "dilate": dilate(pixels),
        "open": dilate(erode(pixels)),
        "close": erode(dilate(pixels)),
    }
    for operation, expected in wanted.items():
        result = apply(f"morphology:operation={operation},radius={radius},shape={shape}", pixels)
        assert (result == expected).all(), operation


def test_shapes_with_alpha_grow_and_shrink() -> None:
    pixels = photograph("colour+alpha8")
    seen = {
        operation: int((apply(f"morphology:operation={operation},radius=3", pixels)[..., 3] > 0).sum())
        for operation in ("erode", "dilate")
    }
    assert seen["erode"] < (pixels[..., 3] > 0).sum() < seen["dilate"]


def test_open_and_close_twice_are_as_once() -> None:
    for operation in ("open", "close"):
        once = apply(f"morphology:operation={operation}", COLOUR)
        assert (apply(f"morphology:operation={operation}", once) == once).all()


@pytest.mark.parametrize("mode", ["gray8", "colour8", "gray16", "colour16"])
@pytest.mark.parametrize(
    "matrix", ["0 -1 0 -1 5 -1 0 -1 0", "1 2 3 4 5 6 7 8 9", "1 4 6 4 1;", "1;-2.5;4", " ".join(["1"] * 225)]
)
def test_convolution_weighs_the_pixels_as_the_matrix_is_written(matrix: str, mode: str) -> None:
    pixels = photograph(mode)
    weights = matrix_of(matrix)
    kernel = (weights / weights.sum()).reshape(*weights.shape, *(1,) * (pixels.ndim - 2))
    top = top_of(pixels)
    wanted = np.clip(ndimage.correlate(pixels.astype(float), kernel, mode="mirror"), 0, top)
    result = apply(f"convolution:matrix={matrix}", pixels)
    assert np.abs(result - wanted).max() <= 0.51 + top / 20000


def test_divisor_and_offset_are_pillows_scale_and_offset() -> None:
    rows = ((-2, -1, 0), (-1, 1, 1), (0, 1, 2))
    upwards = [number for row in reversed(rows) for number in row]  # as Pillow wants them
    theirs = Image.fromarray(GRAY).filter(ImageFilter.Kernel((3, 3), upwards, scale=2, offset=51))
    matrix = ";".join(" ".join(map(str, row)) for row in rows)
    ours = apply(f"convolution:matrix={matrix},divisor=2,offset=20", GRAY)
    assert np.abs(ours.astype(int) - np.asarray(theirs))[INSIDE].max() <= 1


def test_edges_and_relief_of_colours_are_those_of_luma() -> None:
    gray = np.rint(luma(COLOUR[..., ::-1])).astype(np.uint8)
    for text in ("edges:method=sobel", "emboss:depth=1"):
        assert np.abs(apply(text, COLOUR).astype(int) - apply(text, gray)).max() <= 1


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("1 2", "2 numbers is no odd square"),
        ("1 2 3 4", "4 numbers is no odd square"),
        ("1 2 3;4 5", "all rows of a matrix must have as many numbers"),
        ("1 2;3 4", "odd number of rows and columns, at most 15; not 2 x 2"),
        (";".join(["1"] * 17), "not 17 x 1"),
        ("1 b 3", "'b' is none"),
        ("nan", "numbers of a matrix are from -1,000,000 to 1,000,000, not nan"),
        ("1e7", "not 1e7"),
        ("", "0 numbers is no odd square"),
    ],
)
def test_matrices_that_are_none_are_explained(text: str, message: str) -> None:
    with pytest.raises(Unprocessable, match=message):
        parse_pipeline(f"convolution:matrix={text}")
    with pytest.raises(Unprocessable, match="divisor must not be 0"):
        parse_pipeline("convolution:divisor=0")


@given(st.integers(0, 7), st.integers(0, 7), st.data())
@settings(max_examples=40, deadline=None)
def test_matrices_have_one_canonical_text(rows: int, columns: int, data: st.DataObject) -> None:
    height, width = 2 * rows + 1, 2 * columns + 1
    row = st.lists(st.floats(-1e6, 1e6), min_size=width, max_size=width)
    numbers = data.draw(st.lists(row, min_size=height, max_size=height))
    text = ";".join(" ".join(map(repr, line)) for line in numbers) + ";"
    code = canonical_matrix(text)
    assert canonical_matrix(code) == code
    assert (matrix_of(code) == np.array(numbers)).all()
    assert parse_pipeline(f"convolution:matrix={code}").filters == (Convolution(matrix=text),)
