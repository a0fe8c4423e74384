"""The copy of the course that a worker sees: without what the lesson asks for, and without any answer."""

import importlib.util
import inspect
import pkgutil
import sys

import pytest

import genlab
from grading.checks.exercise import Exercise
from grading.registry import all_ids, find
from grading.sandbox import landlock, view

MODULE = '''
"""Three ways to double."""
def double(x):
    """2 x."""
    return 2 * x

def stream(x):
    yield 2 * x

class Doubler:
    """Doubles."""
    factor = 2

    @property
    def twice(self):
        return 2

    @staticmethod
    def of(x):
        return 2 * x

    def kept(self):
        return 1

class Plain:
    pass
'''


def executed(names, source=MODULE):
    space = {"__name__": "genlab.twice"}
    exec(view.emptied(source, "genlab.twice", names), space)
    return space


@pytest.fixture
def record(monkeypatch):
    """genlab._withheld as a worker has it."""
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("genlab._withheld", None))
    exec(view._WITHHELD, vars(module))
    monkeypatch.setitem(sys.modules, "genlab._withheld", module)
    return module


@pytest.mark.parametrize(("names", "use", "called"), [
    (["double"], "double(1)", "genlab.twice.double"), (["stream"], "stream(1)", "genlab.twice.stream"),
    (["Doubler"], "Doubler()", "genlab.twice.Doubler"),
    (["Doubler"], "Doubler.of(1)", "genlab.twice.Doubler"),
    (["Doubler"], "type('Mine', (Doubler,), {})()", "genlab.twice.Doubler"),
    (["Doubler.twice"], "Doubler().twice", "genlab.twice.Doubler.twice"),
    (["Plain"], "Plain()", "genlab.twice.Plain")])
def test_what_is_withheld_raises_and_is_kept_on_record(record, names, use, called):
    with pytest.raises(record.Withheld, match=called):
        eval(use, executed(names))
    assert record.calls == [called]


def test_all_else_stays_as_it_is(record):
    space = executed(["Doubler.twice", "stream"])
    assert space["double"](3) == 6 and space["Doubler"]().kept() == 1 and space["Doubler"].factor == 2
    assert record.calls == []


HELPED = '''
def answer(x):
    return _half(x) + _shared(x)
def other(x):
    return _shared(x)
def _half(x):
    return _quarter(x) * 2
def _quarter(x):
    return x / 4
def _shared(x):
    return x
def _for_other_modules(x):
    return x
'''


def test_helpers_of_what_is_withheld_are_emptied_with_it(record):
    """Else the answer could be put together from them."""
    space = executed(["answer"], HELPED)
    for name in ("answer", "_half", "_quarter"):
        with pytest.raises(record.Withheld):
            space[name](1)
    assert [space[n](1) for n in ("other", "_shared", "_for_other_modules")] == [1, 1, 1]


def test_the_parts_of_an_answer_are_not_in_the_copy(copy):
    text = (copy / "genlab" / "metrics" / "posterior.py").read_text()
    assert "logsumexp" not in text and "withhold('genlab.metrics.posterior._draw_terms')" in text


def test_names_are_found_where_they_are_defined():
    assert view.home("genlab.models.ConvVAE") == ("genlab.models.conv_vae", "ConvVAE")
    assert view.home("genlab.models.vae.VAE.reparameterize") == ("genlab.models.vae", "VAE.reparameterize")
    for nothing in ("genlab.models.nothing", "torch.nn.Linear", "nothing.at.all"):
        with pytest.raises((ValueError, AttributeError)):
            view.home(nothing)


@pytest.fixture(scope="module")
def copy(tmp_path_factory):
    """The copy for all lessons at once."""
    folder = tmp_path_factory.mktemp("view")
    exercises = [e for e in map(find, all_ids()) if isinstance(e, Exercise)]
    view.begin(folder)
    view.write(folder, [name for e in exercises for name in e.withholds])
    return folder


def test_no_answer_is_in_the_copy(copy):
    files = {str(p.relative_to(copy)) for p in copy.rglob("*") if p.is_file()}
    assert not [f for f in files if "exercises" in f or "judge" in f]
    assert not [f for f in files if f.endswith((".ipynb", ".pyc", ".csv"))]
    grading = {f.removeprefix("grading/") for f in files if f.startswith("grading/")}
    own = {f for f in grading if not f.startswith("sandbox/")}
    assert own == {"__init__.py", *view._BESIDE} - {"sandbox"}


