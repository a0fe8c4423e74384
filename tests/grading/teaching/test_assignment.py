"""What counts and how much: read, refused with a reason, written again, and applied to verdicts."""

import pickle
import tomllib
from datetime import datetime

import pytest

from grading.assignment import Assignment, AssignmentError, read_due
from grading.checks.verdict import Item, Verdict
from grading.lessons import LESSONS
from grading.registry import find

VAE = LESSONS["10_vae"]
HOMEWORK = '''
name = "Homework 1"
lesson = "10_vae"
due = 2027-02-01T23:59:00+01:00

[points]
vae-iwae = 4.5
vae-elbo = 6
'''


@pytest.fixture
def read(tmp_path):
    def run(text: str | bytes) -> Assignment:
        path = tmp_path / "assignment.toml"
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        return Assignment.read(path)

    return run


def test_an_assignment_is_read_in_the_lessons_order(read):
    homework = read(HOMEWORK)
    assert homework.name == "Homework 1" and homework.lesson == "10_vae"
    assert homework.exercises == ("vae-elbo", "vae-iwae")
    assert homework.points == {"vae-elbo": 6, "vae-iwae": 4.5} and homework.out_of == 10.5
    assert homework.due == datetime.fromisoformat("2027-02-01T23:59:00+01:00")


def test_everything_counts_by_default():
    whole = Assignment.of("10")
    assert whole == Assignment.of(VAE) == Assignment.choose(VAE)
    assert whole.exercises == VAE.exercises
    assert all(whole.points[id] == find(id).points for id in VAE.exercises)


def test_it_travels_to_judges(read):
    homework = read(HOMEWORK)
    assert pickle.loads(pickle.dumps(homework)) == homework


@pytest.mark.parametrize("change", [
    {}, {"only": ("vae-iwae", "vae-elbo")}, {"points": {"vae-elbo": 0.3}},
    {"name": 'Woche "2" – Übung \\', "due": read_due("2027-02-01T08:00:00+00:00")}])
def test_what_is_written_is_read_again(read, change):
    homework = Assignment.choose(VAE, **change)
    text = homework.to_toml()
    assert read(text) == homework == read(text.replace("\n", "\r\n")) == read(b"\xef\xbb\xbf" + text.encode())
    assert text == homework.to_toml()


def test_the_file_shows_what_could_be_changed():
    text = Assignment.choose(VAE, only=("vae-elbo",), points={"vae-elbo": 6}).to_toml()
    assert "vae-elbo = 6  # 4 in the lesson" in text
    edited = text.replace("# vae-slerp", "vae-slerp").replace("# due", "due")
    assert tomllib.loads(edited)["points"] == {"vae-elbo": 6, "vae-slerp": 2}
    assert tomllib.loads(edited)["due"].tzinfo is not None


@pytest.mark.parametrize(("old", "new", "says"), [
    ("vae-elbo", "vae-elbow", r"there is no exercise 'vae-elbow'; 10_vae has vae-elbo"),
    ("vae-elbo", "beta-loss", "beta-loss belongs to 11_conditional_and_beta_vae, not to 10_vae"),
    ("vae-elbo", "vae-predict-kl", "is a prediction, which gives no points"),
    ("= 6", "= 0", "points of vae-elbo have to be a number above 0, not 0; what is not to count is left out"),
    ("= 6", "= -1", "a number above 0, not -1"),
    ("= 6", "= nan", "a number above 0, not nan"),
    ("= 6", "= inf", "a number above 0, not inf"),
    ("= 6", "= true", "a number above 0, not True"),
    ("= 6", '= "6"', "a number above 0, not '6'"),
    ('"10_vae"', '"12"', "there is no lesson '12'; there is 00_gen"),
    ('lesson = "10_vae"', "", "has to name its lesson"),
    ("vae-iwae = 4.5\nvae-elbo = 6", "", "has to list what counts"),
    ("[points]", "[point]", "there is no setting 'point'; there is name, lesson, due, points"),
    ('"Homework 1"', "7", "one line of text, not 7"),
    ('"Homework 1"', r'"a\nb"', "one line of text"),
    ("2027-02-01T23:59:00+01:00", '"next week"', "'next week' is no time"),
    ("2027-02-01T23:59:00+01:00", "3", "3 is no time"),
    ("= 6", "= ", r"is not TOML: .*line 8"),
])
def test_what_makes_no_sense_is_refused_with_its_reason(read, tmp_path, old, new, says):
    assert old in HOMEWORK
    with pytest.raises(AssignmentError, match=says) as caught:
        read(HOMEWORK.replace(old, new))
    assert str(tmp_path / "assignment.toml") in str(caught.value)


def test_a_file_that_is_not_there_or_not_text(read, tmp_path):
    with pytest.raises(AssignmentError, match="cannot be read: No such file"):
        Assignment.read(tmp_path / "none.toml")
    with pytest.raises(AssignmentError, match="is not TOML"):
        read(b"\xff\xfe\x00")


def test_points_for_what_is_not_chosen_are_refused():
    with pytest.raises(AssignmentError, match="vae-iwae has points but does not count"):
        Assignment.choose(VAE, only=("vae-elbo",), points={"vae-iwae": 3})


def test_a_day_ends_at_its_last_minute_and_every_time_has_a_zone():
    assert read_due(None) is None
    day = read_due("2027-02-01")
    assert (day.hour, day.minute) == (23, 59) and day.tzinfo is not None
    assert read_due("2027-02-01T10:00").tzinfo is not None
    assert read_due("2027-02-01T10:00:00Z").utcoffset().total_seconds() == 0


def verdict(*shares: tuple[float, float], points: float | None = None) -> Verdict:
    items = tuple(Item("An idea.", got, out_of, got > 0) for got, out_of in shares)
    got = sum(i.points for i in items) if points is None else points
    return Verdict("vae-elbo", False, got, sum(i.out_of for i in items), "", "wrong", (), items)


@pytest.mark.parametrize("worth", [6, 0.3, 7, 10, 1 / 3])
def test_shares_grow_alike_and_a_right_answer_gets_exactly_all(worth):
    homework = Assignment.choose(VAE, points={"vae-elbo": worth})
    whole = homework.scaled(verdict((1, 1), (1, 1), (1, 1), (1, 1)))
    assert whole.points == whole.out_of == worth
    part = homework.scaled(verdict((1, 1), (0, 1), (1, 1), (1, 1)))
    assert part.points == pytest.approx(0.75 * worth, abs=1e-5)
    assert [i.points for i in part.items] == pytest.approx([worth / 4, 0, worth / 4, worth / 4], abs=1e-6)
    assert homework.scaled(verdict((0, 1), (0, 3))).points == 0


def test_a_fault_of_the_grader_stays_without_points():
    fault = Verdict("vae-elbo", None, None, 4, "", "fault")
    assert Assignment.choose(VAE, points={"vae-elbo": 6}).scaled(fault).points is None


def test_the_lessons_own_points_change_nothing():
    own = verdict((1, 1), (0, 1), (1, 1), (0, 1))
    assert Assignment.of(VAE).scaled(own) == own
