"""The footer of the page: what becomes of files, where paper and licence are, and the version."""

from __future__ import annotations

import html
import os

import vgpnn
from vgpnn.evaluation.selfcheck.kept import kept
from vgpnn.limits import LIMITS

PAPER = "https://arxiv.org/abs/2109.08591"
LICENCE = "https://opensource.org/license/mit"
CITATION = """@inproceedings{haim2022diverse,
  title     = {Diverse Generation from a Single Video Made Possible},
  author    = {Haim, Niv and Feinstein, Ben and Granot, Niv and Shocher, Assaf and Bagon, Shai and
               Dekel, Tali and Irani, Michal},
  booktitle = {European Conference on Computer Vision (ECCV)},
  year      = {2022}
}"""


def footer() -> str:
    """What becomes of a visitor's files, and where the paper, the citation, the licence and, on a
    Space, the code are."""
    links = {"Paper": PAPER, "Licence: MIT": LICENCE}
    if space := os.environ.get("SPACE_ID"):
        links["Code"] = f"https://huggingface.co/spaces/{html.escape(space)}/tree/main"
    anchors = "".join(
        f"<a href='{address}' target='_blank' rel='noopener'>{text}</a>"
        for text, address in links.items()
    )
    return (
        "<p class='privacy'>Your clips and results stay on the server that runs this page, at "
        "addresses that nobody can guess, and are deleted "
        f"{duration(LIMITS.keep_seconds)} after they were last used. There are no analytics, and "
        "the log holds neither file names nor addresses. Your browser keeps a token that finds "
        "your last run, and no history of runs."
        f"</p><div class='sources'>{anchors}<details><summary>How to cite</summary>"
        f"<pre tabindex='0'>{CITATION}</pre></details>{selfcheck()}"
        f"<span class='version'>VGPNN {vgpnn.__version__}</span></div>"
    )


def selfcheck() -> str:
    """The lines of the last `python -m vgpnn selfcheck` of this server; nothing where there was
    none."""
    report = kept()
    if report is None:
        return ""
    lines = html.escape("\n".join(map(str, report["lines"])))
    date = html.escape(str(report.get("date", ""))[:10])
    return (
        f"<details><summary>Self-check of {date}</summary><pre tabindex='0'>{lines}</pre></details>"
    )


def duration(seconds: float) -> str:
    """In hours or minutes where they are within a tenth of it, or else in seconds."""
    for unit, size in (("hour", 3600), ("minute", 60)):
        count = round(seconds / size)
        if count >= 1 and abs(count * size - seconds) < 0.1 * seconds:
            return f"{'one' if count == 1 else count} {unit}{'s' * (count > 1)}"
    return f"{seconds:.0f} seconds"
