"""Error against diversity of result sets."""

import pytest
from helpers.textures import texture

import vgpnn
from vgpnn.evaluation import metrics, plot, report
from vgpnn.evaluation.plot import Point


def clip(seed):
    return vgpnn.Video(texture(seed=seed), 10)


ROWS = [{"coherence": 2.0 * k, "completeness": 10.0} for k in range(5)]
PATHS = ["a/x-1.mp4", "a/x-2.mp4", "a/y0.mp4", "b/y0.mp4", "b/y1.mp4"]


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("out/take-1.mp4", "out/take"),
        ("take-12.mp4", "take"),
        ("birds_vgpnn0.mp4", "birds_vgpnn"),
        ("take.mp4", "take"),
        ("7.mp4", "7.mp4"),
    ],
)
def test_results_with_numbers_are_a_set(path, name):
    assert plot.set_of(path) == name


def test_a_point_has_the_mean_error_and_the_diversity_of_its_set():
    samples = [clip(k) for k in range(1, 6)]
    x, y = plot.points(clip(0), samples, PATHS, ROWS)
    assert (x.name, y.name) == ("a/x", "b/y")  # the set of a single result has no diversity
    assert x.error == pytest.approx((5 + 6) / 2) and y.error == pytest.approx((8 + 9) / 2)
    assert x.diversity == metrics.diversity(clip(0), samples[:2])
    assert y.diversity == metrics.diversity(clip(0), samples[3:])


def test_without_a_set_there_is_no_plot():
    with pytest.raises(ValueError, match="A plot is of sets of two results or more"):
        plot.points(clip(0), [clip(1)], PATHS[:1], ROWS)


def test_a_name_that_is_no_picture_is_refused(tmp_path):
    with pytest.raises(ValueError, match="end it in .svg, .png, .pdf"):
        plot.check(str(tmp_path / "curve.mp4"))


def test_without_matplotlib_the_sentence_says_what_to_do(tmp_path, monkeypatch):
    monkeypatch.setattr(plot.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(ValueError, match="pip install matplotlib"):
        plot.check(str(tmp_path / "curve.svg"))


def test_the_picture_names_every_set(tmp_path):
    path = tmp_path / "curve.svg"
    plot.check(str(path))
    plot.draw([Point("a/first", 20.0, 0.4), Point("b/second", 30.0, 0.5)], str(path))
    text = path.read_text()
    assert text.lstrip().startswith("<?xml") and "<!-- first -->" in text and "second" in text


def test_the_report_draws_what_it_measures(tmp_path, monkeypatch, capsys):
    drawn, paths = [], [str(tmp_path / f"take-{k}.mp4") for k in (1, 2)]
    for k, path in enumerate(paths, 1):
        vgpnn.video.write(path, texture(seed=k), fps=10)
    monkeypatch.setattr(plot, "check", lambda path: None)
    monkeypatch.setattr(plot, "draw", lambda *given: drawn.append(given))
    report.main(clip(0), paths, plot_path="curve.svg")
    (((point,), path),) = drawn
    assert path == "curve.svg" and point.name == str(tmp_path / "take") and point.error > 0
    assert "diversity" in capsys.readouterr().out
