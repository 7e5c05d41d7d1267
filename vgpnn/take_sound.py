"""The sound of takes: that of the clip whose time they have, as it is or joined to another time."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any

from vgpnn import sound, soundtrack
from vgpnn.decoding.messages import UnfinishedError, VideoError
from vgpnn.limits import LIMITS
from vgpnn.sound import Sound
from vgpnn.tasks.result import Result

SPARE = Fraction(1, 4)  # [s] that are read behind the part: takes in full may last a bit longer
UNREAD = "Takes have no sound, because that of the clip could not be read. {}"


def changes_time(options: Mapping[str, Any]) -> bool:
    """Whether the options of a task, such as `duration_scale`, `loop` and `longer`, and `time` of a
    tile, give results another time than that of the clip. Otherwise frame k of a result is heard
    with frame k of the clip."""
    is_longer = options.get("duration_scale", 1.0) != 1.0 or "longer" in options
    return is_longer or bool(options.get("loop") or options.get("time"))


class TakeSounds:
    """The sound of the takes of one clip, which is read when the first of them is finished.

    notes: a sentence, if it could not be read.
    """

    def __init__(
        self,
        path: str | os.PathLike | None,
        start: Fraction | float,
        seconds: Fraction | float,
        is_retimed: bool,
    ) -> None:
        """path: of the clip; None where takes are to have no sound. start, seconds: the part of it
        that takes are made of [s]. is_retimed: whether they have another time, see `changes_time`.
        """
        self.notes: list[str] = []
        self._path, self._part, self._is_retimed = path, (start, seconds), is_retimed
        self._clip: Sound | None = None
        self._is_read = path is None
        self._made: dict[int, Sound | None] = {}

    def of(
        self,
        number: int,
        result: Result | None = None,
        checkpoint: Callable[[], None] = lambda: None,
    ) -> Sound | None:
        """The sound of a take, or None. It may be longer than the take.

        number: of the take. result: the take, which is needed when it is asked for first.
        checkpoint: called several times a second; may raise to cancel.
        """
        if number not in self._made:
            self._made[number] = self._of(result, checkpoint)
        return self._made[number]

    def _of(self, result: Result, checkpoint: Callable[[], None]) -> Sound | None:
        if not self._is_read:
            start, seconds = self._part
            spare = min(SPARE, max(0, Fraction(LIMITS.sound_seconds) - Fraction(seconds)))
            self._is_read = True
            try:
                read = sound.read(self._path, start, seconds + spare, checkpoint=checkpoint)
                self._clip = read and read.lasting(seconds) if self._is_retimed else read
            except VideoError as error:
                # The next take asks again where the file is not what is wrong.
                self._is_read = not isinstance(error, UnfinishedError)
                self.notes.append(UNREAD.format(error))
        if self._clip is None or not self._is_retimed:
            return self._clip
        frames, fps = result.source[0], result.video.fps
        known = result.source_map, frames, fps, result.circular
        return soundtrack.joined(self._clip, *known, checkpoint)
