"""The cost model: more work is expected to take longer, and finished jobs correct it."""

import pytest

from vgpnn import cost
from vgpnn.cost import CORRECTION_RANGE, START_SECONDS, CostModel
from vgpnn.settings import Settings

CLIP = (13, 144, 256)
pytestmark = pytest.mark.usefixtures("usual_machine")


@pytest.fixture
def model():
    return CostModel()


@pytest.fixture
def base(model):
    """Seconds of one sample of a clip."""
    return model.expected_seconds(CLIP, Settings())


@pytest.mark.parametrize(
    ("shape", "factor"),
    [((13, 288, 512), 1.7), ((39, 144, 256), 1.3)],
    ids=["twice the sides", "three times the frames"],
)
def test_a_larger_result_costs_more(model, base, shape, factor):
    assert model.expected_seconds(shape, Settings()) > factor * base


def test_more_passes_cost_more_and_no_weights_cost_less(model, base):
    twice = Settings(passes=10, last_passes=2, coarsest_passes=6)
    assert 1.5 * base < model.expected_seconds(CLIP, twice) < 2.5 * base
    assert model.expected_seconds(CLIP, Settings(alpha=None)) < base


def test_drafts_cost_at_most_as_much_as_the_take(model, base):
    noise = model.expected_seconds(CLIP, Settings(layout="noise"))
    assert noise < base <= 2 * noise
    assert model.expected_seconds(CLIP, Settings(sigma=2.0)) == noise


def test_every_sample_costs_the_same(model, base):
    settings = Settings(camera="off")
    one = model.expected_seconds(CLIP, settings)
    assert model.expected_seconds(CLIP, settings, samples=3) == pytest.approx(3 * one)


@pytest.mark.parametrize(("name", "word"), [("camera", "auto"), ("overlays", "keep")])
def test_a_clip_is_looked_at_once_for_all_drafts_or_samples(model, name, word):
    nothing = {"camera": "off", "overlays": "new"}
    plain, looking = Settings(**nothing), Settings(**nothing | {name: word})

    def more(seconds):
        return seconds(looking) - seconds(plain)

    once = more(lambda settings: model.expected_seconds(CLIP, settings))
    assert once > 0
    assert more(lambda s: model.expected_seconds(CLIP, s, samples=3)) == pytest.approx(once)
    assert more(lambda s: model.draft_seconds(CLIP, s, 12)) == pytest.approx(once)
    # Samples that go on from drafts come from a clip that was looked at for these.
    assert more(lambda s: model.expected_seconds(CLIP, s, begun=True)) == pytest.approx(0)


def test_gains_cost_by_the_draft_for_which_they_are_found(model):
    def seconds(steered):
        return model.draft_seconds(CLIP, Settings(), 8, steered)

    assert seconds(8) - seconds(4) == pytest.approx(seconds(4) - seconds(0)) and seconds(8) > 0


def test_a_larger_source_costs_more_where_weights_act(model):
    settings, small = Settings(complete_levels=1), (13, 72, 128)
    from_small = model.expected_seconds(small, settings, source=small)
    assert model.expected_seconds(small, settings) == from_small
    assert model.expected_seconds(small, settings, source=CLIP) > 1.2 * from_small


def test_optical_flow_costs_by_the_voxel_and_raft_much_more(model, base):
    one_flow = model.expected_seconds(CLIP, Settings(), flow=(CLIP,)) - base
    two_flows = model.expected_seconds(CLIP, Settings(), flow=(CLIP, CLIP)) - base
    assert one_flow > 0 and two_flows == pytest.approx(2 * one_flow)
    raft = model.expected_seconds(CLIP, Settings(flow="raft"), flow=(CLIP,)) - base
    assert raft > 20 * one_flow


def test_raft_costs_no_more_for_frames_that_are_scaled_down(model):
    def seconds(shape):
        settings = Settings(flow="raft")
        without = model.expected_seconds(CLIP, settings)
        return model.expected_seconds(CLIP, settings, flow=(shape,)) - without

    assert seconds((10, 768, 1024)) == pytest.approx(seconds((10, 288, 384)))


def test_the_number_of_threads_divides_the_work(model, monkeypatch):
    seconds = {}
    for threads in ("1", "2"):
        monkeypatch.setenv("VGPNN_THREADS", threads)
        seconds[threads] = model.expected_seconds(CLIP, Settings()) - START_SECONDS
    assert seconds["1"] == pytest.approx(2 * seconds["2"])


def test_the_model_learns_from_finished_jobs(model, base):
    for _ in range(12):
        model.learn(CLIP, Settings(), 3 * base)
    assert model.expected_seconds(CLIP, Settings()) == pytest.approx(3 * base, rel=0.01)
    for _ in range(12):
        model.learn(CLIP, Settings(), base / 2)
    assert model.expected_seconds(CLIP, Settings()) == pytest.approx(base / 2, rel=0.01)


@pytest.mark.parametrize(("factor", "limit"), [(1e9, 1), (1e-9, 0)], ids=["slow", "fast"])
def test_a_wild_job_moves_the_model_within_bounds(model, base, factor, limit):
    for _ in range(50):
        model.learn(CLIP, Settings(), factor * base)
    assert model.expected_seconds(CLIP, Settings()) == pytest.approx(CORRECTION_RANGE[limit] * base)


def test_all_of_the_process_share_one_model():
    assert cost.learn.__self__ is cost.expected_seconds.__self__
