"""Tables of a report with known numbers."""

import json

from vgpnn.evaluation import benchmark_tables

ROW = {
    "shape": [10, 100, 1000],
    "layout": "noise",
    "completeness": "on",
    "samples": 1,
    "backend": "auto",
    "device": "cpu",
    "seconds": 3.0,
    "work_bytes": 40_000_000,
}
COUNTS = {"distances": 5_000_000, "elements": 2_000_000_000}
QUALITY = dict(zip(benchmark_tables.FIGURES, (10.5, 11.25, 1.5, 1.0, 0.99, 0.5)))


def report(**changes):
    return {"yardstick": 1.5, "elements_per_second": 4e9, "rows": [ROW | changes]}


def lines(*reports):
    """The lines of each table."""
    return [block.splitlines() for block in benchmark_tables.tables(reports).split("\n\n")]


def test_speed_and_memory_are_per_voxel():
    ((head, rule, row),) = lines(report())
    assert head.count("|") == rule.count("|") == row.count("|") == 7
    # One megavoxel goes in and one comes out: 40 MB are 20 bytes for each.
    assert row == "| 10 x 100 x 1000, noise | 3.00 | 2.00 | 3.00 | 40 | 20 |"


def test_a_batch_shares_its_source():
    ((_, _, row),) = lines(report(samples=3))
    assert row == ("| 10 x 100 x 1000, noise, a batch of 3 | 3.00 | 2.00 | 1.00 | 40 | 10 |")


def test_the_roofline_is_the_time_of_the_elements_at_the_peak_rate():
    _, (_, _, row) = lines(report(**COUNTS))
    cells = "5.0 M | 5.0 | 4.0 G | 6.0 G | 0.50 | 3.00 | 6.0"
    assert row == f"| 10 x 100 x 1000, noise | {cells} |"


def test_without_a_peak_rate_the_roofline_stays_empty():
    gpu = report(**COUNTS, device="cuda")
    del gpu["elements_per_second"]
    _, (_, _, row) = lines(gpu)
    assert row.startswith("| 10 x 100 x 1000, noise, GPU | 5.0 M |")
    assert row.endswith("| 6.0 G |  | 3.00 |  |")


def test_tables_hold_only_the_rows_that_have_their_figures(tmp_path):
    reports = report(), report(quality=QUALITY, backend="naive"), report(**COUNTS)
    paths = []
    for number, content in enumerate(reports):
        paths.append(tmp_path / f"{number}.json")
        paths[-1].write_text(json.dumps(content))
    tables = benchmark_tables.tables_of_files(paths)
    assert tables == benchmark_tables.tables(reports)
    assert [len(block.splitlines()) - 2 for block in tables.split("\n\n")] == [3, 1, 1]
    last = "| 10 x 100 x 1000, noise, plain torch | 10.50 | 11.25 | 1.50 | 1.00 | 0.99 |"
    assert tables.splitlines()[-1] == last + " 0.50 |"
