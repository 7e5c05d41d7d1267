"""What users and the log learn of an error."""

from __future__ import annotations

import errno

import pytest

from vgpnn.service import errors, files
from vgpnn.video import VideoError


def raised(error: BaseException) -> BaseException:
    """An error with a traceback."""
    try:
        raise error
    except BaseException as caught:
        return caught


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), files.DISK_FULL),
        (OSError(errno.EDQUOT, "Quota exceeded"), files.DISK_FULL),
        (OSError(errno.EACCES, "Permission denied"), errors.UNEXPECTED),
        (VideoError("The file is damaged."), "The file is damaged."),
        (ValueError("Choose less."), "Choose less."),
        (MemoryError(), "The memory is not enough: choose fewer frames or a smaller height."),
        (KeyError("secret"), errors.UNEXPECTED),
    ],
    ids=lambda value: type(value).__name__,
)
def test_users_get_one_sentence(error, sentence):
    assert errors.user_message(error) == sentence


def test_a_full_disk_is_called_that_although_the_encoder_names_the_folder():
    with pytest.raises(VideoError) as caught:
        try:
            raise OSError(errno.ENOSPC, "No space left on device")
        except OSError:
            raise VideoError("The video cannot be written: check the folder.") from None
    assert errors.user_message(caught.value) == files.DISK_FULL


def test_the_log_gets_the_traceback_without_the_text():
    text = errors.traceback_text(raised(OSError(errno.ENOENT, "x", "my " + "holiday.mp4")))
    assert text.startswith("Traceback (most recent call last):\n")
    assert "in raised" in text and text.endswith("FileNotFoundError (errno 2)")
    assert "my holiday" not in text


def test_a_remote_error_brings_its_own_traceback():
    assert errors.traceback_text(raised(errors.RemoteError("from there"))) == "from there"
    assert errors.log_traceback(errors.RemoteError("x")) == {"fields": {"traceback": "x"}}


def test_the_short_form_names_type_and_line():
    fields = errors.log_place(raised(KeyError("secret")))["fields"]
    assert fields["cause"] == "KeyError"
    name, _, line = fields["at"].partition(":")
    assert name == "raised" and line.isdecimal()
