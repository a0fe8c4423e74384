"""The engine itself: what a verdict says, what it leaves alone, and what it never does."""

import inspect
import re
import textwrap

import pytest
import torch
from torch import nn

import grading.checks.check
from grading import check, use
from grading.checks import draws as draws_module
from grading.checks import laws, probing
from grading.checks.compare import Outcome, describe
from grading.checks.exercise import Answers, Compare, Exercise, Failure, Mistake
from grading.checks.judge import judge
from grading.checks.runner import run_in_process
from grading.registry import find


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


class Toy(Exercise):
    """An exercise whose probe may stand anywhere in this file, under any name."""

    @property
    def probe_source(self):
        return re.sub(r"^def \w+", "def probe", textwrap.dedent(inspect.getsource(self.probe)))


def make(**changes):
    options = dict(
        id="toy-double", defines="double(x)", core=True, points=3, level=1, minutes=5, hints=("a", "b", "c"),
        inputs=draws, probe=probe, reference=doubled, withholds=(),
        comparisons=[Compare("value", points=2, shape="(B,)", says="Each entry is doubled."),
                     Compare("sum", points=1, says="The sum.")],
        answers=Answers([Mistake(tripled, "You tripled.")], [doubled]))
    return Toy(**(options | changes))


def verdict(answer, exercise=None, seed=b"seed"):
    return judge(exercise or make(), seed, lambda source, inputs: run_in_process(answer, source, inputs, 7))


def test_right_wrong_and_named():
    assert verdict(lambda x: x + x).line == "✔ toy-double  3/3"
    assert verdict(lambda x: x * 3).line == "✘ toy-double  0/3  You tripled."
    other = verdict(squared)
    assert other.message == "Each entry is doubled." and "`double` gave" in other.numbers


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

    monkeypatch.setattr(grading.checks.check, "judge", broken)
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
    grading.checks.check._mismatch = ""


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


def test_a_diagnosis_contradicts_no_tick():
    """A mistake that fails what the answer passes is not named, whatever else agrees."""
    def shifted(x):
        y = 2 * x
        return y + (y[0] - y[1]) * (torch.arange(5) - 2)  # the same sum, other values

    def both(x):
        return shifted(x) + (0 * x).index_fill(0, torch.tensor([0]), 1.0) * 1e-9 + 7

    def same_but_sum(x):
        return {"value": shifted(x), "sum": torch.tensor(1.0)}

    def probed(double, x):
        found = double(x)
        return found if isinstance(found, dict) else {"value": found, "sum": found.sum()}

    wrong = [Mistake(same_but_sum, "Not squared."), Mistake(both, "Both.")]
    exercise = make(probe=probed, answers=Answers(wrong))
    found = verdict(shifted, exercise)
    assert [i.passed for i in found.items] == [False, True]
    assert found.mistake == "" and found.message == "Each entry is doubled." and "`double` gave" in found.line
    named = make(probe=probed, answers=Answers([wrong[0], Mistake(shifted, "Shifted.")]))
    assert verdict(shifted, named).message == "Shifted."


def test_the_mistake_that_agrees_in_most_is_named():
    def half(x):
        return {"value": 3 * x, "sum": 5 * x.sum()}

    def probed(double, x):
        found = double(x)
        return found if isinstance(found, dict) else {"value": found, "sum": found.sum()}

    wrong = [Mistake(half, "Half of it."), Mistake(tripled, "You tripled.")]
    exercise = make(probe=probed, answers=Answers(wrong))
    assert verdict(tripled, exercise).message == "You tripled."


def test_sentences_about_form_name_the_function():
    for answer, words in [(lambda x: 2 * x.sum(), "one number for each of the B = 5, not a single number"),
                          (lambda x: 2 * x[:, None], "axis of length 1 too many"),
                          (lambda x: x[:, None] + x, "broadcast to a table")]:
        message = verdict(answer).message
        assert words in message and "`double`" in message and "`value`" not in message


def gradients(double, x):
    x = probing.leaf(x)
    value = probing.tensor(double(x), "`double`")
    return {"value": value, "d_x": probing.vjp(value, [x])[0]}


def test_gradients_are_named():
    rules = [Compare("value", points=1, says="Values."), Compare("d_x", points=2, says="Gradient.")]
    exercise = make(probe=gradients, comparisons=rules, answers=Answers([], []))
    numbers = verdict(lambda x: (2 * x).detach(), exercise).numbers
    assert "the gradient of `double` with respect to `x`" in numbers


