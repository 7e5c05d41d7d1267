"""The box of the marks in which words take the place of the brush."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import aclosing
from functools import partial

import gradio as gr

from vgpnn.page import markup
from vgpnn.page.events import QUEUED, QUIET
from vgpnn.page.values import Values
from vgpnn.service import beside, wording
from vgpnn.words import MOST_CHARACTERS

# Two of all visitors are answered at once, and one of each; the others wait, and hold up nobody.
WORDS = {**QUEUED, "concurrency_limit": 2, "concurrency_id": "words"}
NO_BRUSH = "Choose the brush first that the words take: More, Less or None."


class WordsBox:
    """text: what is to be marked. mark, stop: its buttons, of which one is visible. said: how far
    it is, or what is wrong."""

    def __init__(self, tab: str) -> None:
        """Create the components in the layout that is open. tab: the id of the tab."""
        with gr.Row(elem_classes="words"):
            self.text = gr.Textbox(
                label="Mark in words",
                info="What they name is marked with the brush that is chosen above.",
                placeholder="balloons",
                max_length=MOST_CHARACTERS,
                max_lines=1,
                elem_id=f"words-{tab}",
            )
            self.mark = gr.Button("Mark", size="sm", min_width=90, elem_id=f"mark-words-{tab}")
            self.stop = gr.Button(
                "Stop", size="sm", min_width=90, visible=False, elem_id=f"stop-words-{tab}"
            )
        self.said = gr.HTML(elem_id=f"said-words-{tab}")

    def connect(
        self,
        painted: Callable[[Values, beside.Say, beside.Checkpoint], Values],
        inputs: set,
        outputs: set,
    ) -> None:
        """Let the box paint. painted: called on a thread of its own with the values of the inputs;
        returns what changes, and raises ValueError."""

        async def words_marked(values: Values) -> AsyncIterator[Values]:
            yield self._shown(is_busy=True)
            telling = beside.told(partial(painted, values), wording.SECONDS, wording.TOO_LONG)
            try:
                async with aclosing(telling):
                    async for said in telling:
                        if isinstance(said, beside.Done):
                            yield {**said.value, **self._shown(is_busy=False)}
                        else:
                            yield self._shown(True, markup.spoken(said))
            except ValueError as error:
                yield self._shown(False, markup.problem(error))

        own = {self.mark, self.stop, self.said}
        marked = gr.on(
            [self.mark.click, self.text.submit],
            words_marked,
            {*inputs, self.text},
            {*outputs, *own},
            **WORDS,
        )
        self.stop.click(lambda: self._shown(is_busy=False), None, own, cancels=[marked], **QUIET)

    def _shown(self, is_busy: bool, said: str = "") -> Values:
        """The button that can be pressed now, and what is said."""
        return {
            self.mark: gr.update(visible=not is_busy),
            self.stop: gr.update(visible=is_busy),
            self.said: said,
        }
