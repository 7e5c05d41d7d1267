"""Write the generated tables of README.md and docs/ anew: `python tests/write_tables.py`.

A generated table stands between `<!-- NAME -->` and `<!-- /NAME -->`. Tables of figures are made
from the reports in tests/bench, and tables of settings and limits from the code. No number in them
is written by hand, and tests/test_docs.py fails where a table and its report differ.
"""

from __future__ import annotations

import inspect
import json
import math
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
BENCH = ROOT / "tests" / "bench"
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from bench import camera, longer, pace, quality, sweep  # noqa: E402
from helpers import endpoint_tables  # noqa: E402

from vgpnn import limits, presets  # noqa: E402
from vgpnn.evaluation import benchmark_tables  # noqa: E402
from vgpnn.setting import GROUPS, Setting  # noqa: E402
from vgpnn.settings import SETTINGS, Settings  # noqa: E402

SYSTEMS = {
    "drafts": "ours",
    "on": "ours, from noise",
    "off": "ours, from noise, weights off",
    "vgpnn": "published by the authors",
    "hpvaegan": "HP-VAE-GAN, published",
    "singangif": "SinGAN-GIF, published",
}
SEEDS = [0, 1, 2, 3, 4, 5]  # of the first table of figures
SHORT = ("coherence", "completeness", "swd", "sharp", "motion", "diversity")


def main() -> None:
    for path in documents():
        text = path.read_text(encoding="utf-8")
        if (written := with_tables(text)) != text:
            path.write_text(written, encoding="utf-8")
            print(f"{path.relative_to(ROOT)} has changed")