def test_torchs_own_errors_name_the_slip():
    def logits_as_probabilities(x):
        return torch.nn.functional.binary_cross_entropy(4 * x, 0 * x)

    assert "was given logits" in verdict(logits_as_probabilities).message
    assert "begin it with a tensor" in verdict(lambda x: torch.sum(())).message
    assert "sum(dim=0)" in verdict(lambda x: x.new_zeros(2, 3) + x).message


def test_the_call_that_raised_is_told():
    def probed(double, x):
        return {"value": double(x, (0, 1, 1)), "sum": x.sum()}

    def right(x, seen):
        return 2 * x

    def wrong(x, seen):
        return x * seen.size

    exercise = make(probe=probed, reference=right, answers=Answers([], []))
    assert "for seen = (0, 1, 1)" in verdict(wrong, exercise).message


def test_a_right_answer_in_float32_is_right():
    def own(x):
        return torch.eye(5) @ x * 2  # refuses float64

    def wrong(x):
        return torch.eye(5) @ x * 2.01

    assert verdict(own).line == "✔ toy-double  3/3"
    assert not verdict(wrong).passed
    assert verdict(lambda x: (2 * x).float()).passed


def test_a_right_answer_in_float64_is_right_where_float32_is_given():
    def floats(rng, n=1):
        return {"x": 1 + torch.rand(5, generator=rng)}

    def own(x):
        return torch.eye(5, dtype=torch.float64) @ x * 2

    assert verdict(own, make(inputs=floats)).passed


def test_changed_arguments_are_seen_and_cost_half():
    def once(double, x):
        value = double(x)
        return {"value": value, "sum": value.sum()}

    def in_place(x):
        return x.mul_(2)

    found = verdict(in_place, make(probe=once))
    assert found.points == 1.5 and not found.passed
    assert found.message == "`double` changes its argument `x` in place: work on a copy."
    assert verdict(in_place, make(probe=once, mutates=("x",))).passed
    rules = [Compare("value", points=3, says="Values.")]
    leaf = make(probe=gradients, comparisons=rules, answers=Answers([], []))

    def hidden(x):
        y = 2 * x
        x.data.zero_()
        return y

    assert verdict(hidden, leaf).points == 1.5


@pytest.mark.parametrize("spoil", [
    lambda net: net.eval(), lambda net: net[0].requires_grad_(False),
    lambda net: net[1].reset_running_stats(), lambda net: setattr(net[1], "track_running_stats", False),
    lambda net: net[0].weight.data.mul_(1.01),
])
def test_a_module_is_looked_at_after_the_call(spoil):
    def probed(double, x):
        net = nn.Sequential(nn.Linear(5, 4), nn.BatchNorm1d(4)).double()
        probing.load(net, {"0.weight": x.repeat(4, 1), "0.bias": x[:4]})
        nn.init.constant_(net[1].running_mean, 0.5)
        probing.watch("net", net, x.repeat(3, 1) * torch.arange(1, 4)[:, None])
        return {"value": double(x, net), "sum": x.sum()}

    exercise = make(probe=probed, reference=lambda x, net: 2 * x, answers=Answers([], []))

    def answer(x, net):
        spoil(net)
        return 2 * x

    assert verdict(lambda x, net: 2 * x, exercise).passed
    assert "changes its argument `net`" in verdict(answer, exercise).message


