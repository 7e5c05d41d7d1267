"""Words instead of a brush: what a text names is marked, and drafts are sorted by a sentence.

It needs the optional extra, `pip install "vgpnn[words]"`, and a model from the Hugging Face Hub
(see `loading`). Neither is loaded before words are used, and nothing else needs them.
"""

from vgpnn.words.loading import NOT_INSTALLED, is_at_hand, is_installed, loaded
from vgpnn.words.marking import mark, preference
from vgpnn.words.model import MOST_CHARACTERS, checked
from vgpnn.words.sorting import fit, ranked, sort

__all__ = [
    "MOST_CHARACTERS",
    "NOT_INSTALLED",
    "checked",
    "fit",
    "is_at_hand",
    "is_installed",
    "loaded",
    "mark",
    "preference",
    "ranked",
    "sort",
]
