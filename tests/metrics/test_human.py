"""A study from its plan to its ranking, answered by scripts; its file against crashes and mix-ups."""

import collections
import itertools
import json

import pytest
import torch

from genlab.metrics import Study, read_choices, summarise, wins_by_rater
from genlab.metrics.human import plan_trials
from genlab.random import rand

STRENGTHS = {"real": 1.2, "diffusion": 0.4, "VAE": -0.3, "GAN": -1.3}


def seeded(seed=5):
    return torch.Generator().manual_seed(seed)


def pictures(strength, n=20):
    """Squares whose brightness tells a rater how good they are: all that a blind rater has."""
    return torch.full((n, 1, 4, 4), strength) + torch.linspace(0, 1e-3, n).view(-1, 1, 1, 1)


def sets(names=STRENGTHS):
    return {name: pictures(STRENGTHS[name]) for name in names}


def judge(trial, rng):
    """A rater who follows Bradley-Terry, by what the two pictures show."""
    gap = trial.left.mean() - trial.right.mean()
    return "left" if rand((), rng=rng) < torch.sigmoid(gap) else "right"


def answer_all(study, rng):
    while (trial := study.next()) is not None:
        study.answer(judge(trial, rng))


@pytest.mark.parametrize("trials", [1, 7, 12, 40])
def test_the_plan_is_balanced_in_pairs_and_sides(trials):
    """At every length: pairs differ by at most one, sides within a pair too, pictures of a set too."""
    pairs = list(itertools.combinations(range(4), 2))
    plan = plan_trials([3, 3, 3, 3], trials, pairs, rng=seeded())
    assert len(plan) == trials
    shown = collections.Counter(frozenset((left, right)) for left, _, right, _ in plan)
    ordered = collections.Counter((left, right) for left, _, right, _ in plan)
    assert max(shown.values()) - min(shown[frozenset(p)] for p in pairs) <= 1
    assert all(abs(ordered[a, b] - ordered[b, a]) <= 1 for a, b in pairs)
    used = collections.Counter((s, i) for left, i, right, j in plan for s, i in ((left, i), (right, j)))
    for s in range(4):
        counts = [used[s, i] for i in range(3)]
        assert max(counts) - min(counts) <= 1


def test_the_plan_is_random():
    plans = [plan_trials([9, 9], 40, [(0, 1)], rng=seeded(seed)) for seed in range(30)]
    left = [sum(plan[t][0] == 0 for plan in plans) for t in range(40)]
    assert all(4 <= count <= 26 for count in left)  # each side 15 of 30 on average
    assert plan_trials([9, 9], 40, [(0, 1)], rng=seeded(1)) == plans[1]
    before = torch.get_rng_state()
    assert plan_trials([99, 99], 40, [(0, 1)]) != plan_trials([99, 99], 40, [(0, 1)])
    assert torch.equal(before, torch.get_rng_state())


def test_a_simulated_rater_recovers_the_known_ranking(tmp_path):
    study = Study(sets(), tmp_path / "a.jsonl", trials=480, rng=seeded())
    answer_all(study, seeded(6))
    got = study.results()
    assert got.ranking.order() == list(STRENGTHS)
    for name, strength in STRENGTHS.items():
        low, high = got.ranking.interval(name, level=0.999)
        assert low < strength - sum(STRENGTHS.values()) / 4 < high
    assert got.ranking.n == 480 and got.ranking.prior == 0 and got.note == ""
    assert [share.n for share in got.pairs.values()] == [80] * 6
    assert got.pairs["GAN", "real"].high < 0.5 and got.pairs["GAN", "real"].p_value < 1e-6


def test_who_always_presses_left_prefers_nobody(tmp_path):
    """The balance of sides turns a habit into chance, and the results show the habit."""
    study = Study(sets(("real", "GAN")), tmp_path / "a.jsonl", trials=60, rng=seeded())
    while study.next():
        study.answer("left")
    got = study.results()
    assert got.pairs["GAN", "real"].rate == 0.5 and got.pairs["GAN", "real"].p_value == 1
    assert got.left.rate == 1 and got.left.p_value < 1e-10


