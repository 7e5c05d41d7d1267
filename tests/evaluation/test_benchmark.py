"""What the benchmark measures, counts and writes."""

import importlib.util
import json
import math
import sys

import pytest

import vgpnn
from vgpnn import search
from vgpnn.evaluation import benchmark, benchmark_tables
from vgpnn.evaluation.benchmark import Run
from vgpnn.presets import PRESETS
from vgpnn.query_grid import QueryGrid
from vgpnn.search import cpu, naive

needs_triton = pytest.mark.skipif(
    sys.platform != "linux", reason="Triton, and with it the GPU kernels, exists on Linux"
)


def test_a_report_is_written_and_its_tables_are_printed(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(benchmark, "YARDSTICK_SIDE", 64)
    monkeypatch.setattr(benchmark, "ROOFLINE_REPEATS", 1)
    path = tmp_path / "report.json"
    benchmark.main([(3, 46, 60)], str(path), device="cpu", roofline=True)
    report = json.loads(path.read_text())
    (row,) = report["rows"]
    assert row["shape"] == [3, 46, 60] and row["seconds"] > 0 and row["device"] == "cpu"
    assert row["peak_bytes"] > row["work_bytes"] > 3 * 46 * 60
    # A distance compares at least one row of a patch, 3 x 7 pixels of 3 channels, and at most 7.
    assert 63 * row["distances"] <= row["elements"] <= 7 * 63 * row["distances"]
    assert report["elements_per_second"] > 1e6
    assert {"date", "machine", "python", "torch", "numba", "yardstick"} <= set(report)
    assert capsys.readouterr().out == benchmark_tables.tables([report]) + "\n"


def test_without_sizes_the_runs_are_those_of_the_tables(monkeypatch, tmp_path, capsys):
    runs = []

    def record(run):
        runs.append(run)
        return {"seconds": 1.0, "peak_bytes": 2, "work_bytes": 1}

    monkeypatch.setattr(benchmark, "measure_in_new_process", record)
    monkeypatch.setattr(benchmark, "measure_yardstick", lambda device: 0.5)
    benchmark.main(device="cpu")
    names = "shape", "layout", "completeness", "samples", "backend"
    assert [tuple(getattr(run, name) for name in names) for run in runs] == [
        ((13, 144, 256), "noise", "off", 1, "auto"),
        ((13, 144, 256), "noise", "on", 1, "auto"),
        ((13, 144, 256), "pieces", "on", 1, "auto"),
        ((13, 144, 256), "pieces", "on", 6, "auto"),
        ((5, 32, 56), "noise", "on", 1, "auto"),
        ((5, 32, 56), "noise", "on", 1, "naive"),
    ]
    assert {run.device for run in runs} == {"cpu"}


def test_a_batch_has_quality_figures(monkeypatch):
    monkeypatch.setattr(benchmark, "REPEATS", 1)
    monkeypatch.setattr(benchmark, "WARM_UP_SHAPE", (3, 20, 24))
    row = benchmark.measure(Run((4, 32, 40), samples=2, device="cpu"))
    quality = row["quality"]
    assert set(benchmark_tables.FIGURES) <= set(quality)
    assert quality["diversity"] > 0 and quality["coherence"] > 0


def test_a_process_that_fails_is_one_sentence():
    with pytest.raises(
        OSError, match=r"^A run of the benchmark failed \(.*\): try smaller sizes.$"
    ):
        benchmark.measure_in_new_process(Run((4, 32, 40), layout="no such layout"))


@needs_triton
def test_the_most_that_a_gpu_compares_is_what_the_loop_asks_it_for(monkeypatch):
    assert importlib.util.find_spec("triton"), "tests/requirements.txt installs it"
    from vgpnn.search import gpu, gpu_exact

    comparisons = 0

    def exact(query, key, patch, slack, checkpoint, queries):
        """Plain torch under the name of the GPU's exact search."""
        slacks = [None] if slack is None else slack
        results = naive.nearest(query[0], key[0], patch, slacks[0], checkpoint, queries)
        return tuple(result[None] for result in results)

    def nearest(query, key, patch, slack, guesses, seeds, checkpoint, sweeps, reach, queries):
        """The kernels of the CPU, under the name of the GPU's."""
        nonlocal comparisons
        queries = queries or QueryGrid(tuple(query.shape[1:4]), patch)
        comparisons += gpu.candidates(sweeps, len(guesses), reach) * math.prod(queries.counts)
        inputs = query[0], key[0], patch, None if slack is None else slack[0]
        guesses = tuple(guess[0] for guess in guesses)
        results = cpu.nearest(*inputs, guesses, seeds[0], checkpoint, sweeps, reach, queries)
        return tuple(result[None] for result in results)

    monkeypatch.setattr(gpu, "nearest", nearest)
    monkeypatch.setattr(gpu_exact, "nearest", exact)
    monkeypatch.setattr(search, "fast_backend", lambda _: "gpu")
    shape, settings = (4, 60, 76), PRESETS["generate"].with_changes(sigma=2.0)
    vgpnn.generate(benchmark.sample_clip(shape), 0, settings)
    assert benchmark.most_compared_on_gpu(shape, settings).distances == comparisons > 0
