"""What the benchmark's figures rest on: checks that notice wrong work, sums, plots, and its own client."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO

import cv2
import numpy as np
import pytest
from werkzeug.formparser import parse_form_data

from benchmarks import svg, verifying
from benchmarks.guest import CannotTakePart, Failed, Guest
from benchmarks.lean_http import MULTIPART, Client, Refused, form_of_files
from benchmarks.measuring import Tree, spent
from benchmarks.picture_sets import PictureSet, picture_set
from benchmarks.rivals.catalogue import BARE, ENTRIES, Entry
from benchmarks.rivals.pixels import filtered
from benchmarks.scaling import BreakEven


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> PictureSet:
    return picture_set("small", 3, tmp_path_factory.mktemp("pictures"))


def test_small_pictures_are_all_different(pictures: PictureSet) -> None:
    assert len({file.read_bytes() for file in pictures.files}) == 3
    assert pictures.megapixels == pytest.approx(3 * 0.3072)


def test_the_check_takes_right_results_and_no_others(pictures: PictureSet) -> None:
    source = pictures.files[0]
    data = source.read_bytes()
    assert verifying.likeness(source, filtered(data, ".jpg", "blur"), "blur") > verifying.LEAST_DB
    with pytest.raises(verifying.Wrong, match="colour"):
        verifying.likeness(source, data, "grayscale")
    with pytest.raises(verifying.Wrong, match="no picture"):
        verifying.likeness(source, b"not a picture", "blur")
    with pytest.raises(verifying.Wrong, match="dB"):
        verifying.likeness(source, filtered(pictures.files[1].read_bytes(), ".jpg", "blur"), "blur")
    half = cv2.resize(cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR), (320, 240))
    with pytest.raises(verifying.Wrong, match="not"):
        verifying.likeness(source, cv2.imencode(".jpg", half)[1].tobytes(), "blur")


def test_a_contestant_is_run_measured_and_ended(pictures: PictureSet) -> None:
    guest = Guest(ENTRIES[BARE], 2)
    tree = guest.tree
    try:
        run = guest.run(pictures, "grayscale")
    finally:
        guest.close()
    assert run.images == 3
    assert run.psnr_db > 100
    assert run.result_bytes > 1000
    assert 0 < run.seconds < 60
    assert run.peak_mb > 1
    assert not tree.processes()


@pytest.mark.parametrize("place", ["nowhere:Nobody", "benchmarks.rivals.protocol:Missing"])
def test_one_that_cannot_take_part_is_told(place: str) -> None:
    with pytest.raises((CannotTakePart, Failed)):
        Guest(Entry("nobody", place), 1)


def test_cpu_time_of_children_that_ended_counts() -> None:
    tree = Tree(os.getpid())
    before = tree.cpu_ms()
    code = "import time\nwhile time.process_time() < 0.3: pass"
    subprocess.run([sys.executable, "-c", code], check=True)
    assert sum(spent(before, tree.cpu_ms()).values()) >= 290


def test_break_even_is_where_the_lines_meet() -> None:
    found = BreakEven("blur", (1, 2, 4), (1.5, 2.0, 3.0), (1.0, 2.0, 4.0), start_s=5.0)
    assert found.running == pytest.approx(2.0)
    assert found.from_nothing == pytest.approx(12.0)
    assert BreakEven("blur", (1, 2), (1.0, 2.0), (0.5, 1.0), start_s=0.0).running is None


def test_plots_are_well_formed_and_hold_their_bars() -> None:
    bars = [svg.Bar(0.5, 0.4, 0.6), None]
    drawing = svg.bars("A & B", ["grayscale", "blur"], [svg.Series("<one>", bars)], mark=1.0)
    root = ET.fromstring(drawing)  # noqa: S314 - it is our own
    assert len(root.findall("{http://www.w3.org/2000/svg}rect")) == 1 + 1 + 1  # ground, bar, legend
    line = svg.lines("T", [svg.Series("s", points=[(1.0, 2.0), (3.0, 4.0)])], "x", "y")
    ET.fromstring(line)  # noqa: S314


class _Echo(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        status = 500 if self.path == "/broken" else 200
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        if self.path == "/last":
            self.close_connection = True

    def log_message(self, *_arguments: object) -> None:
        return


@pytest.fixture
def client() -> Iterator[Client]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Echo)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    client = Client(f"http://127.0.0.1:{server.server_port}")
    try:
        yield client
    finally:
        client.close()
        server.shutdown()
        thread.join()
        server.server_close()


def test_the_client_sends_and_receives_every_byte(client: Client) -> None:
    large = bytes(range(256)) * 40_000
    for body in ([b"a"], [large, b"", b"tail"], [b"x"] * 3000):
        assert client.ask("POST", "/", body).body == b"".join(body)
    with pytest.raises(Refused, match="500"):
        client.ask("POST", "/broken", [b"why"])
    assert client.ask("POST", "/last", [b"a"]).body == b"a"
    assert client.ask("POST", "/", [b"again"]).body == b"again"


def test_a_form_of_many_files_is_read_by_others() -> None:
    files = {f"{number}.jpg": bytes([number]) * 1000 for number in range(5)}
    body = b"".join(form_of_files(files.items()))
    environ = {
        "REQUEST_METHOD": "POST",
        "CONTENT_TYPE": MULTIPART,
        "CONTENT_LENGTH": str(len(body)),
        "wsgi.input": BytesIO(body),
    }
    _, _, parsed = parse_form_data(environ)
    got = {}
    for file in parsed.getlist("data"):
        got[file.filename] = file.read()
        file.close()
    assert got == files
