"""The real code of CLIPSeg on a small random model of the same architecture, which is made here.

Importing transformers takes seconds: no other test does it.
"""

import hashlib
import json
import os
import shutil
import sys

import pytest
import torch
from helpers.sentences import is_one_sentence

from vgpnn.machine import weights
from vgpnn.words import loading

SIDE, SMALL_SIDE = 48, 32  # [px] that CLIPSeg looks at, and CLIP
WORDS = 8  # letters, and what begins and ends a text, at most
LAYERS = {
    "hidden_size": 32,
    "intermediate_size": 32,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "projection_dim": 16,
}


@pytest.fixture(scope="module")
def transformers():
    """The package, without torchvision, which may be made for another build of torch."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(sys.modules, "torchvision", None)
        import transformers

        assert transformers.CLIPSegForImageSegmentation and transformers.CLIPTokenizer
        yield transformers


@pytest.fixture(scope="module")
def folder(transformers, tmp_path_factory):
    """The files of a model, as they lie in its repository."""
    folder = tmp_path_factory.mktemp("model")
    torch.manual_seed(0)
    letters = [*map(chr, [*range(33, 127), *range(161, 173), *range(174, 256)])]
    letters += [chr(256 + number) for number in range(256 - len(letters))]
    known = [*letters, *(f"{letter}</w>" for letter in letters)]
    known += ["<|startoftext|>", "<|endoftext|>"]
    text = {**LAYERS, "vocab_size": len(known), "max_position_embeddings": WORDS}
    vision = {**LAYERS, "image_size": SMALL_SIDE, "patch_size": 16}
    config = transformers.CLIPSegConfig(
        text_config={**text, "bos_token_id": 0, "eos_token_id": 2, "pad_token_id": 1},
        vision_config=vision,
        projection_dim=16,
        reduce_dim=8,
        extract_layers=[0, 1],
        decoder_num_attention_heads=2,
        decoder_intermediate_size=16,
        use_complex_transposed_convolution=True,
    )
    net = transformers.CLIPSegForImageSegmentation(config)
    net.save_pretrained(folder)
    colours = {"image_mean": [0.485, 0.456, 0.406], "image_std": [0.229, 0.224, 0.225]}
    files = {
        loading.PICTURES: {"size": {"height": SIDE, "width": SIDE}, **colours},
        "tokenizer_config.json": {"model_max_length": 77},
        "vocab.json": {letter: number for number, letter in enumerate(known)},
        # As it was written in 2022.
        loading.CONFIG: json.loads((folder / loading.CONFIG).read_text())
        | {"text_config_dict": None, "vision_config_dict": None, "transformers_version": None},
    }
    for name, content in files.items():
        (folder / name).write_text(json.dumps(content))
    (folder / "merges.txt").write_text("#version: 0.2\n")
    return folder


@pytest.fixture(scope="module")
def model(folder):
    return loading.load(str(folder))


@pytest.fixture(scope="module")
def frame():
    return torch.randint(0, 256, (30, 44, 3), generator=torch.Generator().manual_seed(0)).byte()


def test_what_is_marked_is_what_transformers_says(transformers, folder, model, frame):
    """Against the model called as its documentation does, with a frame that need not be resized."""
    net = transformers.CLIPSegForImageSegmentation.from_pretrained(folder).eval()
    tokens = transformers.CLIPTokenizer.from_pretrained(folder)(["a bird"], return_tensors="pt")
    tokens = {name: each[:, :WORDS] for name, each in tokens.items()}
    square = frame[:1, :1].repeat(SIDE, SIDE, 1)
    square[8:20, 4:16] = 255 - square[8:20, 4:16]
    picture = (
        square.permute(2, 0, 1) / 255 - torch.tensor([0.485, 0.456, 0.406]).view(3, 1, 1)
    ) / (torch.tensor([0.229, 0.224, 0.225]).view(3, 1, 1))
    with torch.inference_mode():
        wanted = net(pixel_values=picture[None], **tokens).logits.sigmoid()
    torch.testing.assert_close(model.where(square, "a bird"), wanted.view(SIDE, SIDE))


def test_an_answer_has_the_size_of_the_frame_and_depends_on_both(model, frame):
    answer = model.where(frame, "a bird")
    assert answer.shape == frame.shape[:2] and answer.dtype == torch.float32
    assert answer.min() >= 0 and answer.max() <= 1
    assert not answer.equal(model.where(frame, "x"))
    assert not answer.equal(model.where(255 - frame, "a bird"))


def test_a_fit_is_a_cosine_and_depends_on_both(model, frame):
    one = model.fit(frame, "a bird")
    assert abs(one) <= 1
    assert one != model.fit(frame, "x") and one != model.fit(255 - frame, "a bird")


def test_a_long_text_is_cut(model, frame):
    assert model.where(frame, "birds " * 13).shape == frame.shape[:2]


def test_the_older_kind_of_file_is_loaded_too(folder, model, frame, tmp_path):
    """That of the named model: pickled by torch, with a buffer that newer versions leave out."""
    other = shutil.copytree(folder, tmp_path / "older")
    (other / "model.safetensors").unlink()
    state = {name: each.clone() for name, each in model._net.state_dict().items()}
    state["clip.text_model.embeddings.position_ids"] = torch.arange(WORDS)[None]
    torch.save(state, other / loading.WEIGHTS)
    same = loading.load(str(other)).where(frame, "x"), model.where(frame, "x")
    torch.testing.assert_close(*same)


def test_a_file_from_the_hub_is_checked_by_the_name_of_its_blob(
    folder, model, frame, tmp_path, monkeypatch
):
    """As the Hub's client keeps it: the file is named by its hash, and a link leads to it."""
    blobs = tmp_path / "blobs"
    shutil.copytree(folder, tmp_path / "snapshots")
    blobs.mkdir()
    path = tmp_path / "snapshots" / "model.safetensors"
    digits = hashlib.sha256(path.read_bytes()).hexdigest()
    path.rename(blobs / digits)
    path.symlink_to(blobs / digits)
    monkeypatch.setattr(weights, "fetch", lambda _, name, revision: tmp_path / "snapshots" / name)
    same = loading.load("ada/clipseg").where(frame, "x"), model.where(frame, "x")
    torch.testing.assert_close(*same)
    with (blobs / digits).open("r+b") as file:
        file.seek(-1, 2)
        file.write(b"\x01")
    with pytest.raises(ValueError, match="not the file") as error:
        loading.load("ada/clipseg")
    assert is_one_sentence(str(error.value))


class Harmful:
    """What a pickle may hold that calls a function when it is opened."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return os.mkdir, (str(self.path),)


@pytest.mark.parametrize("fault", ["missing", "another", "lacking", "harmful"])
def test_files_that_are_no_model_are_one_sentence(fault, folder, model, tmp_path):
    other = shutil.copytree(folder, tmp_path / "other")
    if fault == "missing":
        (other / "vocab.json").unlink()
    elif fault == "another":
        (other / "model.safetensors").write_bytes(b"no weights")
    elif fault == "harmful":
        (other / "model.safetensors").unlink()
        torch.save({"logit_scale": Harmful(tmp_path / "harm")}, other / loading.WEIGHTS)
    else:
        (other / "model.safetensors").unlink()
        state = model._net.state_dict()
        torch.save({name: state[name] for name in [*state][:-4]}, other / loading.WEIGHTS)
    with pytest.raises(ValueError) as error:
        loading.load(str(other))
    assert is_one_sentence(str(error.value)) and loading.MODEL in str(error.value)
    assert not (tmp_path / "harm").exists()
