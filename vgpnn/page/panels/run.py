"""The panel of a run: how many takes, from which seed, and the buttons that start and stop it."""

from __future__ import annotations

from collections.abc import Callable

import gradio as gr
from gradio.components import Component
from gradio.context import Context

from vgpnn.limits import LIMITS
from vgpnn.page.events import QUEUED, QUIET, shows_errors
from vgpnn.page.panels import downloads, sorting
from vgpnn.page.panels.numbers import Number, Slider
from vgpnn.page.panels.result import ResultPanel, asked_of
from vgpnn.page.panels.watching import views
from vgpnn.page.values import Values, usable
from vgpnn.service import work
from vgpnn.service.people import person_of
from vgpnn.service.queue import QUEUE
from vgpnn.service.request import DEFAULT_SAMPLES, MAX_SEED, Request, random_seed

STOP_SECONDS = 10.0  # [s] within which a run has stopped before another follows it


class RunPanel:
    """samples, seed, random: what a run is made with. go, stop: its buttons; one is visible, and
    they stand where `place_buttons` was called."""

    def __init__(self, verb: str) -> None:
        """Create the controls in the layout that is open; verb: on the button at first."""
        with gr.Row(elem_classes="run"):
            self.samples = Slider(
                1,
                LIMITS.samples,
                DEFAULT_SAMPLES,
                step=1,
                precision=0,
                label="Takes",
                elem_id="samples",
                min_width=120,
                buttons=[],
            )
            self.seed = Number(
                0,
                label="Seed",
                minimum=0,
                maximum=MAX_SEED,
                precision=0,
                elem_id="seed",
                min_width=100,
            )
            self.random = gr.Checkbox(True, label="New seed", elem_id="random", min_width=90)
        options = {"size": "lg", "min_width": 130, "render": False}
        self.go = gr.Button(verb, variant="primary", elem_id="go", **options)
        self.stop = gr.Button("Stop", variant="stop", elem_id="stop", visible=False, **options)

    def place_buttons(self) -> None:
        """Put the buttons into the layout that is open."""
        with gr.Row(elem_classes="action"):
            self.go.render()
            self.stop.render()

    def buttons(self, is_running: bool) -> Values:
        """The button that can be pressed now."""
        return {
            self.go: gr.update(visible=not is_running),
            self.stop: gr.update(visible=is_running),
        }

    def connect(
        self,
        inputs: set[Component],
        request_of: Callable[[Values, int], Request],
        result: ResultPanel,
        token: gr.BrowserState,
    ) -> None:
        """Let the buttons start and stop runs.

        inputs: what a request is made from. request_of: makes it from their values and a seed, and
        raises ValueError. token: of this browser's last job.
        """

        @shows_errors
        def pressed(values, sent: gr.Request):
            # Checked here, not in a `validator` of Gradio's, which would write the sentence over
            # the control that it belongs to.
            person = person_of(sent)
            QUEUE.check_room(person)
            seed = random_seed() if values[self.random] else usable(values[self.seed])
            request = request_of(values, seed)
            job = QUEUE.submit(work.new_job(request, person))
            view = {token: job.token, self.seed: request.seed, result.data: job.shown}
            return {**view, **self.buttons(is_running=True)}

        started = self.go.click(
            pressed,
            {*inputs, self.seed, self.random},
            {token, self.seed, result.data, self.go, self.stop},
            **QUEUED,
        )
        self.watch_after(started.success, result, token)
        self.stop.click(QUEUE.stop, token, None, **QUIET)

        @shows_errors
        def asked(token_value, event: gr.EventData, sent: gr.Request):
            job, person = QUEUE.find(token_value), person_of(sent)
            if job is None:
                raise ValueError("These drafts are no longer kept: press Generate again.")
            follow = asked_of(event, job)
            # Whoever watches it waits for what follows: this page by another event.
            job.followed_in, job.is_followed = sent.session_hash, True
            QUEUE.stop(token_value)
            try:
                if not job.finished.wait(STOP_SECONDS):
                    raise ValueError("The run before is still being stopped: try again.")
                following = job.follower = QUEUE.submit(follow(job, person))
            except ValueError as error:
                gr.Warning(str(error))
                job.is_followed, following = False, job
            is_running = not following.finished.is_set()
            view = {token: following.token, result.data: following.shown}
            return {**view, **self.buttons(is_running)}

        downloads.connect(result, token)
        sorting.connect(result.data, result.sorted, token)
        following = result.data.apply(
            asked, token, {token, result.data, self.go, self.stop}, **QUEUED
        )
        self.watch_after(following.success, result, token)

    def watch_after(self, event: Callable, result: ResultPanel, token: gr.BrowserState) -> None:
        """After an event, show the job of this browser whenever it changes, until it is over."""

        async def watch(token_value, sent: gr.Request):
            job = QUEUE.find(token_value)
            if job is None:
                yield self.buttons(is_running=False)
                return
            # Every answer holds all of the view, also the last: Gradio's client writes each answer
            # over the one before, which a slow page may not have shown yet.
            async for shown, view in views(job, sent.session_hash):
                known = {} if shown is job else {token: shown.token}
                is_running = not shown.finished.is_set()
                yield {**known, result.data: view, **self.buttons(is_running)}

        watching = event(watch, token, {token, result.data, self.go, self.stop}, **QUEUED)
        # The watch of the run before may be about to end when the next one begins.
        Context.root_block.fns[watching["id"]].trigger_mode = "multiple"
