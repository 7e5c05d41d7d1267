"""How long a request takes, by the cost model."""

from __future__ import annotations

import math
from functools import cached_property

import vgpnn
from vgpnn import pyramid
from vgpnn.decoding.sandbox.source import MOST_CODEC_THREADS
from vgpnn.limits import LIMITS
from vgpnn.machine.speed import slowness
from vgpnn.machine.threads import thread_count
from vgpnn.pyramid import COARSEST_VOXELS
from vgpnn.settings import Settings
from vgpnn.tasks import extending, going_on, preference, retargeting, tiling
from vgpnn.tasks.inputs import wish_on_paint
from vgpnn.tasks.marking import MOST_FRAMES
from vgpnn.tasks.preference import Wish

# Time for reading the clip and writing MP4s and source maps, measured where those of `cost` were.
FILE_SECONDS = 0.2  # [s] for each run
CLIP_SECONDS_PER_VOXEL = 0.16e-6  # [s] for each voxel of the source, with what explains the levels
FILE_SECONDS_PER_VOXEL = 0.13e-6  # [s] for each voxel of a result
# [core-seconds] for each pixel of a stored frame that is decoded and reduced, measured on 4K HEVC
# with 10 bits and HLG.
DECODING_SECONDS_PER_PIXEL = 6.5e-9
# [core-seconds] for each voxel of a result that is finished in full: at the working frame rate, and
# at its own for the vote and for writing it, measured.
FULL_SEARCH_SECONDS, FULL_VOTE_SECONDS = 0.15e-6, 0.13e-6
FULL_BLENDING_SECONDS = 0.045e-6  # where seams are blended as well, measured
# [core-seconds] for each voxel of a clip in which paint follows what is under it, measured.
FOLLOWING_SECONDS_PER_VOXEL = 0.45e-6
# [core-seconds] for each voxel of a clip in which things are looked for that are like those painted
# on one frame, measured.
LIKENESS_SECONDS_PER_VOXEL = 0.05e-6
# [s] for finding out how a clip is closed along one axis, and for each voxel that is closed,
# measured.
CLOSING_SECONDS, CLOSING_SECONDS_PER_VOXEL = 0.5, 0.3e-6
LOOK_SECONDS = 3.0  # [s] until all drafts of a page are there, if that can be, by the cost model
LEAST_OFFERED = 4  # drafts, however long they take
GPU_MARGIN = 1.5  # a lent GPU is borrowed for this many times the expected seconds


