"""The engine itself: what a verdict says, what it leaves alone, and what it never does."""

import pytest
import torch

import grading.checking
from grading import check, use
from grading.exercise import Compare, Exercise, Failure, Mistake
from grading.judge import judge
from grading.runner import run_in_process


def doubled(x):
    return 2 * x


def tripled(x):
    return 3 * x


def squared(x):
    return x * x


def draws(rng, n=1):
    return {"x": 1 + torch.rand(5, generator=rng, dtype=torch.float64)}


def probe(double, x):
    return {"value": double(x), "sum": double(x).sum()}


def make(**changes):
    options = dict(
        id="toy-double", defines="double(x)", core=True, points=3, level=1, minutes=5, hints=("a", "b", "c"),
        inputs=draws, probe=probe, reference=doubled, withholds=(),
        comparisons=[Compare("value", points=2, shape="(B,)", says="Each entry is doubled."),
                     Compare("sum", points=1, says="The sum.")],
        mistakes=[Mistake(tripled, "You tripled.")], also_right=[doubled])
    return Exercise(**(options | changes))


def verdict(answer, exercise=None, seed=b"seed"):
    return judge(exercise or make(), seed, lambda source, inputs: run_in_process(answer, source, inputs, 7))


def test_right_wrong_and_named():
    assert verdict(lambda x: x + x).line == "✔ toy-double  3/3"
    assert verdict(lambda x: x * 3).line == "✘ toy-double  0/3  You tripled."
    other = verdict(squared)
    assert other.message == "Each entry is doubled." and "yours" in other.numbers


def test_numbers_stay_out_of_feedback():
    found = verdict(squared)
    assert found.numbers and "numbers" not in found.to_json()
    assert found.numbers not in str(found.to_json())


def test_partial_credit_and_all_or_nothing():
    def shuffled(x):
        return (2 * x).flip(0)

    assert verdict(shuffled).points == 1
    assert verdict(shuffled, make(all_or_nothing=True)).points == 0


def test_shape_comes_before_value():
    assert "should have shape (B,) = (5,), not ()" in verdict(lambda x: 2 * x.sum()).message
    assert "inf or nan" in verdict(lambda x: 2 * x / 0).message
    assert verdict(lambda x: (2 * x).float()).passed


def test_errors_are_told_apart():
    assert verdict(lambda: 1).status == "error"
    assert "toy" not in verdict(lambda x: x.nothing).message
    assert "AttributeError" in verdict(lambda x: x.nothing).message

    def stub(x):
        raise NotImplementedError("toy-double")

    def other(x):
        raise NotImplementedError("no kernel for this device")

    assert verdict(stub).line == "○ toy-double  0/3  Not started."
    assert verdict(other).status == "error"


@pytest.mark.parametrize("kind", ["timeout", "died", "malformed", "missing", "withheld", "raised", "new"])
def test_absence_of_evidence_is_no_credit(kind):
    found = judge(make(), b"s", lambda source, inputs: Failure(kind, "why"))
    assert found.points == 0 and not found.passed and found.message


def test_missing_values_and_extra_values_earn_nothing():
    assert judge(make(), b"s", lambda source, inputs: {}).points == 0
    assert judge(make(), b"s", lambda source, inputs: {"value": 3.0, "sum": "x", "passed": True}).points == 0


def test_inputs_are_copies_and_differ_with_the_seed():
    def spoils(x):
        y = 2 * x
        x.zero_()
        return y

    assert verdict(spoils).points < 3, "the probe calls twice, and the second call sees zeros"
    assert verdict(doubled, seed=b"a").passed and verdict(doubled, seed=b"b").passed


def test_random_miss_is_drawn_again():
    """A law that fails on the first draw alone is forgiven; one that fails on both is not."""
    seen = []

    def law(inputs, got, expected, n):
        seen.append(n)
        return n == 4, 1.0, 2.0

    rule = Compare("value", points=3, says="law", test=law, false_refusal=1e-5)
    assert verdict(doubled, make(comparisons=[rule])).passed
    assert 4 in seen
    never = Compare("value", points=3, says="law", test=lambda *a: (False, 1.0, 2.0), false_refusal=1e-5)
    assert not verdict(doubled, make(comparisons=[never])).passed