def documents() -> list[Path]:
    """The files for readers: README.md, CONTRIBUTING.md, CHANGELOG.md and docs/*.md."""
    return [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").glob("*.md"))]


def with_tables(text: str) -> str:
    """The text with every generated table made anew. Raises KeyError for a name of no table."""
    pattern = re.compile(r"<!-- (\w+) -->\n.*?<!-- /\1 -->", re.DOTALL)
    return pattern.sub(lambda m: f"<!-- {m[1]} -->\n{TABLES[m[1]]()}\n<!-- /{m[1]} -->", text)


def speed_reports() -> list[Path]:
    """Reports that `python -m vgpnn bench --json` wrote."""
    return sorted(BENCH.glob("*.json"))


def bench() -> str:
    return benchmark_tables.tables_of_files(speed_reports())


def machines() -> str:
    names = ("date", "machine", "python", "torch", "numba", "numpy")
    reports = [json.loads(path.read_text()) for path in speed_reports()]
    rows = [
        [*(r[name] for name in names), f"{r['yardstick']:.2f}", len(r["rows"])] for r in reports
    ]
    return table([*names, "yardstick, s", "rows"], rows)


def speed() -> str:
    """The rows for the README: what takes how long, without the details."""
    rows = [row for path in speed_reports() for row in json.loads(path.read_text())["rows"]]
    rows = [r for r in rows if r["layout"] == presets.PRESETS["generate"].layout]
    rows.sort(key=lambda r: (math.prod(r["shape"]), r["samples"]))
    cells = [
        [
            " x ".join(map(str, row["shape"])),
            row["samples"],
            f"{row['seconds']:.1f}",
            f"{row['work_bytes'] / 1e6:.0f}",
        ]
        for row in rows
    ]
    return table(["frames x height x width", "results", "seconds", "memory, MB"], cells)


def gpu() -> str:
    """What the self-check of an installation with a GPU found."""
    reports = [json.loads(path.read_text()) for path in sorted((BENCH / "gpu").glob("*.json"))]
    rows = [
        [row["name"], row["status"], row["measured"], row["limit"]]
        for report in reports
        for row in report["checks"]
    ]
    return table(["check", "result", "measured", "limit"], rows)


def figures() -> str:
    """The rows for the README: our results, and what the paper's authors published."""
    shown = [SYSTEMS[name] for name in ("drafts", "vgpnn")]
    return quality.table([r for r in figure_rows(SEEDS) if r["system"] in shown], SHORT)


def all_figures() -> str:
    return quality.table(figure_rows(SEEDS))


def other_seeds() -> str:
    rows = figure_rows()
    return quality.table([r for r in rows if r["seeds"] not in (None, SEEDS)])


def figure_rows(seeds: Sequence[int] | None = None) -> list[dict]:
    """Rows of the report of figures, of these seeds and of what others published; None: all."""
    rows = json.loads((BENCH / "quality" / "report.json").read_text())["rows"]
    chosen = [r for r in rows if seeds is None or r["seeds"] in (None, seeds)]
    return [{**row, "system": SYSTEMS[row["system"]]} for row in chosen]


def lengths() -> str:
    return pace.table(json.loads((BENCH / "pace" / "report.json").read_text())["rows"])


def longer_results() -> str:
    return longer.table(json.loads((BENCH / "longer" / "report.json").read_text())["rows"])


def swept() -> str:
    rows = [[row["setting"], row["label"], *factors] for row, factors in sweep_rows(sweep.SHOWN)]
    return table(["setting", "value", *sweep.SHOWN], rows)


def qualities() -> str:
    names = ("seconds", "error", "diversity", "equal", "sharp")
    changes = presets.QUALITY_CHANGES["generate"]
    factors = {row["label"]: row_factors for row, row_factors in sweep_rows(names)}
    rows = [
        [quality.capitalize(), in_words(changes.get(quality, {})), *factors[quality]]
        for quality in presets.QUALITIES
    ]
    heads = ["seconds", "error", "diversity", "error at equal diversity", "sharpness"]
    return table(["quality", "changes of the preset", *heads], rows)


def sweep_rows(names: Sequence[str]) -> Iterator[tuple[dict, list[str]]]:
    """Yield the rows of the sweep's report, each with its factors as text."""
    report = json.loads((BENCH / "sweep" / "report.json").read_text())
    for row in report.values():
        factors = sweep.factors(report, row)
        yield row, [f"{factors[name]:.2f}" if name in factors else "-" for name in names]


def settings() -> str:
    """One table for each group of settings, under a heading."""
    parts, defaults = [], Settings()
    for group, (heading, sentence) in GROUPS.items():
        rows = [
            [f"`{name}`", s.label, value_text(name, getattr(defaults, name)), range_text(s), s.help]
            for name, s in SETTINGS.items()
            if s.group == group
        ]
        heads = ["setting", "on the page", "default", "range", "what it does"]
        parts.append(f"### {heading}\n\n{sentence}\n\n{table(heads, rows)}")
    return "\n" + "\n\n".join(parts) + "\n"


def range_text(setting: Setting) -> str:
    """The values that a setting may have, in words."""
    if setting.kind == "word":
        return ", ".join(f"`{word}`" for word in setting.words)
    text = f"{number_text(setting.low)} to {number_text(setting.high)}"
    if setting.kind == "patch":
        text = f"three whole numbers, each {text}"
    return f"{text}, or {setting.optional.word}" if setting.optional else text


def value_text(name: str, value: object) -> str:
    """A value of the setting `name` as the documents write it."""
    if value is None:
        return SETTINGS[name].optional.word
    if isinstance(value, tuple):
        return " x ".join(map(str, value))
    return f"`{value}`" if isinstance(value, str) else number_text(value)


def number_text(value: float) -> str:
    """12345 as 12,345 and 1e-06 as 0.000001; no zeros at the end of a fraction."""
    return f"{value:,}" if isinstance(value, int) else f"{value:f}".rstrip("0").rstrip(".")


def preset_table() -> str:
    """The settings in which the presets of the tasks differ."""
    tasks = list(presets.PRESETS)
    rows = []
    for name in SETTINGS:
        values = [getattr(presets.PRESETS[task], name) for task in tasks]
        if len(set(values)) > 1:
            rows.append([f"`{name}`", *(value_text(name, value) for value in values)])
    return table(["setting", *tasks], rows)


def quality_changes() -> str:
    """What Fast and Best change in the preset of every task."""
    rows = [
        [task, *(in_words(changes.get(quality, {})) for quality in ("fast", "best"))]
        for task, changes in presets.QUALITY_CHANGES.items()
    ]
    return table(["task", "Fast", "Best"], rows)


def in_words(changes: dict) -> str:
    """Changes of settings, such as "`passes` 8, `last_levels` 0"."""
    texts = [f"`{name}` {value_text(name, value)}" for name, value in changes.items()]
    return ", ".join(texts) or "none"


def slider() -> str:
    """The factor of the noise at some places of the slider."""
    places = [step / 8 for step in range(9)]
    heads = ["difference", *(f"{place:g}" for place in places)]
    return table(heads, [["noise", *(f"{presets.noise_of(place):.2f}" for place in places)]])


def limit_table() -> str:
    """Every limit, with its section, its unit and its comment in vgpnn/limits.py."""
    rows, section = [], ""
    for line in inspect.getsource(limits.Limits).splitlines():
        if heading := re.fullmatch(r"    # (.+)\.", line):
            section = heading[1]
        elif field := re.fullmatch(r"    (\w+): \w+ = .+  # \[(.+?)\] ?(.*)", line):
            value = number_text(int(getattr(limits.LIMITS, field[1])))
            rows.append([section, f"`{field[1]}`", f"{value} {field[2]}", field[3]])
            section = ""
    return table(["", "limit", "value", "of what"], rows)


def endpoints() -> str:
    return table(["endpoint", "what it does"], endpoint_tables.endpoint_rows())


def shared_arguments() -> str:
    heads = ["argument", "type", "default", "endpoints", "what it is"]
    return table(heads, endpoint_tables.shared_rows())


def own_arguments() -> str:
    heads = ["endpoint", "argument", "type", "default", "what it is"]
    return table(heads, endpoint_tables.own_rows())


def table(heads: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """A Markdown table."""
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join(f"| {' | '.join(map(str, line))} |" for line in lines)


def camera_paths() -> str:
    return camera.paths_table(json.loads((BENCH / "camera" / "report.json").read_text()))


def camera_takes() -> str:
    return camera.takes_table(json.loads((BENCH / "camera" / "takes.json").read_text()))


TABLES: dict[str, Callable[[], str]] = {
    "bench": bench,
    "machines": machines,
    "speed": speed,
    "gpu": gpu,
    "figures": figures,
    "all_figures": all_figures,
    "other_seeds": other_seeds,
    "camera_paths": camera_paths,
    "camera_takes": camera_takes,
    "lengths": lengths,
    "longer": longer_results,
    "sweep": swept,
    "qualities": qualities,
    "settings": settings,
    "presets": preset_table,
    "quality_changes": quality_changes,
    "slider": slider,
    "limits": limit_table,
    "endpoints": endpoints,
    "shared_arguments": shared_arguments,
    "own_arguments": own_arguments,
}

if __name__ == "__main__":
    main()
