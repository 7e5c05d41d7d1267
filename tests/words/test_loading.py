"""The model for words is fetched, checked and loaded once; what goes wrong is one sentence."""

import ast
import threading

import pytest
from helpers.imports import module_arrows, modules
from helpers.sentences import is_one_sentence
from helpers.word_models import ColourModel

import vgpnn
from vgpnn.machine import weights
from vgpnn.words import loading


@pytest.fixture(autouse=True)
def fresh(monkeypatch):
    """No model is kept, and none is named."""
    monkeypatch.setattr(loading, "_loading", {})
    monkeypatch.delenv(loading.MODEL, raising=False)


@pytest.fixture
def hub(monkeypatch, tmp_path):
    """A Hub whose files all hold the same; `asked` are the files that were fetched."""
    asked = []

    def fetch(repository, name, revision=None):
        asked.append((repository, name, revision))
        (tmp_path / name).write_text("{}")
        return tmp_path / name

    monkeypatch.setattr(weights, "fetch", fetch)
    return asked


def sentence_of(call, *arguments):
    with pytest.raises(ValueError) as error:
        call(*arguments)
    assert is_one_sentence(str(error.value)), error.value
    return str(error.value)


def test_without_the_extra_words_are_not_at_hand(monkeypatch):
    monkeypatch.setattr(loading, "find_spec", lambda name: None)
    assert not loading.is_at_hand()
    assert loading.EXTRA in sentence_of(loading.loaded)


def test_a_model_is_at_hand_in_a_folder_or_where_the_hub_has_all_of_it(monkeypatch, tmp_path):
    asked, there = [], set()

    def can_be_had(repository, name, revision):
        asked.append((repository, revision))
        return name in there

    monkeypatch.setattr(loading, "find_spec", lambda name: True)
    monkeypatch.setattr(weights, "can_be_had", can_be_had)
    assert not loading.is_at_hand()
    there.add("config.json")
    assert not loading.is_at_hand()
    there.add(loading.WEIGHTS)
    assert loading.is_at_hand()
    assert set(asked) == {(loading.REPOSITORY, loading.REVISION)}
    monkeypatch.setenv(loading.MODEL, "ada/clipseg")
    assert loading.is_at_hand() and asked[-1] == ("ada/clipseg", None)
    there.clear()
    monkeypatch.setenv(loading.MODEL, str(tmp_path))
    assert loading.is_at_hand()
    monkeypatch.setenv(loading.MODEL, str(tmp_path / "nothing"))
    assert not loading.is_at_hand()


def test_the_named_files_of_the_named_revision_are_fetched_and_checked(hub):
    assert "not the file" in sentence_of(loading.load)
    assert {(repository, revision) for repository, _, revision in hub} == {
        (loading.REPOSITORY, loading.REVISION)
    }
    assert [name for _, name, _ in hub] == [*loading.SMALL_FILES, loading.WEIGHTS]


def test_a_model_of_another_repository_is_checked_by_the_hash_of_the_hub(hub, monkeypatch):
    monkeypatch.setattr(weights, "hub_sha256", lambda path: "0" * 64)
    assert "not the file" in sentence_of(loading.load, "ada/clipseg@v2")
    assert set(hub) == {("ada/clipseg", name, "v2") for _, name, _ in hub}
    assert hub[-1][1] == "model.safetensors"


@pytest.mark.parametrize("source", ["", "ada/clipseg", "no repository"])
def test_a_hub_that_does_not_answer_is_one_sentence(source, monkeypatch):
    def fetch(*_):
        raise ConnectionError("no\nnetwork")

    monkeypatch.setattr(weights, "fetch", fetch)
    assert loading.MODEL in sentence_of(loading.load, source)


def test_the_model_is_loaded_once_and_again_after_a_failure(monkeypatch):
    models = []

    def load(source):
        models.append(ColourModel())
        if len(models) == 1:
            raise ValueError("It failed.")
        return models[-1]

    monkeypatch.setattr(loading, "find_spec", lambda name: True)
    monkeypatch.setattr(loading, "load", load)
    assert sentence_of(loading.loaded) == "It failed."
    assert loading.loaded() is loading.loaded() is models[1]
    monkeypatch.setenv(loading.MODEL, "another")
    assert loading.loaded() is models[2]
    assert len(loading._loading) == 1  # the model before is not kept


def test_whoever_waits_can_be_stopped_and_the_model_is_loaded_to_its_end(monkeypatch):
    may_go_on, model = threading.Event(), ColourModel()

    def load(source):
        may_go_on.wait(30)
        return model

    def stop():
        raise vgpnn.Cancelled

    monkeypatch.setattr(loading, "find_spec", lambda name: True)
    monkeypatch.setattr(loading, "load", load)
    with pytest.raises(vgpnn.Cancelled):
        loading.loaded(stop)
    may_go_on.set()
    assert loading.loaded() is model


def test_nothing_of_transformers_is_imported_before_a_model_is_loaded():
    """One module imports it, and one function imports that module."""
    importing, loading_it = [], []
    for module, path in modules().items():
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            names = [alias.name for alias in getattr(node, "names", [])]
            names += [getattr(node, "module", None) or ""]
            importing += [module] * any(name.startswith("transformers") for name in names)
            loading_it += [module] * any(name.endswith("words.clipseg") for name in names)
    assert set(importing) == {"vgpnn.words.clipseg"} and loading_it == []
    arrows = module_arrows()
    assert [name for name in arrows if "vgpnn.words.clipseg" in arrows[name]] == [
        "vgpnn.words.loading"
    ]