def test_blind_and_closed_until_the_end(tmp_path):
    study = Study(sets(), tmp_path / "a.jsonl", trials=12, rng=seeded())
    trial = study.next()
    assert trial._fields == ("left", "right", "number", "total")
    assert not any(name in repr(study) + repr(trial) for name in STRENGTHS)
    study.answer("left")
    with pytest.raises(RuntimeError, match="1 of 12 answers"):
        study.results()
    assert sum(share.n for share in study.results(early=True).pairs.values()) == 1


def test_a_study_goes_on_where_it_stopped(tmp_path):
    path = tmp_path / "folder" / "a.jsonl"
    whole = Study(sets(), tmp_path / "whole.jsonl", trials=20, rng=seeded())
    answer_all(whole, seeded(7))
    rng = seeded(7)
    for _ in range(20):
        study = Study(sets(), path, trials=20, rng=seeded())  # a new kernel for every answer
        assert not study.done
        study.answer(judge(study.next(), rng))
    assert Study(sets(), path, trials=20).next() is None
    strip = [choice._replace(seconds=0) for choice in read_choices(path)]
    assert strip == [choice._replace(seconds=0) for choice in read_choices(tmp_path / "whole.jsonl")]


def test_next_stays_until_answered_and_undo_shows_it_again(tmp_path):
    study = Study(sets(), tmp_path / "a.jsonl", trials=3, rng=seeded())
    first = study.next()
    assert torch.equal(study.next().left, first.left) and study.next().number == 1
    study.answer("left")
    second = study.next()
    study.answer("right")
    study.undo()
    assert study.answered == 1 and torch.equal(study.next().left, second.left)
    study.answer("left")
    again = Study(sets(), tmp_path / "a.jsonl", trials=3)
    assert again.answered == 2 and [c.choice for c in read_choices(tmp_path / "a.jsonl")] == ["left", "left"]


def test_an_answer_needs_a_picture(tmp_path):
    study = Study(sets(), tmp_path / "a.jsonl", trials=1, rng=seeded())
    with pytest.raises(RuntimeError, match="call next"):
        study.answer("left")
    with pytest.raises(RuntimeError, match="no answer to take back"):
        study.undo()
    study.next()
    with pytest.raises(ValueError, match="forced"):
        study.answer("tie")
    study.answer("left")
    with pytest.raises(RuntimeError, match="every trial"):
        study.answer("left")


def test_a_line_cut_short_is_dropped_and_nothing_else(tmp_path):
    path = tmp_path / "a.jsonl"
    study = Study(sets(), path, trials=5, rng=seeded())
    for _ in range(3):
        study.next()
        study.answer("left")
    whole = path.read_bytes()
    for cut in range(1, len(whole.splitlines(keepends=True)[-1])):
        path.write_bytes(whole[:-cut])
        again = Study(sets(), path, trials=5)
        assert again.answered == 2
    again.next()
    again.answer("right")
    assert [choice.choice for choice in read_choices(path)] == ["left", "left", "right"]


def test_every_answer_is_in_the_file_at_once(tmp_path):
    path = tmp_path / "a.jsonl"
    study = Study(sets(), path, trials=2, rater="anna", question="Which?", rng=seeded())
    header = json.loads(path.read_text().splitlines()[0])
    assert (header["schema"], header["kind"]) == (1, "study")
    assert (header["rater"], header["question"]) == ("anna", "Which?")
    study.next()
    study.answer("right")
    record = json.loads(path.read_text().splitlines()[1])
    assert (record["kind"], record["trial"], record["choice"]) == ("answer", 0, "right")
    assert 0 <= record["seconds"] < 60


@pytest.mark.parametrize(("change", "says"), [
    (dict(question="Which is uglier?"), "question"), (dict(trials=6), "trials"), (dict(rater="ben"), "rater"),
    (dict(sets={**sets(), "GAN": pictures(0.0)}), "pictures"), (dict(sets=sets(("real", "GAN"))), "names"),
])
def test_answers_to_another_study_are_not_continued(tmp_path, change, says):
    Study(sets(), tmp_path / "a.jsonl", trials=5, rng=seeded())
    arguments = {"sets": sets(), "trials": 5, **change}
    with pytest.raises(ValueError, match=f"another study.*{says}"):
        Study(path=tmp_path / "a.jsonl", **arguments)


