"""`python -m vgpnn drafts`, and `generate --pick`."""

from __future__ import annotations

import json
from types import SimpleNamespace

import pytest

import vgpnn
from vgpnn.cli.main import main
from vgpnn.words import sorting

WORDS = ["--seed", "3", "--quality", "fast"]
FAST = vgpnn.preset("generate", "fast")


def listed(folder):
    return json.loads((folder / "drafts.json").read_text())


def test_drafts_are_written_in_their_order_and_listed(clip, tmp_path):
    folder = tmp_path / "drafts"
    assert main(["drafts", str(clip), str(folder), "--count", "3", *WORDS]) == 0
    expected = list(vgpnn.drafts(vgpnn.video.read(clip), 3, 3, FAST))
    assert listed(folder)["seed"] == 3
    for place, (row, draft) in enumerate(zip(listed(folder)["drafts"], expected, strict=True), 1):
        assert row["draft"] == draft.name and row["kind"] == draft.layout.kind
        assert row["file"] == f"{place:02d}-draft-{draft.name}.mp4"
        assert row["change"] == pytest.approx(draft.change, abs=1e-3)
        assert vgpnn.video.probe(folder / row["file"]).frames == draft.video.shape[0]


def test_others_and_variations(clip, tmp_path):
    words = ["drafts", str(clip), *WORDS, "--count", "1"]
    assert main([*words, str(tmp_path / "others"), "--skip", "1"]) == 0
    second = list(vgpnn.drafts(vgpnn.video.read(clip), 2, 3, FAST))[1]
    (row,) = listed(tmp_path / "others")["drafts"]
    assert row["draft"] == second.name and row["file"].startswith("02-")
    assert main([*words, str(tmp_path / "like"), "--like", second.name]) == 0
    (row,) = listed(tmp_path / "like")["drafts"]
    assert row["draft"].startswith(second.name + ".")


def test_a_picked_draft_is_finished(clip, tmp_path):
    video, out = vgpnn.video.read(clip), tmp_path / "out.mp4"
    name = list(vgpnn.drafts(video, 2, 3, FAST))[1].name
    assert main(["generate", str(clip), str(out), *WORDS, "--pick", name]) == 0
    vgpnn.video.write(tmp_path / "expected.mp4", vgpnn.generate(video, 3, FAST, draft=name).video)
    assert out.read_bytes() == (tmp_path / "expected.mp4").read_bytes()


def test_all_drafts_are_finished_in_their_order(clip, tmp_path, capsys):
    words = ["generate", str(clip), str(tmp_path / "out.mp4"), *WORDS, "--pick", "all"]
    assert main([*words, "--takes", "2"]) == 0
    names = [draft.name for draft in vgpnn.drafts(vgpnn.video.read(clip), 2, 3, FAST)]
    said = capsys.readouterr().err
    for number, name in enumerate(names, 1):
        assert f"out-{number}.mp4 (seed 3, draft {name})" in said
        assert (tmp_path / f"out-{number}.mp4").exists()


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--pick", "third"], 'A draft is a number, or a number of it such as "17.2"'),
        (["--pick", "1", "--takes", "2"], "A draft is one video"),
        (["--pick", "1", "--layout", "noise"], "Noise has no drafts"),
    ],
    ids=["no number", "two of one", "noise"],
)
def test_a_pick_that_cannot_be_is_one_sentence(clip, tmp_path, capsys, words, says):
    assert main(["generate", str(clip), str(tmp_path / "out.mp4"), *WORDS, *words]) == 1
    (line,) = capsys.readouterr().err.strip().splitlines()
    assert says in line


def test_a_folder_that_holds_something_is_refused(clip, tmp_path, capsys):
    assert main(["drafts", str(clip), str(tmp_path), *WORDS]) == 1
    assert "is not empty" in capsys.readouterr().err


def test_drafts_are_sorted_by_a_sentence(clip, tmp_path, monkeypatch):
    """Those that fit best come first; how bright they are stands for how well they fit."""
    model = SimpleNamespace(fit=lambda frame, sentence: frame.float().mean().item() / 255)
    monkeypatch.setattr(sorting, "loaded", lambda checkpoint: model)
    words = ["drafts", str(clip), str(tmp_path / "drafts"), "--count", "3", *WORDS]
    assert main([*words, "--sorted-by", "a bright place"]) == 0
    expected = list(vgpnn.drafts(vgpnn.video.read(clip), 3, 3, FAST))
    rows = listed(tmp_path / "drafts")["drafts"]
    fits = {each.name: sorting.fit(each.video.codes, "x", model=model) for each in expected}
    assert [row["draft"] for row in rows] == sorted(fits, key=fits.get, reverse=True)
    assert [row["fit"] for row in rows] == [pytest.approx(fits[r["draft"]], abs=1e-4) for r in rows]
    assert [row["file"][:2] for row in rows] == ["01", "02", "03"]
