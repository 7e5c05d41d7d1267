"""What `bench` measures, writes and prints."""

import json

import pytest

from vgpnn.__main__ import main


def test_a_report_is_written_and_its_table_printed_again(tmp_path, capsys):
    path = tmp_path / "report.json"
    assert main(["bench", "--sizes", "3x16x20", "--json", str(path)]) == 0
    printed = capsys.readouterr().out
    report = json.loads(path.read_text())
    (row,) = report["rows"]
    assert row["shape"] == [3, 16, 20] and row["seconds"] > 0 and row["peak_bytes"] > 10**7
    assert {"date", "machine", "python", "torch", "numba", "yardstick"} <= set(report)
    assert main(["bench", "--table", str(path)]) == 0
    again = capsys.readouterr().out
    assert again in printed and again.count("\n") == 3


@pytest.mark.parametrize("text", ["13x144", "ax1x2", "0x10x10", "1x2x3x4"])
def test_a_size_that_is_none_is_one_sentence(text, capsys):
    with pytest.raises(SystemExit):
        main(["bench", "--sizes", text])
    assert "--sizes" in capsys.readouterr().err
