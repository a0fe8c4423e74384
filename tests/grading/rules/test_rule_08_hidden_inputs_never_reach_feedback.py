"""Rule 8: hidden inputs and expected values never reach feedback, whatever a wrong answer says."""

import json

import pytest

from grading.checks.judge import generator
from grading.report.feedback import render
from grading.report.grade import seed
from tests.grading import mini
from tests.grading.conftest import SECRET

# Each shows the first hidden input in a way that its own words could.
WAYS = {
    "an error's words": "raise ValueError(secret)",
    "an error's name": "raise type('E' + secret.replace('.', '_').replace('-', 'm'), (Exception,), {})()",
    "what looks like a stub": "raise NotImplementedError(secret)",
    "a missing name": "raise NameError(f\"name 'x{secret}' is not defined\")",
    "a shape": "return torch.zeros(0, int(abs(float(secret)) * 1e12))",
    "text in place of a tensor": "return secret",
    "what is printed": "print(secret); import sys; print(secret, file=sys.stderr); return x",
    "a warning": "import warnings; warnings.warn(secret); return x",
    "the name of a type": "return type('T' + secret.replace('.', '_').replace('-', 'm'), (), {})()",
    "what looks withheld": "E = type('Withheld', (Exception,), {'__module__': 'genlab._withheld'})\n"
                           "    raise E('genlab.' + secret.replace('.', '_').replace('-', 'm'))",
}


@pytest.mark.parametrize("way", WAYS)
def test_no_number_of_the_inputs_is_told(graded, boxed, way):
    source = f"def affine(x, w):\n    secret = repr(x[0, 0].item())\n    {WAYS[way]}"
    record = boxed(source, mini.SCALE_CELL)
    inputs = mini.inputs(generator(seed(SECRET, record["content"], "mini-affine"), "inputs/1"))
    number = repr(inputs["x"][0, 0].item())
    digits = [number, number.lstrip("-"), number.replace(".", "_").replace("-", "m"),
              str(int(abs(float(number)) * 1e12))]
    told = json.dumps(record) + render(record)
    assert record["exercises"][0]["points"] == 0
    for form in digits:
        assert form not in told, f"{way}: {form}"


def test_expected_values_are_not_told_either(boxed):
    record = boxed("def affine(x, w):\n    return x @ w", mini.SCALE_CELL)
    inputs = mini.inputs(generator(seed(SECRET, record["content"], "mini-affine"), "inputs/1"))
    told = json.dumps(record) + render(record)
    for value in mini.reference(**inputs).tolist():
        assert f"{value:.4g}" not in told and repr(value) not in told
    assert "numbers" not in record["exercises"][0]


def test_staffs_flags_are_not_shown_to_students(boxed):
    record = boxed(mini.AFFINE_CELL, mini.SCALE_CELL) | {"flags": ["mini-affine: called genlab.something"]}
    assert "genlab.something" not in render(record)
