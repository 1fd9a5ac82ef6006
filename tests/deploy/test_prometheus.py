"""What lies in `deploy/`, against a real API and, where there is one, a real Prometheus."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from urllib.request import urlopen

import pytest
import yaml  # type: ignore[import-untyped]
from prometheus_client.parser import text_string_to_metric_families

from tests.api.processes import ROOT, ApiProcess
from tests.system.system import eventually

DEPLOY = ROOT / "deploy"
TRIALS = Path(__file__).parent / "alerts_test.yml"
ALERTS = DEPLOY / "prometheus" / "alerts.yml"
# Of a controller that answers; here there is none.
OF_CONTROLLER = {"dpip_bus_seconds", "dpip_store_used_bytes", "dpip_controller_bus_messages"}
_NAME = re.compile(r"\bdpip_\w+")


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ApiProcess]:
    process = ApiProcess(tmp_path_factory.mktemp("api"))
    yield process
    process.stop()


def prometheus(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        pytest.skip(f"there is no {name} here: apt-get install prometheus")
    return found


def named() -> dict[str, set[str]]:
    """Where something is asked for, and what."""
    panels = json.loads((DEPLOY / "grafana" / "dpip.json").read_text())["panels"]
    asked = {f"panel {one['title']}": " ".join(target["expr"] for target in one["targets"]) for one in panels}
    (group,) = yaml.safe_load(ALERTS.read_text())["groups"]
    asked |= {f"alert {rule['alert']}": rule["expr"] for rule in group["rules"]}
    return {where: set(_NAME.findall(text)) for where, text in asked.items()}


def test_all_that_is_asked_for_is_there(api: ApiProcess) -> None:
    text = api.curl("/metrics", token=api.login()).stdout
    there = {family.name for family in text_string_to_metric_families(text)}
    for where, names in named().items():
        bare = {re.sub(r"_(total|bucket)$", "", name) for name in names}
        assert bare <= there | OF_CONTROLLER | {"dpip"}, where


def test_promtool_finds_nothing_wrong(tmp_path: Path) -> None:
    promtool = prometheus("promtool")
    shutil.copytree(DEPLOY / "prometheus", tmp_path / "p")
    (tmp_path / "p" / "dpip.token").write_text("a token")
    for what in (("config", "prometheus.yml"), ("rules", "alerts.yml")):
        subprocess.run([promtool, "check", *what], cwd=tmp_path / "p", check=True, capture_output=True)


def test_each_alert_calls_when_it_should_and_not_when_all_is_well(tmp_path: Path) -> None:
    promtool = prometheus("promtool")
    for file in (ALERTS, TRIALS):
        shutil.copy(file, tmp_path)
    tried = subprocess.run(
        [promtool, "test", "rules", TRIALS.name], cwd=tmp_path, check=False, capture_output=True, text=True
    )
    assert tried.returncode == 0, tried.stdout


def test_every_alert_is_tried() -> None:
    (group,) = yaml.safe_load(ALERTS.read_text())["groups"]
    tried = TRIALS.read_text()
    assert [rule["alert"] for rule in group["rules"] if rule["alert"] not in tried] == []


def test_a_real_prometheus_scrapes_and_evaluates(api: ApiProcess, tmp_path: Path) -> None:
    binary = prometheus("prometheus")
    shutil.copytree(DEPLOY / "prometheus", tmp_path / "p")
    (tmp_path / "p" / "dpip.token").write_text(scraping_token(api))
    config = tmp_path / "p" / "prometheus.yml"
    told = config.read_text().replace("localhost:8080", f"127.0.0.1:{api.port}").replace("15s", "2s")
    config.write_text(told)
    with subprocess.Popen(
        [
            binary,
            f"--config.file={config}",
            f"--storage.tsdb.path={tmp_path}",
            "--web.listen-address=127.0.0.1:0",
        ],
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            assert process.stderr
            address = ""
            for line in process.stderr:
                if found := re.search(r"Listening on.*address=(\S+)", line):
                    address = found[1]
                if "ready to receive" in line:
                    break
            base = f"http://{address}/api/v1"

            def value(query: str) -> str | None:
                result = get(f"{base}/query?{urlencode({'query': query})}")["result"]
                return str(result[0]["value"][1]) if result else None

            eventually(lambda: value('up{job="dpip"}') == "1" or None, "the API is scraped", 30)
            assert value("dpip_scheduler_leads") == "0"
            (group,) = eventually(
                lambda: evaluated(get(f"{base}/rules")["groups"]), "rules are evaluated", 30
            )
            assert {rule["health"] for rule in group["rules"]} == {"ok"}
            firing = {rule["name"] for rule in group["rules"] if rule["state"] != "inactive"}
            firing -= {"DpipDiskNearlyFull", "DpipDiskFull"}  # this machine's own trouble
            assert firing == {"DpipNobodyPlacesJobs", "DpipNoWorker", "DpipControllerAway"}
        finally:
            process.terminate()


def scraping_token(api: ApiProcess) -> str:
    """As the comment in prometheus.yml says."""
    asked = ("-d", "name=prometheus", "-d", "scopes=metrics", "-d", "expires_in_hours=8784")
    return str(api.json("/tokens", *asked, token=api.login())["token"])


def get(url: str) -> dict[str, Any]:
    with urlopen(url, timeout=10) as answer:  # noqa: S310 - our own
        return dict(json.load(answer)["data"])


def evaluated(groups: list[dict[str, Any]]) -> list[dict[str, Any]] | None:
    """The groups, once every rule was evaluated while the API was scraped."""
    states = {rule["state"] for group in groups for rule in group["rules"]}
    return groups if states == {"inactive", "pending"} else None
