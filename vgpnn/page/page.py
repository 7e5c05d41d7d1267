"""The whole page: its tabs, the panels that they share, and the events of those."""

from __future__ import annotations

import gradio as gr
from gradio.components import Component
from starlette.middleware import Middleware

from vgpnn import examples
from vgpnn.limits import LIMITS
from vgpnn.page import agents, api, markup, scripts
from vgpnn.page.compression import Compressed
from vgpnn.page.events import DECODING, QUEUED, QUIET, ask_again, event_text, shows_errors
from vgpnn.page.footer import footer
from vgpnn.page.opening import Opening
from vgpnn.page.panels import sorting
from vgpnn.page.panels.advanced import AdvancedPanel
from vgpnn.page.panels.clip import ClipPanel, sizes_of
from vgpnn.page.panels.marks import MOST_CHARACTERS as MARK_CHARACTERS
from vgpnn.page.panels.numbers import clamped
from vgpnn.page.panels.paint import MOST_CHARACTERS, WITHOUT_PICTURES
from vgpnn.page.panels.quality import QualityPanel, script_data
from vgpnn.page.panels.result import ResultPanel, sent_take
from vgpnn.page.panels.run import RunPanel
from vgpnn.page.tabs.analogy import MOST_DRAWINGS, Analogy
from vgpnn.page.tabs.explanation import Explanation
from vgpnn.page.tabs.generate import Generate
from vgpnn.page.tabs.inpaint import Inpaint
from vgpnn.page.tabs.resize import Resize
from vgpnn.page.tabs.retime import Retime
from vgpnn.page.theme import STYLE_SHEETS, theme
from vgpnn.page.values import Unfinished, UnusableValue, Values, plain_values
from vgpnn.page.workspace import Workspace
from vgpnn.presets import PRESETS
from vgpnn.service import event_queue, files, guard, monitoring, settings_file, wording
from vgpnn.service import examples as example_views
from vgpnn.service.queue import QUEUE
from vgpnn.service.request import TASK_PRESETS, Clip, Request

TABS = (Generate, Resize, Retime, Analogy, Inpaint, Explanation)  # the first one is open at first
TITLE = "VGPNN: one clip in, many takes out"
HEADER = """
<header class="masthead">
  <h1>VGPNN</h1>
</header>
"""
# Words that Gradio tells screen readers and has in none of its languages, so that they would hear
# the keys. English stands in for all other languages.
WORDS = {"common.complete": "Done"}
SETTINGS_FILE_CHARACTERS = 100_000  # of a settings file, of which no more is read


def build() -> gr.Blocks:
    """The page as Blocks; `launch_options` belong to its launch()."""
    cache = min(600, round(LIMITS.keep_seconds)), round(LIMITS.keep_seconds)
    with event_queue.Blocks(title=TITLE, delete_cache=cache, analytics_enabled=False) as demo:
        Page(examples.load()).connect(demo)
        for name, endpoint in api.ENDPOINTS.items():
            gr.api(endpoint, api_name=name, concurrency_limit=None)
    demo.queue(max_size=event_queue.queue_size(), api_open=False)
    return demo


def launch_options() -> dict:
    """What Gradio 6 wants at launch."""
    bundled = [path for example in examples.load() for path in example.files()]
    bundled += examples.explained_files()
    shown = frozenset(path.as_posix() for path in bundled)
    return {
        "max_threads": event_queue.slots(),
        "mcp_server": agents.serve(),
        "run_history": False,  # this page finds the last run by itself, and keeps no other
        "theme": theme(),
        "css_paths": STYLE_SHEETS,
        "footer_links": [],
        "ssr_mode": False,
        "i18n": gr.I18n(en=WORDS),
        "allowed_paths": [str(path) for path in (files.BASE, *bundled)],
        "blocked_paths": [str(files.RECORDS)],
        "app_kwargs": {
            "routes": [*monitoring.routes(QUEUE.is_healthy, QUEUE.counts), scripts.route()],
            "middleware": [Middleware(guard.Guard, bundled=shown), Middleware(Compressed)],
        },
    }


