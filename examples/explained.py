"""The run that the tab "How it works" shows before there is one: `python examples/explained.py`.

Makes a take of an example and writes how it was made to the folder `explained`: run.json, and the
pictures of each level.
"""

from __future__ import annotations

import json
import re
import shutil
import sys
from dataclasses import replace
from pathlib import Path

from PIL import Image

FOLDER = Path(__file__).resolve().parent
sys.path[:0] = [str(FOLDER.parent)]

from vgpnn import examples, presets  # noqa: E402
from vgpnn.service import work  # noqa: E402
from vgpnn.service.examples import clip_of  # noqa: E402
from vgpnn.service.people import Person  # noqa: E402
from vgpnn.service.working_size import whole_request  # noqa: E402

NAME, HEIGHT, COLOURS = "campfire", 120, 128


def main() -> None:
    example = next(each for each in examples.load() if each.name == NAME)
    settings = presets.preset("generate", "balanced").with_changes(layout="noise")
    whole = whole_request(clip_of(example))
    request = replace(whole, height=HEIGHT, samples=1, seed=example.seed, settings=settings)
    job = work.new_job(request, Person("example", "example"))
    work.make_samples(job)
    folder = FOLDER / "explained"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()

    def kept(address: str) -> str:
        """The name of a picture that is copied into the folder, with fewer colours."""
        name = re.search(r"level[^/]*\.png$", address)[0]
        picture = Image.open(job.folder / name).quantize(COLOURS, dither=Image.Dither.NONE)
        picture.save(folder / name, optimize=True)
        return name

    explained = job.shown["explained"]
    for level in explained["levels"]:
        level |= {key: kept(text) for key, text in level.items() if isinstance(text, str)}
    run = {"title": example.title, "task": "generate", "size": job.shown["size"]}
    run |= {"source": {"size": job.shown["source"]["size"]}, "explained": explained}
    (folder / "run.json").write_text(json.dumps(run, separators=(",", ":")) + "\n")
    shutil.rmtree(job.folder)


if __name__ == "__main__":
    main()
