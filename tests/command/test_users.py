"""`dpip user` on a datastore of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from argon2 import PasswordHasher

from datastore import open_datastore
from dpip.domain import Action, Quota, Role, Scope, Token
from dpip.ports import AuditFilter, NewOriginal
from storage import FolderStore
from tests.datastore.making import FACTS, NEEDS, NOW, new_workload

ROOT = Path(__file__).parents[2]
PASSWORD = "battery staple"


def dpip(home: Path, *arguments: str, said: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "command", "user", *arguments],
        cwd=ROOT,
        env={**os.environ, "DPIP_HOME": str(home)},
        input=said,
        capture_output=True,
        text=True,
        check=False,
    )


def done(home: Path, *arguments: str, said: str = "") -> str:
    result = dpip(home, *arguments, said=said)
    assert result.returncode == 0, result.stderr
    return result.stdout


@pytest.fixture
def home(tmp_path: Path) -> Path:
    open_datastore(f"sqlite:///{tmp_path}/dpip.sqlite3").close()
    return tmp_path


def test_the_life_of_a_user(home: Path) -> None:
    done(home, "add", "root", "--role", "admin", said=f"{PASSWORD}\n")
    done(home, "add", "ann", "--quota-images", "5", said=f"{PASSWORD}\n")
    with open_datastore(f"sqlite:///{home}/dpip.sqlite3") as store:
        ann = store.accounts.find_user("ann")
        assert ann is not None
        assert (ann.role, ann.quota) == (Role.USER, Quota(None, 5))
        assert PasswordHasher().verify(ann.password_hash, PASSWORD)
        store.tokens.add(Token("t", ann.id, None, "x", frozenset({Scope.READ}), NOW, NOW + 9), "hash")
        made_up = done(home, "passwd", "ann", "--random").split()[-1]
        assert store.tokens.find_caller("hash", NOW) is None
        changed = store.accounts.find_user("ann")
        assert changed is not None
        assert PasswordHasher().verify(changed.password_hash, made_up)
        listed = " ".join(done(home, "list").splitlines()[1].split())
        assert listed == "ann user enabled 0 5 0 - 0 -"
        done(home, "disable", "ann")
        assert "disabled" in done(home, "list")
        done(home, "enable", "ann")
        done(home, "delete", "ann")
        told = store.audit.entries(AuditFilter(target="ann")).items
        assert [entry.action for entry in reversed(told)] == [
            Action.USER_ADDED,
            Action.PASSWORD_CHANGED,
            Action.USER_CHANGED,
            Action.USER_CHANGED,
            Action.USER_DELETED,
        ]
        assert made_up not in str(told)


def test_images_go_with_their_user_when_told_to(home: Path) -> None:
    done(home, "add", "root", "--role", "admin", said=f"{PASSWORD}\n")
    done(home, "add", "ann", said=f"{PASSWORD}\n")
    images = FolderStore(home / "images")
    with open_datastore(f"sqlite:///{home}/dpip.sqlite3") as store:
        ann = store.accounts.find_user("ann")
        assert ann is not None
        workload = new_workload(store, owner=ann.id)
        new = NewOriginal(workload.id, "a.jpg", "jpg", FACTS, NEEDS)
        store.catalog.add_original(new, lambda key: images.put(key, b"x"), NOW)
        refused = dpip(home, "delete", "ann")
        assert (refused.returncode, "still has workloads" in refused.stderr) == (1, True)
        done(home, "delete", "ann", "--with-images")
        assert store.catalog.workload(workload.id, None) is None
        assert list(images.entries()) == []


@pytest.mark.parametrize(
    ("arguments", "said", "told"),
    [
        (("add", "a b"), PASSWORD, "cannot be a user's name"),
        (("add", "ann"), "short", "a password has 8 to"),
        (("passwd", "nobody"), PASSWORD, "there is no user 'nobody'"),
        (("disable", "nobody"), "", "there is no user 'nobody'"),
    ],
)
def test_what_is_wrong_is_told_in_one_line(
    home: Path, arguments: tuple[str, ...], said: str, told: str
) -> None:
    result = dpip(home, *arguments, said=said)
    assert result.returncode == 1
    assert told in result.stderr
    assert len(result.stderr.splitlines()) == 1


def test_no_datastore_is_made_by_mistake(tmp_path: Path) -> None:
    result = dpip(tmp_path, "list")
    assert result.returncode == 1
    assert "there is no datastore" in result.stderr
    assert list(tmp_path.iterdir()) == []
