"""Run the notebook, and write what comes out into it: `python tests/write_notebook.py [PATH]`.

PATH: where to write it; default: the notebook itself. The cells run one after the other in this
process, as a kernel would run them, in a temporary folder.
"""

from __future__ import annotations

import base64
import json
import os
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import RichOutput, capture_output
from traitlets.config import Config

ROOT = Path(__file__).resolve().parents[1]
NOTEBOOK = ROOT / "examples" / "vgpnn.ipynb"


def executed(notebook: dict) -> dict:
    """The notebook with new outputs. Raises RuntimeError with the first error of a cell."""
    config = Config(HistoryManager={"enabled": False})  # it is a database in the home folder
    shell = InteractiveShell.instance(config=config, colors="nocolor")
    cells, number = [], 0
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            number += 1
            cell = cell | {"execution_count": number, "outputs": run(shell, cell)}
        cells.append(cell)
    return notebook | {"cells": cells}


def run(shell: InteractiveShell, cell: dict) -> list[dict]:
    """What a cell prints and shows, as a notebook holds it. Raises RuntimeError with its error."""
    with capture_output() as captured:
        done = shell.run_cell("".join(cell["source"]))
    if not done.success:
        raise RuntimeError(captured.stdout) from (done.error_in_exec or done.error_before_exec)
    printed = {"output_type": "stream", "name": "stdout", "text": lines(captured.stdout)}
    return ([printed] if captured.stdout else []) + [shown(each) for each in captured.outputs]


def shown(output: RichOutput) -> dict:
    """A picture, a video or an object that a cell shows, as a notebook holds it."""
    data = {
        kind: base64.b64encode(content).decode() if isinstance(content, bytes) else content
        for kind, content in output.data.items()
    }
    text = {kind: lines(content) for kind, content in data.items() if kind.startswith("text/")}
    return {"output_type": "display_data", "metadata": {}, "data": data | text}


def lines(text: str) -> list[str]:
    return text.splitlines(keepends=True)


def main(words: Sequence[str]) -> None:
    target = Path(words[0]).absolute() if words else NOTEBOOK
    sys.path.insert(0, str(ROOT))
    notebook = json.loads(NOTEBOOK.read_text(encoding="utf-8"))
    with tempfile.TemporaryDirectory() as folder:
        os.environ["IPYTHONDIR"] = folder
        os.chdir(folder)
        made = executed(notebook)
        os.chdir(ROOT)
    text = json.dumps(made, indent=1, ensure_ascii=False)
    target.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
