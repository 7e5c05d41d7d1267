"""Values that cannot be used."""

from __future__ import annotations

import pytest

from vgpnn.page.values import Unusable, UnusableValue, usable


@pytest.mark.parametrize("value", [0, None, "", {}, [1]], ids=repr)
def test_a_usable_value_is_passed_on(value):
    assert usable(value) is value


def test_an_unusable_value_raises_its_sentence():
    with pytest.raises(UnusableValue, match="^Frames is empty.$"):
        usable(Unusable("Frames is empty."))