@pytest.mark.parametrize("id", [i for i in all_ids() if find(i).withholds])
def test_what_an_exercise_withholds_is_empty_in_the_copy(copy, id):
    for dotted in find(id).withholds:
        module, name = view.home(dotted)
        path = copy.joinpath(*module.split("."))
        path = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
        assert f"withhold('{module}.{name}')" in path.read_text()


def test_what_lies_around_a_hole_stays_readable(tmp_path):
    for name in ("a/b/secret/x", "a/b/c", "a/d", "e"):
        place = tmp_path / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(name)
    (tmp_path / "a" / "link").symlink_to(tmp_path / "a" / "b" / "secret")
    secret = str(tmp_path / "a" / "b" / "secret")
    found = landlock.readable([str(tmp_path), str(tmp_path / "missing")], [secret])
    assert found == [str(tmp_path / n) for n in ("a/b/c", "a/d", "e")]
    whole = landlock.readable([str(tmp_path / "a")], [str(tmp_path / "elsewhere")])
    assert whole == [str(tmp_path / "a")]


ALIASED = '''
def answer(x):
    return 2 * x
also = answer
class Asked:
    def method(self, x):
        return answer(x)
    again = method
    through = staticmethod(answer)
class Mine(Asked):
    def method(self, x):
        return super().method(x)
    def kept(self):
        return 1
table = {"answer": answer}
'''


@pytest.mark.parametrize("use", ["also(1)", "Asked().method(1)", "Asked().again(1)", "Asked.through(1)",
                                 "Mine().method(1)", "table['answer'](1)"])
def test_other_names_of_what_is_withheld_are_empty_too(record, use):
    """The same object under another name, and what merely calls through."""
    space = executed(["answer"], ALIASED)
    with pytest.raises(record.Withheld):
        eval(use, space)
    assert space["Mine"]().kept() == 1


@pytest.fixture(scope="module")
def everything():
    """All functions and classes of genlab by module and name; methods as Class.method."""
    found = {}
    for info in pkgutil.walk_packages(genlab.__path__, "genlab."):
        module = importlib.import_module(info.name)
        for name, value in vars(module).items():
            if getattr(value, "__module__", None) == info.name:
                value = inspect.unwrap(value)
                found[f"{info.name}.{name}"] = value
                if isinstance(value, type):
                    found |= {f"{info.name}.{name}.{n}": inspect.unwrap(v)
                              for n, v in vars(value).items() if inspect.isfunction(v)}
    return found


@pytest.mark.parametrize("id", [i for i in all_ids() if find(i).withholds])
def test_no_other_body_of_the_course_is_what_is_withheld(everything, id):
    """Neither a function with the same code under another name, nor a subclass that answers by itself."""
    names = {".".join(view.home(dotted)) for dotted in find(id).withholds}
    for name in names:
        value = everything.get(name)
        if not inspect.isfunction(value):
            continue
        twins = [n for n, other in everything.items() if inspect.isfunction(other) and other is not value
                 and other.__code__.co_code == value.__code__.co_code
                 and other.__code__.co_consts == value.__code__.co_consts
                 and other.__code__.co_names == value.__code__.co_names]
        assert set(twins) <= names, twins
        owner, _, method = name.rpartition(".")
        for other, kind in everything.items():
            base = everything.get(owner)
            if (isinstance(kind, type) and isinstance(base, type) and kind is not base
                    and issubclass(kind, base) and f"{other}.{method}" in everything):
                through = {"super", *(n.rpartition(".")[2] for n in names)}
                body = everything[f"{other}.{method}"].__code__
                assert f"{other}.{method}" in names or through & set(body.co_names), other


def test_files_can_be_left_out_of_the_copy(tmp_path):
    view.begin(tmp_path)
    view.write(tmp_path, ())
    weights = tmp_path / "genlab" / "weights"
    kept = {path.name for path in weights.iterdir() if path.suffix != ".safetensors"}
    assert list(weights.glob("*.safetensors"))
    view.leave_out(tmp_path, ("weights/*.safetensors",))
    assert {path.name for path in weights.iterdir()} == kept and "digit_features.json" in kept
