"""What `bench` measures, writes and prints."""

import json

import pytest

from vgpnn.__main__ import main


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
    with pytest.raises(SystemExit):
        main(["bench", "--sizes", text])
    assert "--sizes" in capsys.readouterr().err
