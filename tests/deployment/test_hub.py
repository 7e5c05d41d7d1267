"""Sending a plan, to a stand-in for the Hub."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import pytest
from helpers.hub import LARGE, SPACE, TOKEN

from vgpnn.deployment.files import Refused
from vgpnn.deployment.hub import send
from vgpnn.deployment.plan import SLEEP_SECONDS, make_plan

ROOT = Path(__file__).parents[2]


def test_a_new_space(hub):
    plan = make_plan(SPACE)
    assert send(plan) == f"{hub.url}/spaces/{SPACE}"
    assert hub.created == {
        "name": "vgpnn",
        "organization": "ada",
        "type": "space",
        "sdk": "gradio",
        "hardware": "zero-a10g",
    }
    assert set(hub.files) == set(plan.files) and not hub.deleted and not hub.settings
    for path, content in plan.files.items():
        assert hub.files[path] == (content if isinstance(content, bytes) else content.read_bytes())
    # More than 256 files are announced in several requests.
    sent = dict.fromkeys(each for each in hub.requests if not each[1].startswith("/store/"))
    assert [*sent] == [
        ("GET", f"/api/spaces/{SPACE}"),
        ("POST", "/api/repos/create"),
        ("POST", "/api/validate-yaml"),
        ("POST", f"/api/spaces/{SPACE}/preupload/main"),
        ("POST", f"/spaces/{SPACE}.git/info/lfs/objects/batch"),
        ("POST", f"/api/spaces/{SPACE}/commit/main"),
    ]


def send_tree(tree: Path, *words: str, **flags: object) -> str:
    return send(make_plan(SPACE, *words, **flags, root=tree))


def test_a_private_docker_space_with_paid_hardware(hub, tree, sent_files):
    send_tree(tree, "docker", hardware="cpu-upgrade", private=True)
    assert hub.created == {
        "name": "vgpnn",
        "organization": "ada",
        "type": "space",
        "sdk": "docker",
        "hardware": "cpu-upgrade",
        "sleepTimeSeconds": SLEEP_SECONDS,
        "visibility": "private",
    }
    assert set(hub.files) == sent_files | {"Dockerfile"}


def test_an_update_removes_what_is_gone_and_leaves_other_files(hub, tree, sent_files):
    hub.set_space(
        ".gitattributes",
        "README.md",
        "notes.txt",
        "vgpnn/__init__.py",
        "vgpnn/old.py",
        "examples/old.mp4",
        "Dockerfile",
    )
    send_tree(tree)
    assert hub.created is None and not hub.settings and set(hub.files) == sent_files
    assert sorted(hub.deleted) == ["Dockerfile", "examples/old.mp4", "vgpnn/old.py"]


def test_an_update_changes_hardware_and_visibility_before_the_files_are_there(hub, tree):
    hub.set_space("vgpnn/__init__.py")
    send_tree(tree, hardware="t4-small", private=True)
    assert hub.settings == [
        ("settings", {"visibility": "private"}),
        ("hardware", {"flavor": "t4-small", "sleepTimeSeconds": SLEEP_SECONDS}),
    ]
    order = [path for _, path in hub.requests]
    commit = order.index(f"/api/spaces/{SPACE}/commit/main")
    assert order.index(f"/api/spaces/{SPACE}/settings") < commit


def test_a_space_that_becomes_a_docker_space_loses_zero_gpu(hub, tree):
    hub.set_space("vgpnn/__init__.py")
    send_tree(tree, "docker")
    assert hub.settings == [("hardware", {"flavor": "cpu-basic"})]


@pytest.mark.parametrize(
    ("present", "settings"),
    [(None, [("sleeptime", {"seconds": SLEEP_SECONDS})]), (60, [])],
    ids=["without", "with"],
)
def test_paid_hardware_gets_a_sleep_time_unless_it_has_one(hub, tree, present, settings):
    hardware = {"current": "t4-small", "requested": "t4-small"}
    hub.set_space(
        "vgpnn/__init__.py",
        runtime={
            "stage": "RUNNING",
            "hardware": hardware,
            "storage": None,
            "gcTimeout": present,
        },
    )
    send_tree(tree)
    assert hub.settings == settings


def test_an_empty_space_is_filled(hub, tree, sent_files):
    hub.set_space(".gitattributes", "README.md")
    send_tree(tree)
    assert set(hub.files) == sent_files


def test_another_project_is_not_touched(hub, tree):
    hub.set_space(".gitattributes", "README.md", "app.py", "model.py")
    with pytest.raises(Refused, match="something else in it"):
        send_tree(tree)
    assert hub.requests == [("GET", f"/api/spaces/{SPACE}")]


def test_what_has_not_changed_is_not_committed_again(hub, tree):
    send_tree(tree)
    hub.set_space(*hub.files)
    hub.requests.clear()
    send_tree(tree)
    assert ("POST", f"/api/spaces/{SPACE}/commit/main") not in hub.requests
    (tree / "app.py").write_text("new")
    hub.files["app.py"] = b"old"
    send_tree(tree)
    assert hub.files["app.py"] == b"new" and hub.committed == ["app.py"]


def test_large_files_go_through_xet(hub, tmp_path):
    """In a process of its own: hf_xet keeps the first address that it was given."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("HF_", "HUGGING"))}
    folders = {"HOME": str(tmp_path), "HF_HOME": str(tmp_path)}
    address = {"HF_ENDPOINT": hub.url, "NO_PROXY": "127.0.0.1", "HF_TOKEN": TOKEN}
    done = subprocess.run(
        [sys.executable, "-m", "vgpnn", "deploy", SPACE],
        cwd=ROOT,
        env=kept | folders | address,
        capture_output=True,
        text=True,
        timeout=100,
    )
    assert (done.returncode, done.stdout) == (0, f"{hub.url}/spaces/{SPACE}\n"), done.stderr
    assert "Traceback" not in done.stderr and TOKEN not in done.stderr
    files = make_plan(SPACE).files
    large = {path: content for path, content in files.items() if path.endswith(LARGE)}
    assert len(large) > 10 and not hub.stored
    for path, content in large.items():
        content = content.read_bytes()
        assert hub.files[path] == hashlib.sha256(content).hexdigest().encode()
        # They are stored in compressed pieces, which leaves much of a video as it is.
        assert any(content[k : k + 200] in hub.xorbs for k in range(0, len(content) - 200, 499))