class Page:
    """The layout of the page, and the events that belong to no tab and no panel alone."""

    def __init__(self, bundled: list[examples.Example]) -> None:
        """Create all components in the Blocks that are open; bundled: the examples."""
        self.bundled = bundled
        self.all_tabs = [tab() for tab in TABS]
        self.tabs = {tab.id: tab for tab in self.all_tabs if tab.tasks}
        first = self.all_tabs[0]
        # The key only scrambles a random token that is worth nothing after a while.
        token = gr.BrowserState("", storage_key="vgpnn-last-job", secret="vgpnn-last-job")
        open_tab = gr.Textbox(first.id, visible=False)
        query, is_again = gr.Textbox(visible=False), gr.Checkbox(visible=False)
        asked_tab = gr.Textbox(visible=False)
        problem = gr.HTML(elem_id="link-problem")
        gr.HTML(HEADER)
        with gr.Tabs(selected=first.id) as self.bar:
            for tab in self.all_tabs:
                tab.create()
        with gr.Row(elem_classes="workspace"):
            with gr.Column(elem_classes="controls", min_width=300, scale=0):
                clip = ClipPanel()
                for tab in self.tabs.values():
                    tab.create_options()
                quality = QualityPanel()
                run = RunPanel(first.verb)
                clip.place_part()
                advanced = AdvancedPanel(PRESETS[TASK_PRESETS[first.tasks[0]]])
            with gr.Column(elem_classes="results", min_width=300):
                run.place_buttons()
                for tab in self.tabs.values():
                    tab.create_stage()
                example = next((each for each in bundled if each.task in first.tasks), None)
                result = ResultPanel(example and example_views.view_of(example))
                for tab in self.tabs.values():
                    tab.create_strip(bundled)
        shared = clip, advanced, quality, run, result, open_tab, token
        self.workspace = Workspace(*shared, unasked=gr.State(None))
        tabs = tuple(self.tabs.values())
        self.opening = Opening(
            self.workspace, tabs, bundled, self.bar, query, is_again, problem, asked_tab
        )
        gr.HTML(footer())
        titles = [[tab.id, tab.title] for tab in self.tabs.values()]
        settings = script_data(advanced)
        numbers = {
            "mostAtOnce": LIMITS.samples,
            "paintCharacters": MOST_CHARACTERS,
            "markCharacters": MARK_CHARACTERS,
            "mostDrawings": MOST_DRAWINGS,
            "explainedRun": example_views.explained_run(),
            "words": sorting.DATA if wording.is_offered() else None,
        }
        scripts.data_block({"tabs": titles, "settings": settings, **numbers})

    @property
    def tab_inputs(self) -> set[Component]:
        """The controls of all tabs that a request reads."""
        return {component for tab in self.tabs.values() for component in tab.inputs}

    @property
    def inputs(self) -> set[Component]:
        """All that a request is made from, whichever tab is open."""
        return {*self.workspace.inputs, *self.tab_inputs, self.workspace.open_tab}

    def request(self, values: Values, seed: int = 0) -> Request:
        """The request that the open tab and the shared panels stand for.

        Raises Unfinished or ValueError with one sentence."""
        tab = self.tabs.get(values[self.workspace.open_tab])
        if tab is None:  # only a forged event says so
            raise ValueError("There is no such tab: reload the page.")
        return tab.request(self.workspace, values, seed)

    def connect(self, demo: gr.Blocks) -> None:
        """Set up all events."""
        shared = self.workspace
        shared.connect()
        shared.run.connect(self.inputs, self.request, shared.result, shared.token)
        self._connect_sizes()
        self._connect_tabs()
        self._connect_settings_file()
        self._connect_sent_takes()
        self.opening.connect(demo)
        for tab in self.tabs.values():
            tab.connect(shared)

    def _connect_sizes(self) -> None:
        """Say how large and how slow the result would be, after every change."""
        shared = self.workspace
        # A change of the gr.State of a clip is not always noticed; its player always changes too.
        shown = [
            *shared.clip.part,
            *shared.advanced.inputs,
            shared.clip.preview,
            shared.clip.full,
            shared.run.samples,
        ]
        triggers = [component.change for component in shown]
        for tab in self.tabs.values():
            triggers += tab.size_triggers()
        gr.on(triggers, None, js=ask_again(shared.clip.sizes), **QUIET)
        shared.clip.sizes.select(
            self.sizes,
            self.inputs,
            shared.clip.sizes,
            js=WITHOUT_PICTURES,
            trigger_mode="always_last",
            **QUIET,
        )

    def sizes(self, values: Values):
        """Sizes and time of what the page would make now, or what is missing or wrong."""
        try:
            return sizes_of(self.request(values))
        except UnusableValue:  # a number is being typed
            return gr.skip()
        except Unfinished as missing:
            has_clip = isinstance(values[self.workspace.clip.clip], Clip)
            return markup.hint(missing) if has_clip else ""
        except ValueError as error:
            return markup.problem(error)

    def _connect_tabs(self) -> None:
        shared = self.workspace
        for tab in self.all_tabs:
            shown = "show" if tab.explains_runs else "hide"
            tab.container.select(None, js=scripts.call("explanation.js", shown))
        for tab in self.tabs.values():
            opened = tab.connect_shared(shared)
            opened.then(None, js=ask_again(shared.clip.sizes), **QUIET)

    def _connect_settings_file(self) -> None:
        shared = self.workspace
        load = shared.advanced.load

        @shows_errors
        def settings_loaded(values: Values):
            path = values[load]
            if path is None:
                raise ValueError("There is no file: choose one that was saved here.")
            try:
                with open(path, "rb") as file:
                    text = file.read(SETTINGS_FILE_CHARACTERS).decode(errors="replace")
                saved = settings_file.parsed(text)
            finally:
                files.remove_upload(path)
            tab = self.opening.tab_of(saved.task)
            if tab.id != values[shared.open_tab] or tab.task(values) != saved.task:
                is_open = tab.id == values[shared.open_tab]
                fix = "choose that in this tab first" if is_open else "open that tab first"
                raise ValueError(f"These are settings of {tab.title} ({saved.task}): {fix}.")
            part, sentences = clamped(shared.saved_values(saved), shared.clip.highest(values))
            options, others = clamped(
                tab.saved_values(saved.task, saved.options),
                tab.highest(shared, {**values, **plain_values(part)}),
            )
            if sentences or others:
                gr.Warning(" ".join([*sentences, *others]))
            if saved.options.get("drafts"):
                gr.Info("Generate shows the drafts of this seed again: choose those you want.")
            # Another tab may have been opened meanwhile, which has other settings.
            opened = {self.bar: gr.Tabs(selected=tab.id), shared.open_tab: tab.id}
            return {**part, **options, **opened}

        task_inputs = {tab.task_input for tab in self.tabs.values() if tab.task_input}
        loaded = load.upload(
            settings_loaded,
            {load, shared.open_tab, *shared.clip.inputs, *task_inputs},
            {*shared.outputs, shared.run.random, *self.tab_inputs, self.bar, shared.open_tab},
            **QUEUED,
        )
        clip = shared.clip  # the part in use may be another one now
        loaded.success(clip.trimmed, clip.inputs, clip.preview, **DECODING)

    def _connect_sent_takes(self) -> None:
        shared = self.workspace

        @shows_errors
        def take_sent(token, event: gr.EventData):
            target = event_text(event, "to")
            if target not in self.tabs:
                raise ValueError("There is no such tab.")
            path, name = sent_take(event, token, self.bundled)
            # A copy: the folder of the job goes after a while, whatever became of the clip.
            copy = files.new_folder() / path.name
            copy.write_bytes(path.read_bytes())
            clip = shared.show_file(copy, name, token, whole=True)
            return {**clip, self.bar: gr.Tabs(selected=target)}

        shared.result.data.select(
            take_sent, shared.token, {*shared.clip_outputs, self.bar}, **DECODING
        )
