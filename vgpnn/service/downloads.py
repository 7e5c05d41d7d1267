"""What the page offers of finished takes beside their MP4s. Each is made when somebody asks for it,
once, and lies in the folder of its job: nothing else takes time or room."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from pathlib import Path
from urllib.parse import unquote

import vgpnn
from vgpnn import comparison, formats, recipe
from vgpnn.service import files, outputs, recipes
from vgpnn.service.job import Job

Checkpoint = Callable[[], None]  # called several times a second; may raise to cancel
GONE = "This take is no longer kept: make it again."
NO_TAKES = "There is no finished take yet: wait for one, or press Generate."
# The sentence for each kind when it takes too long. The first kinds are of one take.
OF_A_TAKE = {
    "gif": "A GIF of this take takes too long to make: use the MP4.",
    "webm": "A WebM of this take takes too long to make: use the MP4.",
}
OF_ALL_TAKES = {
    "comparison": "A comparison of so many takes takes too long to make: use the MP4s.",
    "zip": "A zip of all takes takes too long to make: use the MP4s.",
}
TOO_LONG = OF_A_TAKE | OF_ALL_TAKES


def address_of(job: Job, kind: str, index: int, checkpoint: Checkpoint) -> str:
    """The address of a download, which is made unless there is one.

    kind: a key of TOO_LONG. index: of the take, from 0; only a kind of OF_A_TAKE needs it.
    checkpoint: may raise to end the making. Raises ValueError with one sentence where something is
    not kept any more, or there is no room.
    """
    if not job.results:
        raise ValueError(NO_TAKES)
    files.check_disk()
    if kind in OF_A_TAKE:
        # A GIF of a take in full would be too large for what GIFs are sent to.
        takes = _working_takes(job) if kind == "gif" else job.results
        path = outputs.save_as(_kept(takes[index]), kind, checkpoint)
    elif kind == "comparison":
        path = _save_comparison(job, checkpoint)
    else:
        path = _save_zip(job, checkpoint)
    return files.url(path)


def _save_comparison(job: Job, checkpoint: Checkpoint) -> Path:
    """Make the comparison of a job's videos as the page shows them: source, what stands beside it,
    and takes, all at the working size, with the sound of the first take."""
    path = _path(job, "comparison", ".mp4")
    if path.is_file():
        return path
    shown, takes = job.shown, _working_takes(job)
    videos = {"Source": _named(job, shown["source"]["video"])}
    extras = shown.get("extras", [])
    videos |= {extra["title"]: _named(job, extra["video"]) for extra in extras}
    if len(shown["takes"]) == 1 and extras:
        videos["Result"] = takes[0]
    else:
        videos |= {f"Take {number}": take for number, take in enumerate(takes, 1)}
    sizes = [shown["source"]["size"], *(extra["size"] for extra in extras)]
    sizes += [shown["size"]] * len(takes)
    share = comparison.reduction(sizes)
    read = {}
    for (label, video), (_, height, _) in zip(videos.items(), sizes):
        smaller = None if share == 1 else max(2, int(height * share))
        read[label] = vgpnn.video.read(_kept(video), height=smaller, checkpoint=checkpoint)
    made, label = comparison.side_by_side(read, checkpoint), [*videos][-len(takes)]
    # The takes of a run that has several share the sound of the clip. It goes on as they do.
    sound = outputs.sound_of(takes[0], read[label], checkpoint)
    sound = sound and sound.repeated(len(made.codes) / made.fps)
    vgpnn.video.write(path, made, checkpoint=checkpoint, sound=sound)
    return path


def _save_zip(job: Job, checkpoint: Checkpoint) -> Path:
    """Pack the takes of a job, in full where they are, and the recipe that makes them again."""
    path = _path(job, "takes", ".zip")
    if path.is_file():
        return path
    takes = [_kept(take) for take in job.results]
    text = recipe.to_json(recipes.recipe_of(job, checkpoint))
    files.check_disk(sum(take.stat().st_size for take in takes))
    # MP4s are as small as they get.
    with formats.written_whole(path) as part, zipfile.ZipFile(part, "w") as file:
        for take in takes:
            checkpoint()
            file.write(take, take.name, zipfile.ZIP_STORED)
        file.writestr("recipe.json", text, zipfile.ZIP_DEFLATED)
    return path


def _path(job: Job, word: str, ending: str) -> Path:
    """Where something of all takes lies. Takes that come later give it another name."""
    full = sum("full" in take for take in job.shown["takes"])
    name = f"{files.plain_stem(job.request.clip.name)}-{word}-of-{len(job.results)}"
    return job.folder / f"{name}{f'-{full}-full' if full else ''}{ending}"


def _working_takes(job: Job) -> list[Path]:
    """The MP4 of each finished take at the working size."""
    takes = job.shown["takes"][: len(job.results)]
    return [_named(job, take["video"]) for take in takes]


def _named(job: Job, address: str) -> Path:
    """The file of a job that an address of its view names."""
    return job.folder / unquote(address.rpartition("/")[2])


def _kept(path: Path) -> Path:
    """A path. Raises ValueError where no file is there any more."""
    if not path.is_file():
        raise ValueError(GONE)
    return path
