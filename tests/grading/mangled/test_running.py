"""Honest notebooks that would not run on the grader as they ran at home: other items are not touched."""

import json

import pytest

from tests.grading import mini
from tests.grading.conftest import points

A, S = mini.AFFINE_CELL, mini.SCALE_CELL
PLUS = A.replace("w.sum()", "w.sum() + {}")


def of(record: dict, id: str = "mini-affine") -> str:
    return next(v["message"] for v in record["exercises"] if v["id"] == id)


@pytest.mark.parametrize(("spoilt", "says"), [
    (A.replace("w):", "w:"), "(cell 4, line 2) is not Python: '(' was never closed."),
    (A.replace("    return", "  \treturn 1\n    return"), "is not Python: "),
    (A.replace("@", "@ @"), "(cell 4, line 3) is not Python: invalid syntax."),
    (A + "\n\0", "is not Python: "),
    (A.replace("    return", "<<<<<<< HEAD\n    return"), "the marks of a merge conflict (<<<<<<<)")])
def test_14_a_syntax_error_costs_its_own_item(graded, spoilt, says):
    record = graded(mini.dump(spoilt, mini.CHECKS[0], S))
    assert points(record) == [0, 2]
    assert says in of(record) and of(record).endswith("Mend it until it runs in your notebook.")
    assert any(w.startswith("Cell 4 is not Python (") for w in record["warnings"])


@pytest.mark.parametrize("text", [A.replace("    ", "\u00a0" * 4), A.replace("x @ w", "x @ {“w”: w}[“w”]")])
def test_14_what_a_word_processor_makes_of_code_is_read_as_it_was_meant(graded, text):
    with pytest.raises(SyntaxError):
        compile(text, "cell", "exec")
    assert points(graded(mini.dump(text, mini.CHECKS[0], S))) == [3, 2]


def test_14_a_syntax_error_elsewhere_costs_nothing(graded):
    record = graded(mini.dump("for for", A, "}", S, "x = = 1"))
    assert points(record) == [3, 2] and len(record["warnings"]) == 3


def test_14_an_older_definition_counts_when_the_newer_is_not_python(graded):
    record = graded(mini.dump(A, "def affine(x, w):\n    return (", S))
    assert points(record) == [3, 2]
    assert any("the definition in cell 4 counts" in warning for warning in record["warnings"])


@pytest.mark.parametrize(("cells", "name", "told"), [
    ((PLUS.format("bias"), "bias = start * 0", S, "start = 1"), "bias", "Cell 5, line 1 needs `start`"),
    (("k = twice(0)", PLUS.format("k"), "def twice(x):\n    return 2 * x", S), "k",
     "Cell 4, line 1 needs `twice`")])
def test_15_hidden_state_is_a_name_error_of_its_item(graded, cells, name, told):
    record = graded(mini.dump(*cells))
    assert points(record) == [0, 2]
    assert f"raised NameError: name '{name}' is not defined" in of(record)
    assert any(w.startswith(told) and "move the definition up" in w for w in record["warnings"])


def test_15_what_a_function_needs_may_stand_below_it(graded):
    record = graded(mini.dump(PLUS.format("zero()"), S, "def zero():\n    return nought", "nought = 0"))
    assert points(record) == [3, 2] and not record["warnings"]


SHELL = [
    "!pip install -q genlab", "%pip install genlab", "!nvidia-smi", "%matplotlib inline",
    "%load_ext autoreload", "!!ls", "files = !ls", "%cd /", "?torch", "torch.nn.Linear??",
    "!pip install \\\n  torch \\\n  numpy", "if True:\n    !pip install x\nelse:\n    %pip install y",
    "%%capture out\nimport math", "%time import math", "%%time\nimport math",
    "%%time\n%%capture\nimport math", "get_ipython().system('ls')", "%config X.y = 'z'",
    "from google.colab import drive\ndrive.mount('/content/drive')", "import google.colab",
    "from google.colab import files\nuploaded = files.upload()", "name = input('Your name: ')\nint(input())",
    "try:\n    import google.colab\n    COLAB = True\nexcept ImportError:\n    COLAB = False",
    "%%bash\nrm -r *", "%%html\n<script>alert(1)</script>", "import os\nos.chdir('/nowhere')"]