def test_two_sessions_on_one_file_are_noticed(tmp_path):
    first, second = (Study(sets(), tmp_path / "a.jsonl", trials=5, rng=seeded()) for _ in range(2))
    for study in (first, second):
        study.next()
    first.answer("left")
    with pytest.raises(RuntimeError, match="another session"):
        second.answer("right")
    assert len(read_choices(tmp_path / "a.jsonl")) == 1


@pytest.mark.parametrize(("text", "says"), [
    ("hello\n", "line 1"), ('{"kind": "answer"}\n', "begin with one study"), ("[1]\n", "line 1"),
    ('{"kind": "study", "schema": 2}\n', "schema 2"),
])
def test_other_files_are_refused_and_left_as_they_are(tmp_path, text, says):
    path = tmp_path / "a.jsonl"
    path.write_text(text)
    with pytest.raises(ValueError, match=says):
        Study(sets(), path)
    assert path.read_text() == text


def test_answers_that_do_not_follow_are_refused(tmp_path):
    path = tmp_path / "a.jsonl"
    Study(sets(), path, trials=5, rng=seeded())
    for record in ({"kind": "answer", "trial": 3, "choice": "left"}, {"kind": "undo"},
                   {"kind": "answer", "trial": 0, "choice": "both"}):
        text = path.read_text()
        path.write_text(text + json.dumps(record) + "\n")
        with pytest.raises(ValueError, match="does not follow"):
            read_choices(path)
        path.write_text(text)
    with pytest.raises(ValueError, match="holds no study"):
        read_choices(tmp_path / "missing.jsonl")


def test_several_raters_are_read_together(tmp_path):
    for seed, rater in enumerate(["anna", "ben", "cem"]):
        study = Study(sets(), tmp_path / f"{rater}.jsonl", trials=60, rater=rater, rng=seeded(seed))
        answer_all(study, seeded(seed + 10))
    choices = read_choices(*sorted(tmp_path.glob("*.jsonl")))
    got = summarise(choices)
    assert got.raters == 3 and got.ranking.n == 180
    tables = wins_by_rater(choices, list(STRENGTHS))
    assert tables.shape == (3, 4, 4) and tables.sum((1, 2)).tolist() == [60, 60, 60]
    assert tables.sum(0)[0, 3] == 30 - got.pairs["GAN", "real"].wins


def test_a_model_that_always_wins_gets_a_finite_strength_and_a_note(tmp_path):
    study = Study(sets(("real", "VAE", "GAN")), tmp_path / "a.jsonl", trials=12, rng=seeded())
    while trial := study.next():
        study.answer("left" if trial.left.mean() > trial.right.mean() else "right")
    got = study.results()
    assert got.ranking.prior == 0.5 and got.ranking.order() == ["real", "VAE", "GAN"]
    assert "never lost" in got.note and "never lost" in str(got)


def test_sets_that_never_met_get_no_common_ranking(tmp_path):
    study = Study(sets(), tmp_path / "a.jsonl", trials=8, pairs=[("real", "VAE"), ("diffusion", "GAN")],
                  rng=seeded())
    answer_all(study, seeded())
    got = study.results()
    assert got.ranking is None and "never compared" in got.note and set(got.pairs) == {
        ("VAE", "real"), ("GAN", "diffusion")}


@pytest.mark.parametrize(("arguments", "says"), [
    (dict(sets={"real": pictures(0.0)}), "two sets"),
    (dict(sets={"a": pictures(0.0), "b": torch.zeros(3, 1, 5, 5)}), "give themselves away"),
    (dict(sets={"a": pictures(0.0), "b": torch.zeros(0, 1, 4, 4)}), "b: pictures"),
    (dict(sets={"a": pictures(0.0), "b": torch.full((2, 1, 4, 4), torch.nan)}), "finite"),
    (dict(pairs=[("real", "nobody")]), "pairs must name"), (dict(pairs=[("real", "real")]), "pairs must"),
    (dict(trials=0), "trials"),
])
def test_what_does_not_fit_is_refused_before_a_file_is_made(tmp_path, arguments, says):
    with pytest.raises(ValueError, match=says):
        Study(path=tmp_path / "a.jsonl", **{"sets": sets(), **arguments})
    assert not (tmp_path / "a.jsonl").exists()


def test_no_answers_no_results():
    with pytest.raises(ValueError, match="no answers yet"):
        summarise([])