def test_points_must_add_up_and_hints_are_three():
    with pytest.raises(ValueError, match="comparisons give"):
        make(points=4)
    with pytest.raises(ValueError, match="three hints"):
        make(hints=("one",))
    with pytest.raises(TypeError, match="Compare"):
        Compare("value", says="no points")


def test_check_leaves_the_random_state_alone():
    torch.manual_seed(5)
    before = torch.random.get_rng_state()
    check("vae-elbo", lambda x, logits, mu, logvar: torch.randn(5))
    assert torch.equal(before, torch.random.get_rng_state())


def test_check_touches_no_accelerator(monkeypatch):
    seeded = []
    monkeypatch.setattr(torch.cuda, "manual_seed_all", seeded.append)
    check("vae-elbo", lambda x, logits, mu, logvar: torch.randn(5))
    assert not seeded


def test_check_never_raises():
    for answer in (None, 3, "text", object(), print, lambda *a: (_ for _ in ()), type("T", (), {})):
        assert not check("vae-elbo", answer).passed
    assert check("vae-elbw", None).status == "fault"
    assert "vae-elbo" in check("vae-elbw", None).message


def test_a_fault_of_ours_is_not_a_zero(monkeypatch):
    def broken(*_):
        raise RuntimeError("broken")

    monkeypatch.setattr(grading.checking, "judge", broken)
    found = check("vae-elbo", lambda x, logits, mu, logvar: x)
    assert found.status == "fault" and found.points is None and found.passed is None


def test_genlabs_own_object_is_refused():
    from genlab.models.vae import elbo

    assert "genlab's own" in check("vae-elbo", elbo).message


def test_use_follows_a_changed_global(capsys):
    space = {"torch": torch, "F": torch.nn.functional, "factor": 1.0}
    exec("def elbo(x, logits, mu, logvar):\n"
         "    likelihood = -F.binary_cross_entropy_with_logits(logits, x, reduction='none').sum(1)\n"
         "    return likelihood - factor * 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum(1)\n", space)
    assert use("vae-elbo", space["elbo"]) is space["elbo"]
    space["factor"] = 2.0
    assert use("vae-elbo", space["elbo"]) is not space["elbo"]
    assert "reference stands in" in capsys.readouterr().out


def test_points_as_a_number_under_nbgrader(monkeypatch):
    monkeypatch.setenv("NBGRADER_EXECUTION", "autograde")
    assert check("vae-elbo", lambda x, logits, mu, logvar: 0 * mu.sum(1)) == 0.0
    assert isinstance(check("vae-elbo", None), float)


def test_version_is_compared(capsys):
    from grading import expect_version

    expect_version("0.0.1")
    assert "made for genlab 0.0.1" in capsys.readouterr().out
    grading.checking._mismatch = ""


def test_html_is_escaped_and_hints_are_folded():
    page = verdict(lambda x: x.script, make(hints=("<b>", "two", "three")))._repr_html_()
    assert page.count("<details") == 3 and "&lt;b&gt;" in page and "<b>" not in page


def test_a_law_that_breaks_on_odd_values_is_a_miss_and_not_a_fault():
    def law(inputs, got, expected, n):
        return True, got["value"].std().item() / (got["value"][1] != 9).item(), 1.0

    def odd(x):
        return torch.full_like(x, 9.0)

    rule = Compare("value", points=3, says="law", test=law)
    assert verdict(doubled, make(comparisons=[rule])).passed
    assert verdict(odd, make(comparisons=[rule])).points == 0
    assert verdict(lambda x: (2 * x).to(torch.complex128)).status == "wrong"
    assert verdict(lambda x: (2 * x).long()).status == "wrong"