@pytest.mark.parametrize("line", [line for line in SHELL if not line.startswith(("%%bash", "%%html"))])
def test_16_what_belongs_to_a_notebook_server_is_neutralised(graded, line):
    assert points(graded(mini.dump(f"{line}\n{A}", S), statement=2)) == [3, 2]


def test_16_and_in_cells_of_their_own(graded):
    record = graded(mini.dump(*SHELL, A, S, *SHELL), statement=2)
    assert points(record) == [3, 2] and not record["warnings"]


def test_16_what_waits_for_somebody_does_not_hang_even_where_it_is_needed(graded):
    record = graded(mini.dump("k = len(input('How many? '))", PLUS.format("k"), S), statement=2)
    assert points(record) == [3, 2] and record["seconds"] < 30


def test_16_what_needs_a_drive_says_so(graded):
    cells = "from google.colab import drive\nk = drive.mount('/content/drive')", PLUS.format("k"), S
    record = graded(mini.dump(*cells))
    assert points(record) == [0, 2] and "name 'k' is not defined" in of(record)
    assert any("No module named 'google" in warning for warning in record["warnings"])


def test_17_training_at_the_top_is_not_run(graded):
    record = graded(mini.dump(A, S, "while True:\n    Scale()(torch.ones(3))"), statement=2)
    assert points(record) == [3, 2] and not record["warnings"]


def test_17_training_that_an_answer_needs_is_stopped_and_told(graded):
    cells = "def train():\n    while True:\n        pass", "k = train()", PLUS.format("k"), S
    record = graded(mini.dump(*cells), statement=1)
    assert points(record) == [0, 2] and "name 'k' is not defined" in of(record)
    assert any(w.startswith("Cell 5, line 1:") and "stopped after 1 s" in w for w in record["warnings"])


@pytest.mark.parametrize("answer", [
    A.replace("x @ w", "x.cuda() @ w.cuda()"), A.replace("x @ w", "x.to('cuda') @ w.to('cuda')"),
    A.replace("x @ w", "x @ w + torch.zeros((), device='cuda')")])
def test_18_cuda_alone_gets_a_clear_message(graded, answer):
    record = graded(mini.dump(answer, S))
    assert points(record) == [0, 2]
    assert "The grader has no GPU: take the device from the tensors that you are given (line" in of(record)


@pytest.mark.parametrize("setting", [
    "device = torch.device('cuda' if torch.cuda.is_available() else 'cpu')", "device = torch.device('cuda')",
    "torch.backends.cudnn.benchmark = True", "torch.set_default_device('cuda')",
    "torch.cuda.manual_seed_all(0)", "model = Scale().cuda()", "assert torch.cuda.is_available()"])
def test_18_cuda_beside_the_answers_costs_nothing(graded, setting):
    assert points(graded(mini.dump(setting, A, S))) == [3, 2]


@pytest.mark.parametrize(("change", "expected"), [
    ("({}).double()", 3), ("({}).contiguous()", 3), ("torch.stack([{0}] * 2, 1)[:, 0]", 3),
    ("torch.nn.Parameter(torch.zeros(5)).double() + {}", 3), ("({}).unsqueeze(1)", 1), ("({}).detach()", 2),
    ("({}).tolist()", 0), ("({}).to(torch.complex64)", 0)])
def test_19_the_form_of_an_answer_is_judged_by_its_exercise(graded, change, expected):
    record = graded(mini.dump(A.replace("x @ w + w.sum()", change.format("x @ w + w.sum()")), S))
    assert points(record) == [expected, 2] and (of(record) != "") == (expected < 3)


@pytest.mark.parametrize("noise", [
    "import warnings; warnings.warn('old')", "import sys; print('careful', file=sys.stderr)",
    "import os; os.write(2, b'careful')", "import logging; logging.warning('careful')", "print('x' * 10**6)",
    "import warnings; warnings.simplefilter('error')"])
def test_20_warnings_cost_nothing(graded, noise):
    cells = noise, A.replace("    return", f"    {noise}\n    return"), S
    record = graded(mini.dump(*cells))
    assert points(record) == [3, 2] and json.dumps(record).count("careful") == 0
