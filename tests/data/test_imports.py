"""Importing is cheap, and torchvision can be imported beside any torch. Each case is a fresh process."""

import subprocess
import sys
import textwrap

import pytest

HEAVY = {"torchvision", "matplotlib", "sklearn", "mlxtend", "pandas", "IPython", "ipywidgets", "grading"}

# A torchvision which, like the real one, describes an operator that its compiled part should have declared.
MISMATCHED = """
import torch
from . import early
if not hasattr(torch.ops.torchvision, "nms") or not hasattr(torch.ops.torchvision, "qnms"):
    raise RuntimeError("operator torchvision::nms does not exist")
"""


def run(source, *arguments):
    """What a fresh Python prints; it must end well."""
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(source), *map(str, arguments)],
                          capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


@pytest.fixture
def fake(tmp_path):
    """Makes a folder with a package torchvision of the given source."""
    def make(source, name="fake"):
        package = tmp_path / name / "torchvision"
        package.mkdir(parents=True)
        (package / "__init__.py").write_text(source)
        (package / "early.py").write_text("")
        return package.parent
    return make


def test_nothing_heavy_is_imported_before_it_is_needed():
    loaded = run("""
        import sys
        import genlab, genlab.data, genlab.random, genlab._torchvision
        next(iter(genlab.data.Batches(genlab.data.sprites().images, size=4)))
        print(*sys.modules)
        """)
    assert not {name.split(".")[0] for name in loaded} & HEAVY


def test_the_installed_torchvision_loads():
    """Whether or not its wheel fits this torch: data sets, transforms and utilities work."""
    assert run("""
        import torch
        from genlab._torchvision import load
        torchvision = load()
        assert load() is torchvision
        import torchvision as plain
        assert plain is torchvision
        from torchvision import datasets, models, utils
        from torchvision.transforms import v2
        print(datasets.MNIST.__name__, v2.Resize(4)(torch.zeros(1, 8, 8)).shape[-1],
              utils.make_grid(torch.zeros(4, 1, 2, 2), nrow=2, padding=0).shape[-1])
        """) == ["MNIST", "4", "4"]


def test_the_remedy_works_and_is_needed(fake):
    """Through a half import too: what the failed one left behind is not found again."""
    assert run("""
        import sys
        sys.path.insert(0, sys.argv[1])
        try:
            import torchvision
        except RuntimeError as error:
            print("refused")
        from genlab import _torchvision
        torchvision = _torchvision.load()
        assert torchvision.early is sys.modules["torchvision.early"]
        import torch
        print(torch.ops.torchvision.nms.default._schema.name, len(_torchvision._declared))
        """, fake(MISMATCHED)) == ["refused", "torchvision::nms", "1"]


def test_one_that_fits_and_other_faults_are_left_alone(fake):
    """Three packages in turn; no operator is declared for any."""
    broken = fake('raise RuntimeError("another fault")', "broken")
    missing = fake('raise ImportError("no library")', "missing")
    assert run("""
        import sys
        from genlab import _torchvision
        for folder in sys.argv[1:]:
            sys.path.insert(0, folder)
            try:
                print(_torchvision.load().word)
            except (RuntimeError, ImportError) as error:
                print(error)
        import torch
        print(len(_torchvision._declared), hasattr(torch.ops.torchvision, "nms"))
        """, broken, missing, fake("word = 'fits'")) == "another fault no library fits 0 False".split()