def antithetic(e):
    return torch.cat([e[: len(e) // 2], -e[: len(e) // 2]])


def standardised(e):
    return (e - e.mean(0)) / e.std(0)


def stratified(e):
    return torch.special.ndtri((e.argsort(0).argsort(0) + 0.5) / len(e))


def uniform(e):
    return (torch.special.ndtr(e) - 0.5) * 12**0.5


@pytest.mark.parametrize("columns", [1, 3])
@pytest.mark.parametrize("fake", [antithetic, standardised, stratified, uniform, lambda e: e - e.mean(0),
                                  lambda e: e / e.square().mean(0).sqrt(), lambda e: e[:1500].repeat(2, 1)])
def test_joint_independence(fake, columns):
    noise = torch.randn(3000, columns, generator=torch.Generator().manual_seed(3), dtype=torch.float64)
    assert laws.independence(noise)[0]
    assert not laws.independence(fake(noise))[0]
    assert not laws.independence(torch.stack([noise, noise]))[0]


def test_draws_hold_their_ends():
    rng = torch.Generator().manual_seed(1)
    x, logits = draws_module.log_variances((5, 3), rng=rng), draws_module.logits((4, 4), rng=rng)
    assert x.min() < -11 and x.max() > 11 and (x.abs() < 4).sum() == 13
    assert {int(v) for v in logits.abs().flatten() if v > 25} <= {30, 150} and (logits < -149).any()
    sizes = draws_module.sizes(4, 1, 9, rng=rng)
    assert 1 in sizes and len(set(sizes)) < 4
    assert torch.linalg.matrix_rank(draws_module.singular(4, rng=rng)) == 3


def test_own_functions_are_seen_at_once():
    from genlab.models import vae

    def borrowed(x, logits, mu, logvar):
        return vae.elbo(x, logits, mu, logvar)

    found = check("vae-elbo", borrowed)
    assert found.points == 0 and "genlab's own" in found.message and not found.passed


def test_what_is_told_after_a_pass():
    def elbo(x, logits, mu, logvar):
        likelihood = -torch.nn.functional.binary_cross_entropy_with_logits(logits, x, reduction="none").sum(1)
        return likelihood - 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum(1)

    grading.checks.check._points.clear()
    page = check("vae-elbo", elbo)._repr_html_()
    assert "Lesson 10: 4 of" in page and "next: vae-bug." in page and "Another way to write it" in page
    grading.checks.check._graded = True
    try:
        assert "Another way" not in check("vae-elbo", elbo)._repr_html_()
    finally:
        grading.checks.check._graded = False
    assert "told" not in check("vae-elbo", elbo).to_json()
    right = find("vae-predict-kl").value
    assert "0/0" not in check("vae-predict-kl", right).line and check("vae-predict-kl", right).passed


def test_an_error_at_an_end_hides_nothing_of_the_rest():
    def probed(double, x):
        return {"value": double(x), "sum": probing.attempt(double, x[:1])}

    def fails_alone(x):
        return 2 * x * (1 / (len(x) - 1) > 0)

    found = verdict(fails_alone, make(probe=probed, answers=Answers([], [])))
    assert found.points == 2 and found.message == "`double` raised ZeroDivisionError here. The sum."

    def own(x):
        return torch.eye(len(x)) @ x * 2  # its errors of dtypes still lead to a trial in float32

    assert verdict(own, make(probe=probed, answers=Answers([], []))).passed


def test_what_should_have_been_refused_is_said_so():
    def probed(double, x):
        return {"value": double(x), "sum": probing.attempt(double, x[:0])}

    def strict(x):
        if not len(x):
            raise ValueError("nothing to double")
        return 2 * x

    def other(x):
        return 2 * x if len(x) else x[0]

    exercise = make(probe=probed, reference=strict, answers=Answers([], []))
    assert verdict(strict, exercise).passed
    for answer, did in ((doubled, "gave a value"), (other, "raised IndexError")):
        assert verdict(answer, exercise).message == f"`double` should raise a ValueError here, and {did}. The sum."


def test_errors_that_several_mistakes_raise_name_none_of_them():
    def one(x):
        return x / (1 // 0)

    def two(x):
        return 1 // 0

    several = make(answers=Answers([Mistake(one, "One."), Mistake(two, "Two.")]))
    assert "ZeroDivisionError" in verdict(two, several).message
    assert verdict(two, make(answers=Answers([Mistake(one, "One.")]))).message == "One."


@pytest.mark.parametrize("measured, told", [([1.007, 3.6, 0.9], "3.6"), ([1.007, float("nan"), 3.6], "nan"),
                                            ([[2.0], [1.0], [1.0]], "2")])
def test_of_several_numbers_the_one_that_is_wrong_is_shown(measured, told):
    measured = torch.tensor(measured)
    outcome = Outcome(False, "value", measured, torch.ones_like(measured))
    assert describe(outcome, "the size of each step") == f"(the size of each step is {told}, expected 1)"


def test_where_the_numbers_do_not_pair_the_first_of_each_is_shown():
    outcome = Outcome(False, "value", torch.tensor([2.0, 9.0]), torch.tensor([1.0]))
    assert describe(outcome, "`f`") == "(`f` gave 2, expected 1)"
