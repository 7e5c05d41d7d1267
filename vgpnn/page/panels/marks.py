"""The board on which pieces of a clip are marked: more of this, less of this, none of this."""

from __future__ import annotations

from typing import Any

import gradio as gr

from vgpnn.page.panels.paint import PaintBoard, Pictures, board_size
from vgpnn.page.panels.words import NO_BRUSH, WordsBox
from vgpnn.page.values import Unfinished, Values, usable, word_for
from vgpnn.service import beside, wording
from vgpnn.service.request import Request
from vgpnn.tasks import marking
from vgpnn.tasks.paint import Paint

MOST_CHARACTERS = 60_000  # of all pictures of a board, of which a request may have three, and paint
TITLE = "More of this, less of this"
SENTENCE = (
    "Paint on a piece of the {}: More makes takes with about twice as much of it, Less with about "
    "half as much, None with nothing of it. It works best for things that the eye tells from "
    "their surroundings."
)
KEEP_SENTENCE = (
    "Keep is for logos and writing: paint over all of them, and they stay as they are, where they "
    "are."
)
LEGEND, KEEP_LEGEND = "amber: more, blue: less, magenta: none", ", green: keep"
OTHER_PART = "The clip has changed since you marked something: look at the marks first."


class MarkPanel:
    """A board with its brushes, closed until somebody opens it.

    board: its value is for marks.js; an event gets `Pictures`. alike: whether all that is like what
    is painted is marked. show, preview: the button that plays the marks over the clip, and where.
    words: the box that marks in words; None where no model for it is at hand.
    legend: of what is played.
    """

    def __init__(self, tab: str, source: str, keeps: bool = False) -> None:
        """Create the components in the layout that is open. tab: the id of the tab. source: what is
        marked, in words. keeps: whether there is a brush for what stays."""
        self.keeps, self.legend = keeps, LEGEND + KEEP_LEGEND * keeps
        sentence = SENTENCE.format(source) + (f" {KEEP_SENTENCE}" if keeps else "")
        with gr.Accordion(TITLE, open=False, elem_id=f"marking-{tab}"):
            gr.HTML(f"<p class='hint'>{sentence}</p>")
            self.board = PaintBoard(script="marks.js", elem_id=f"marks-{tab}")
            self.words = WordsBox(tab) if wording.is_offered() else None
            self.alike = gr.Checkbox(
                True,
                label="Mark all that is like it",
                info="Off: only what you paint, which follows the thing under it.",
                elem_id=f"alike-{tab}",
            )
            self.show = gr.Button("Show what is marked", size="sm", elem_id=f"show-marks-{tab}")
            self.preview = gr.HTML(elem_id=f"marked-{tab}", elem_classes="marked")

    def options(self, values: Values) -> dict[str, Any]:
        """The options `marks` and `alike`, or none where nothing is marked. Raises ValueError."""
        paint = self._sent(values).paint
        return {"marks": paint, "alike": bool(values[self.alike])} if paint else {}

    def _sent(self, values: Values) -> Pictures:
        """What the board has sent, which is nothing before it was drawn. Raises UnusableValue."""
        sent = usable(values[self.board])
        return sent if isinstance(sent, Pictures) else Pictures()

    def painted_in_words(
        self,
        values: Values,
        request: Request,
        say: beside.Say,
        checkpoint: beside.Checkpoint,
    ) -> Values:
        """What the words name for the board, which adds it to what is painted, in the brush that is
        chosen. The words have found all that is like it, too.

        request: whose source is painted on. Raises ValueError with one sentence."""
        sent, part = self._sent(values), marks_part(request, self.keeps)
        if sent.brush not in marking.WISHES:
            raise ValueError(NO_BRUSH)
        room = MOST_CHARACTERS - sum(map(len, sent.paint.texts.values()))
        words = sent.brush, values[self.words.text]
        paint = wording.painted(request, *words, tuple(part["size"]), room, say, checkpoint)
        return {self.board: {**part, "added": paint.texts}, self.alike: False, self.preview: ""}

    def check(self, values: Values, part: dict[str, Any]) -> None:
        """Raises Unfinished where the marks are on other moments than a part, see `marks_part`."""
        sent = self._sent(values)
        if sent.paint and sent.part.get("moments") != part["moments"]:
            raise Unfinished(OTHER_PART)

    def refreshed(
        self, values: Values, part: dict[str, Any], last: Request | None
    ) -> Values | None:
        """The board for a part, see `marks_part`; None where it shows that already.

        last: the last run of this browser on that part, whose marks a new page shows again."""
        known = values[self.board]
        known = known if isinstance(known, Pictures) else Pictures()
        names = "moments", "frames", "size"
        if known.part == {name: part[name] for name in names}:
            return None
        value = part
        if last is not None and not known.part.get("moments"):
            value = {**part, "pictures": (last.options.get("marks") or Paint()).texts}
        return {self.board: value, self.preview: ""}


def marks_part(request: Request, keeps: bool = False) -> dict[str, Any]:
    """What a board knows of the source of a request: its working clip, or the style of an analogy.

    keeps: whether there is a brush for what stays.
    moments: a word for which moments of which file it shows. player: a selector of its video."""
    style = request.options.get("style")
    if style is None:
        moments, player = (request.clip.path, request.start, request.fps), "#working video"
    else:
        moments, player = (style.path, 0.0, float(request.frame_rate)), "#style video"
    frames, *size = request.source_shape
    return {
        "moments": word_for(*moments),
        "frames": frames,
        "size": board_size(*size),
        "fps": float(request.frame_rate),
        "player": player,
        "paints": [
            {"value": "#" + bytes(colour).hex(), "label": name.capitalize(), "kind": name}
            for name, colour in (marking.COLOURS if keeps else marking.WISHES).items()
        ],
    }
