"""Which words may be asked for."""

import pytest
from helpers.sentences import is_one_sentence

from vgpnn.words.model import MOST_CHARACTERS, checked


def test_spaces_around_words_are_left_out():
    assert checked("  red\n balloons ") == "red balloons"
    assert checked("x" * MOST_CHARACTERS) == "x" * MOST_CHARACTERS


@pytest.mark.parametrize("words", ["", "  ", None, 3, ["a"], "x" * (MOST_CHARACTERS + 1)])
def test_other_words_are_refused_in_one_sentence(words):
    with pytest.raises(ValueError) as error:
        checked(words)
    assert is_one_sentence(str(error.value))
