"""RandomLayers: uniform draws, from a generator of its own, that can be saved and copied."""

import copy
import io
import itertools
import pickle

import pytest
import torch

from famus_ext.network.layers import Layer
from famus_ext.samplers import RandomLayers

FOUND = tuple(Layer(name, ()) for name in "abcde")


def draws(sampler, times=20):
    return [tuple(sampler(FOUND, []).nonzero().flatten().tolist()) for _ in range(times)]


def test_draws_are_uniform():
    """Every pair of 5 layers comes up a tenth of the time, to five standard deviations."""
    times = 4000
    found = draws(RandomLayers(2), times)
    for pair in itertools.combinations(range(5), 2):
        assert abs(found.count(pair) / times - 0.1) < 5 * (0.1 * 0.9 / times) ** 0.5


@pytest.mark.parametrize(("count", "active"), [(1, 1), (4, 4), (5, 5), (9, 5)])
def test_count(count, active):
    sampler = RandomLayers(count)
    for _ in range(10):
        gates = sampler(FOUND, [])
        assert set(gates.tolist()) <= {0.0, 1.0}
        assert gates.sum() == active


def test_any_layer_is_a_candidate():
    assert list(RandomLayers(1).candidates(FOUND)) == [0, 1, 2, 3, 4]


def test_the_seed_decides():
    assert draws(RandomLayers(2, seed=3)) == draws(RandomLayers(2, seed=3)) != draws(RandomLayers(2, seed=4))


def test_the_global_generator_has_no_part():
    torch.manual_seed(0)
    before = torch.get_rng_state()
    first = draws(RandomLayers(2))
    assert torch.equal(torch.get_rng_state(), before)
    torch.manual_seed(1)
    assert draws(RandomLayers(2)) == first


def test_evaluation_gives_the_first_draw_and_does_not_advance():
    expected = draws(RandomLayers(2, seed=5))
    sampler = RandomLayers(2, seed=5)
    assert draws(sampler, 7) == expected[:7]
    assert draws(sampler.eval(), 4) == expected[:1] * 4
    assert draws(sampler.train(), 13) == expected[7:]


def by_state_dict(sampler):
    """Saved to a file and read into a sampler of another seed."""
    file = io.BytesIO()
    torch.save(sampler.state_dict(), file)
    other = RandomLayers(2, seed=99)
    other.load_state_dict(torch.load(io.BytesIO(file.getvalue()), weights_only=True))
    return other


CLONES = {
    "deepcopy": copy.deepcopy,
    "pickle": lambda sampler: pickle.loads(pickle.dumps(sampler)),
    "state dict": by_state_dict,
}


@pytest.mark.parametrize("clone", CLONES.values(), ids=CLONES)
def test_a_copy_goes_on_where_the_original_was(clone):
    sampler = RandomLayers(2, seed=6)
    draws(sampler, 3)
    other = clone(sampler)
    rest = draws(sampler)
    assert draws(other) == rest
    assert draws(other.eval(), 1) == draws(RandomLayers(2, seed=6), 1)


def test_a_saved_state_stays_as_it_was():
    sampler = RandomLayers(2)
    state = sampler.state_dict()
    first = draws(sampler)
    sampler.load_state_dict(state)
    assert draws(sampler) == first


def test_dtypes_leave_the_state_alone():
    sampler = RandomLayers(2)
    assert draws(sampler.double().half()) == draws(RandomLayers(2))


def test_a_foreign_state_is_refused():
    with pytest.raises(ValueError, match="state: expected a RandomLayers' seed and generator, got 3"):
        RandomLayers(2).load_state_dict({"_extra_state": 3})


REFUSED = {
    "no layer": (lambda: RandomLayers(0), ValueError, "count: expected at least 1, got 0"),
    "half a layer": (lambda: RandomLayers(0.5), TypeError, "count: expected an integer, got float"),
    "negative seed": (lambda: RandomLayers(1, seed=-1), ValueError, r"seed: expected an integer in \[0, 2\^63\), got"),
    "large seed": (lambda: RandomLayers(1, seed=2**63), ValueError, r"seed: expected an integer in \[0, 2\^63\), got"),
    "seed a number": (lambda: RandomLayers(1, seed=1.0), TypeError, "seed: expected an integer, got float"),
    "seed a flag": (lambda: RandomLayers(1, seed=True), TypeError, "seed: expected an integer, got bool"),
}


@pytest.mark.parametrize(("build", "error", "message"), REFUSED.values(), ids=REFUSED)
def test_bad_arguments_are_refused(build, error, message):
    with pytest.raises(error, match=message):
        build()
