"""What `bench` measures, writes and prints."""

import json
import math

import pytest

import vgpnn
from vgpnn import search
from vgpnn.cli.main import main
from vgpnn.evaluation import benchmark as bench
from vgpnn.patches import grid
from vgpnn.presets import PRESETS
from vgpnn.search import cpu


def test_a_report_is_written_and_its_table_printed_again(tmp_path, capsys):
    path = tmp_path / "report.json"
    asked = ["bench", "--sizes", "3x46x60", "--roofline", "--device", "cpu", "--json", str(path)]
    assert main(asked) == 0
    printed = capsys.readouterr().out
    report = json.loads(path.read_text())
    (row,) = report["rows"]
    assert row["shape"] == [3, 46, 60] and row["seconds"] > 0 and row["device"] == "cpu"
    assert row["peak_bytes"] > row["work_bytes"] > 3 * 46 * 60
    # A distance compares at least one row of a patch, 3 x 7 pixels of 3 channels, and at most 7.
    assert 63 * row["distances"] <= row["elements"] <= 7 * 63 * row["distances"]
    assert report["elements_per_second"] > 1e6
    assert {"date", "machine", "python", "torch", "numba", "yardstick"} <= set(report)
    assert main(["bench", "--table", str(path)]) == 0
    assert capsys.readouterr().out == printed and printed.count("3 x 46 x 60") == 2


@pytest.mark.parametrize("text", ["13x144", "ax1x2", "0x10x10", "1x2x3x4"])
def test_a_size_that_is_none_is_one_sentence(text, capsys):
    assert main(["bench", "--sizes", text]) == 2
    assert "--sizes" in capsys.readouterr().err


def test_the_most_that_a_gpu_compares_is_what_its_searches_are_asked_for(monkeypatch):
    """Counted from the plan of the levels, as the loop calls the kernels."""
    pytest.importorskip("triton")
    from vgpnn.search import gpu

    asked = 0

    def spy(query, key, patch, slack, guesses, seeds, checkpoint, sweeps):
        nonlocal asked
        size = grid(query.shape[1:4], patch)
        asked += gpu.candidates(sweeps, len(guesses)) * math.prod(size)
        one = query[0], key[0], patch, None if slack is None else slack[0]
        found = cpu.nearest(*one, tuple(g[0] for g in guesses), seeds[0], checkpoint, sweeps)
        return tuple(part[None] for part in found)

    monkeypatch.setattr(gpu, "nearest", spy)
    monkeypatch.setattr(search, "fast_backend", lambda _: "gpu")
    shape, settings = (4, 60, 76), PRESETS["generate"].with_changes(sigma=2.0)
    vgpnn.generate(bench.sample_clip(shape), 0, settings)
    assert bench.most_on_gpu(shape, settings).distances == asked > 0
