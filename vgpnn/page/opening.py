"""What the page shows when it is opened: what a link says, the last run of this browser, or the
first example."""

from __future__ import annotations

from dataclasses import dataclass

import gradio as gr

from vgpnn.examples import Example
from vgpnn.page import links, markup, scripts
from vgpnn.page.events import DECODING, QUIET
from vgpnn.page.panels.examples import options_of
from vgpnn.page.panels.numbers import clamped
from vgpnn.page.tabs.tab import Tab
from vgpnn.page.values import Values, plain_values
from vgpnn.page.workspace import Unasked, Workspace
from vgpnn.service import examples
from vgpnn.service.job import Job
from vgpnn.service.queue import QUEUE
from vgpnn.service.request import DEFAULT_FRAMES, DEFAULT_HEIGHT, Clip
from vgpnn.service.settings_file import SavedSettings
from vgpnn.service.working_size import whole_request

ASKED = scripts.call("links.js", "asked")
BUSY = "A run of yours goes on, which is shown: open the link again when it is over."


@dataclass(frozen=True)
class Opening:
    """The parts of the page that it fills.

    tabs: those that make a task. bar: the bar that opens them. query, is_again: what stands after
    the ? of the address, and whether the page is loaded again, both from the browser. problem:
    what was wrong with a link. tab: the id of the tab to open. It is not `Workspace.open_tab`,
    which the tab that is open at first may set once more meanwhile.
    """

    workspace: Workspace
    tabs: tuple[Tab, ...]
    bundled: list[Example]
    bar: gr.Tabs
    query: gr.Textbox
    is_again: gr.Checkbox
    problem: gr.HTML
    tab: gr.Textbox

    def connect(self, demo: gr.Blocks) -> None:
        """Set up the events."""
        shared = self.workspace
        asked = [shared.token, self.query, self.is_again]
        tabs = {component for tab in self.tabs for component in tab.outputs}
        buttons = {shared.run.go, shared.run.stop, shared.run.random}
        outputs = {*shared.outputs, *shared.clip_outputs, *tabs, *buttons}
        shown = {*outputs, shared.open_tab, shared.unasked, self.problem, self.tab}
        loaded = demo.load(self.opened, asked, shown, js=ASKED, **QUIET)
        # Opening a tab looks at the settings: it comes after they have reached the browser.
        loaded.then(self.tab_opened, self.tab, self.bar, **QUIET)
        shared.run.watch_after(loaded.then, shared.result, shared.token)
        clip = shared.clip
        known = [*asked, *clip.inputs]  # a list, whose first values the script knows

        def part_played(*values):
            return self.part_played(dict(zip(known, values)))

        loaded.then(part_played, known, clip.preview, js=ASKED, **DECODING)

    def tab_of(self, task: str) -> Tab:
        """The tab that makes a task."""
        return next(tab for tab in self.tabs if task in tab.tasks)

    def opened(self, token, query, is_again) -> Values:
        """What is shown at first. Never raises an error: what is wrong is told above the tabs."""
        job = shown_job(token, is_again)
        try:
            if link := links.read(query or ""):
                if job is None:
                    return self._of_link(link, token)
                told = {} if is_again else {self.problem: markup.hint(BUSY)}
                return {**self._usual(token), **told}
        except ValueError as error:
            told = {self.problem: markup.problem(f"This link cannot be followed: {error}")}
            return {**self._usual(token), **told}
        return self._usual(token)

    def tab_opened(self, tab):
        """The tab of what is shown."""
        names = [each.id for each in self.tabs]
        return gr.Tabs(selected=tab) if tab in names else gr.skip()

    def part_played(self, values: Values):
        """The player of the part that a link names, which the example is not shown with."""
        clip = self.workspace.clip
        if shown_job(values[self.workspace.token], values[self.is_again]) or not values[self.query]:
            return gr.skip()
        chosen = values[clip.clip]
        if not isinstance(chosen, Clip):
            return gr.skip()
        whole = plain_values(clip.values_of(whole_request(chosen), ""))
        is_whole = all(values[control] == whole[control] for control in clip.part)
        return gr.skip() if is_whole else clip.trimmed(values)

    def _usual(self, token) -> Values:
        """What is shown without a link."""
        if (job := QUEUE.find(token)) is not None:
            return self._of_job(job)
        try:
            first, shared = self.bundled[0], self.workspace
            return {
                **shared.show_example(first, token),
                shared.unasked: Unasked(first, frozenset({self.tab_of(first.task).id})),
            }
        except (IndexError, ValueError):  # there is none, or its clip cannot be used
            return {self.workspace.clip.clip: None}

    def _of_job(self, job: Job) -> Values:
        """The last run of this browser, and all that it was made from."""
        shared, request = self.workspace, job.request
        tab, is_over = self.tab_of(request.task), job.finished.is_set()
        address = job.shown["source"].get("video", "")
        return {
            **shared.values_of(request, address, request.makes_takes),
            **shared.run.buttons(is_running=not is_over),
            **tab.restored_values(request),
            shared.run.go: gr.update(value=tab.verb_of(request.task), visible=is_over),
            shared.result.data: job.shown,
            shared.open_tab: tab.id,
            self.tab: tab.id,
        }

    def _saved(self, link: dict[str, str]) -> tuple[SavedSettings, Tab, Example | None]:
        """What a link says, as a settings file; its tab, and its example. Raises ValueError."""
        example = links.example_of(link, self.bundled)
        usual = {"start": 0.0, "frames": DEFAULT_FRAMES, "height": DEFAULT_HEIGHT, "fps": None}
        usual |= {"task": "generate", "seed": 0}
        if example is not None:
            whole = whole_request(examples.clip_of(example))
            usual |= {name: getattr(whole, name) for name in ("start", "frames", "height", "fps")}
            usual |= {"task": options_of(example)[0], "seed": example.seed}
        saved = links.settings_in(link, usual)
        return saved, self.tab_of(saved.task), example

    def _of_link(self, link: dict[str, str], token) -> Values:
        """The example, the task, the seed and the settings of a link. Raises ValueError."""
        shared = self.workspace
        saved, tab, example = self._saved(link)
        values: Values = {shared.clip.clip: None}
        if example is not None:
            values = shared.show_example(example, token)
            task, options = options_of(example)
            values |= tab.values_of(saved.task, options) if task in tab.tasks else {}
        part, sentences = clamped(shared.saved_values(saved), shared.clip.highest(values))
        known = {**values, **plain_values(part)}
        options, others = clamped(
            tab.saved_values(saved.task, saved.options), tab.highest(shared, known)
        )
        told = "".join(map(markup.hint, [*sentences, *others]))
        return {
            **values,
            **part,
            **options,
            shared.run.random: "seed" not in link,
            shared.open_tab: tab.id,
            self.tab: tab.id,
            self.problem: told,
        }


def shown_job(token, is_again) -> Job | None:
    """The last run of a browser, where it goes before a link: on a page that is loaded again, and
    as long as it goes on."""
    job = QUEUE.find(token)
    return job if job is not None and (is_again or not job.finished.is_set()) else None