class ExpectedTime:
    """The base of `Request`, on whose attributes these methods work."""

    @property
    def used_settings(self) -> Settings:
        """The settings, as the task changes them before it begins."""
        settings = self.settings
        # Others make the frames as they are, and what is marked is marked on the frames.
        if self.preset not in ("generate", "retarget") or self.wish:
            settings = settings.with_changes(camera="off")
        if self.preset != "generate":
            settings = settings.with_changes(overlays="new")
        if self.preset == "extend":
            sides = extending.sides_of(self.options)
            return extending.used_settings(settings, *sides)
        if self.preset == "go_on":
            return going_on.used_settings(settings, self.working_shape[0])
        if self.preset == "tile":
            return tiling.used_settings(settings, self.working_shape)
        return self._fitting_marks(settings) if self.wish else settings

    def _fitting_marks(self, settings: Settings) -> Settings:
        """The settings for what is marked, as the task finds them.

        Before a run has looked for it in the whole clip, things there count as being as large as
        those that are painted.
        """
        shapes, wish, most = (self.source_shape, self.output_shape), self.wish, COARSEST_VOXELS
        if self.plays_time:
            settings, _ = retargeting.adapted_settings(settings, *shapes, True)
            most = retargeting.PLAYED_VOXELS
        size = pyramid.smaller(*shapes)
        settings, _ = pyramid.adapted_settings(settings, size, most)
        piece = self.options.get("piece", wish.smallest_piece)  # that of the whole clip, if known
        settings = preference.settings_for_pieces(settings, piece, size, most)
        levels = pyramid.level_shapes(*shapes, settings)
        return preference.weighing_settings(settings, wish, levels)

    @cached_property
    def wish(self) -> Wish | None:
        """What is marked on the painted frames; None where nothing is."""
        return wish_on_paint(self.options.get("marks"), self.source_shape)

    def expected_seconds(self) -> float:
        """Time for all samples together and for the files around them, by the cost model."""
        voxels = self.new_samples * math.prod(self.output_shape)
        seconds = FILE_SECONDS + voxels * FILE_SECONDS_PER_VOXEL
        seconds += math.prod(self.source_shape) * CLIP_SECONDS_PER_VOXEL
        work = self.draft_seconds() + self._samples_seconds()
        return work + slowness() * seconds + self._inputs_seconds()

    def first_look_seconds(self) -> float:
        """Time until all drafts are there, from reading the clip on."""
        return slowness() * FILE_SECONDS + self._inputs_seconds() + self.draft_seconds()

    def _inputs_seconds(self) -> float:
        """Time for what is done once with the clip, but for looking at its camera and overlays."""
        closing = self._closing_seconds(math.prod(self.working_shape), CLOSING_SECONDS)
        return self._decoding_seconds() + self._following_seconds() + closing

    def _following_seconds(self) -> float:
        """Time for paint, and for marks, that follow what is under them."""
        painted = self.wish.painted if self.wish else ()
        if not painted and not self.options.get("follow"):
            return 0.0
        looks, shape = 0, self.working_shape
        if painted:
            shape = self.source_shape
            looks = sum(min(frames, MOST_FRAMES) for frames in painted)
            looks *= self.options.get("alike", True)
        per_voxel = FOLLOWING_SECONDS_PER_VOXEL + looks * LIKENESS_SECONDS_PER_VOXEL
        seconds = math.prod(shape) * per_voxel
        return slowness() * seconds / thread_count()

    def _closing_seconds(self, voxels: int, search: float = 0.0) -> float:
        """Time for closing so many voxels of a clip for a tile, and for finding out how."""
        if self.preset != "tile":
            return 0.0
        axes = 2 if self.options.get("axes", "both") == "both" else 1
        return slowness() * axes * (search + voxels * CLOSING_SECONDS_PER_VOXEL)

    def _decoding_seconds(self) -> float:
        """Time for decoding all stored frames from the first to the last that is used."""
        seconds = self.working_shape[0] / self.frame_rate
        infos = [self.clip.info, *([self.options["style"].info] if "style" in self.options else [])]
        pixels = sum(
            info.width * info.height * min(info.frames, math.ceil(seconds * info.fps))
            for info in infos
        )
        threads = min(MOST_CODEC_THREADS, thread_count())
        return slowness() * pixels * DECODING_SECONDS_PER_PIXEL / threads

    @property
    def work_share(self) -> float:
        """The share of the time for the samples that making them takes, in (0, 1]; finishing them
        in full takes the rest."""
        seconds = self._synthesis_seconds()
        return seconds / (seconds + self._full_seconds()) if seconds else 1.0

    @property
    def draft_share(self) -> float:
        """The share of the work that the drafts take, in [0, 1]."""
        seconds = self.draft_seconds()
        return seconds / (seconds + self._samples_seconds()) if seconds else 0.0

    def draft_seconds(self) -> float:
        """Time until all drafts are there that are offered."""
        if not self.offers_drafts:
            return 0.0
        return self.seconds_of_drafts(self.offered_soon)

    @property
    def offered_soon(self) -> int:
        """How many of the wanted drafts are offered.

        Where gains have to be found, it is as many as are there in LOOK_SECONDS, but LEAST_OFFERED
        at least. Programs get as many as they ask for.
        """
        count = self.options["offered"]
        if self.has_gains and not self.options.get("videos"):
            least = max(LEAST_OFFERED, self.samples)  # every take is made of a draft of its own
            while count > least and self.seconds_of_drafts(count) > LOOK_SECONDS:
                count -= 1
        return count

    def seconds_of_drafts(self, count: int) -> float:
        """Time for so many drafts, after those that are left out."""
        skipped, settings = self.options.get("skip", 0), self.used_settings
        steered = count if self.has_gains else 0
        return vgpnn.cost.draft_seconds(self.output_shape, settings, skipped + count, steered)

    @property
    def has_gains(self) -> bool:
        """Whether more or less of something is wanted, for which gains have to be found."""
        return bool(self.wish and self.wish.targets)

    def _samples_seconds(self) -> float:
        return self._synthesis_seconds() + self._full_seconds()

    def _full_seconds(self) -> float:
        """Time for finishing all samples in full, and for writing them."""
        if not self.grows:
            return 0.0
        frames, height, width = self.full_shape
        searched = self.output_shape[0] * height * width  # at the working frame rate
        blends = self.task == "generate" and self.used_settings.blends_seams
        of_voxel = FULL_VOTE_SECONDS + blends * FULL_BLENDING_SECONDS
        seconds = searched * FULL_SEARCH_SECONDS + frames * height * width * of_voxel
        closing = self._closing_seconds(frames * height * width)
        return self.new_samples * (slowness() * seconds / thread_count() + closing)

    def gpu_seconds(self) -> int:
        """How many seconds to borrow a GPU for, where one is lent (ZeroGPU).

        The cost model counts with the CPU here, which is slower than any GPU, and learns from the
        samples that were made on one. A longer loan is granted later, and may be refused.
        """
        wanted = math.ceil(GPU_MARGIN * (self.draft_seconds() + self._synthesis_seconds()))
        return min(max(wanted, LIMITS.gpu_min_seconds), LIMITS.gpu_max_seconds)

    def _synthesis_seconds(self) -> float:
        return vgpnn.cost.expected_seconds(
            self.output_shape,
            self.used_settings,
            self.new_samples,
            self.searched_shape,
            self.flow_shapes,
            self.begun,
            self.tries,
            self.plays_time,
            self.steered,
        )
