"""What all tabs share: the panels around them, and the request that their values stand for."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple

import gradio as gr
from gradio.components import Component

from vgpnn.examples import Example
from vgpnn.limits import LIMITS
from vgpnn.page.events import DECODING
from vgpnn.page.panels.advanced import AdvancedPanel
from vgpnn.page.panels.clip import ClipPanel
from vgpnn.page.panels.quality import QualityPanel
from vgpnn.page.panels.result import ResultPanel
from vgpnn.page.panels.run import RunPanel
from vgpnn.page.values import Values, plain_values, usable
from vgpnn.service import examples, previews, work
from vgpnn.service.clips import probed_clip
from vgpnn.service.queue import QUEUE
from vgpnn.service.request import TASK_PRESETS, Clip, Request, new_request
from vgpnn.service.settings_file import SavedSettings
from vgpnn.service.working_size import first_request, whole_request


class Unasked(NamedTuple):
    """The example that is shown because a visitor has chosen nothing, and the tabs that were opened
    meanwhile."""

    example: Example
    opened: frozenset[str]


@dataclass(frozen=True)
class Workspace:
    """The shared panels.

    open_tab: the id of the tab whose task is made, in the browser. token: of this browser's last
    job, which it keeps over a reload. unasked: an `Unasked`, as long as a visitor has chosen
    nothing, then None.
    """

    clip: ClipPanel
    advanced: AdvancedPanel
    quality: QualityPanel
    run: RunPanel
    result: ResultPanel
    open_tab: gr.Textbox
    token: gr.BrowserState
    unasked: gr.State

    @property
    def inputs(self) -> set[Component]:
        """What `request` reads."""
        return {*self.clip.inputs, *self.advanced.inputs, self.run.samples}

    @property
    def settings(self) -> list[Component]:
        """The preset, its two short cuts, and all settings, in the order that settings.js knows."""
        quality = self.quality
        controls = self.advanced.components.values()
        return [quality.preset, quality.quality, quality.difference, *controls]

    @property
    def clip_outputs(self) -> set[Component]:
        """What another clip changes."""
        return {*self.clip.outputs, self.result.data}

    @property
    def outputs(self) -> set[Component]:
        """What `values_of` changes."""
        return {
            *self.clip.outputs,
            *self.advanced.inputs,
            *self.quality.outputs,
            self.run.samples,
            self.run.seed,
            self.clip.full,
        }

    def connect(self) -> None:
        """Set up the events of the shared panels that need no tab."""
        self.clip.connect()
        self.quality.connect(self.advanced)

        def uploaded(values: Values):
            if (path := values[self.clip.upload]) is None:
                return gr.skip()
            try:
                return self.show_file(Path(path), Path(path).name, values[self.token])
            except ValueError as error:
                return self.clip.refusal(error)

        upload = self.clip.upload
        progress = {"show_progress": "minimal", "show_progress_on": upload}
        options = {**DECODING, **progress}
        upload.upload(uploaded, {upload, self.token}, self.clip_outputs, **options)

    def request(
        self, values: Values, task: str, options: dict, takes_samples: bool, seed: int
    ) -> Request:
        """A checked request for a task with its options, from the values of the shared panels.

        takes_samples: whether several takes can be made. Raises ValueError with one sentence.
        """
        return new_request(
            self.clip.chosen_clip(values),
            **self.clip.chosen_part(values),
            samples=usable(values[self.run.samples]) if takes_samples else 1,
            seed=seed,
            settings=self.advanced.settings(values, TASK_PRESETS[task]),
            task=task,
            options=options,
        )

    def is_untouched(self, values: Values) -> bool:
        """Whether the page shows an example that nobody asked for, all of it, and no result."""
        clip, unasked = values[self.clip.clip], values[self.unasked]
        if unasked is None or not isinstance(clip, Clip) or clip.path != unasked.example.video:
            return False
        whole = self.clip.values_of(whole_request(clip), "")
        part = plain_values({control: whole[control] for control in self.clip.part})
        is_whole = all(values[control] == part[control] for control in self.clip.part)
        return is_whole and QUEUE.find(values[self.token]) is None

    def show_file(self, path: Path, name: str, token: Any, whole: bool = False) -> Values:
        """A file as the clip, with the part and the size that the page starts with: what was
        chosen for another clip does not fit this one. whole: all of it instead, at its own size.

        Raises ValueError for a file that cannot be used.
        """
        clip = probed_clip(path, name)
        request = whole_request(clip) if whole else first_request(clip)
        made = previews.encode_working_clip(request)
        request = replace(request, clip=replace(clip, working_url=made["video"]))
        view = {
            **work.initial_view(request),
            "phase": "ready",
            "source": {"video": made["video"], "frames": made["frames"], "fps": made["fps"]},
            "fps": made["fps"],
            "takes": [{"number": 1, "seed": 0}],
        }
        values = self.clip.values_of(request, made["video"], made["notes"])
        return {**values, **self.result.unless_running(view, token)}

    def show_example(self, example: Example, token: Any) -> Values:
        """The clip of an example, and its result at once."""
        clip = examples.clip_of(example)
        values = self.clip.values_of(whole_request(clip), clip.working_url)
        return {**values, **self.result.unless_running(examples.view_of(example), token)}

    def values_of(self, request: Request, address: str, takes_samples: bool) -> Values:
        """The shared panels as they were for a request; address: of its working clip.

        takes_samples: whether the task can make several takes."""
        takes = min(request.new_samples, LIMITS.samples)
        return {
            **self.clip.values_of(request, address),
            **self.advanced.values_of(request.settings),
            **self.quality.values_of(request.preset, request.settings),
            **({self.run.samples: takes} if takes_samples and takes else {}),
            self.run.seed: request.seed,
            self.clip.full: request.size == "full",
            self.clip.sound: gr.update(value=request.sound, visible=request.clip.info.sound),
        }

    def saved_values(self, saved: SavedSettings) -> Values:
        """The shared panels as a settings file has them: the part in use, takes, and the seed."""
        preset = TASK_PRESETS[saved.task]
        return {
            **self.clip.part_values(saved.part),
            **self.advanced.values_of(saved.settings),
            **self.quality.values_of(preset, saved.settings),
            self.run.samples: saved.part["takes"],
            self.run.seed: saved.part["seed"],
            self.run.random: False,
            self.clip.full: saved.part["size"] == "full",
            self.clip.sound: saved.part["sound"],
        }
