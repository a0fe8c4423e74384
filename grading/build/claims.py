"""Claims: sentences about outcomes, bound to the values that a run has measured.

A cell tagged `claim` holds assertions and nothing else. It runs where the solved notebook is executed at
`cpu`, in place, after the cells that it speaks about; one that fails fails the build. Neither notebook shows
it: a student's run on another machine or with another seed may well differ.
"""

import ast

from nbformat import NotebookNode

from grading.build.source import BuildError, digest

TAG = "claim"


def is_claim(cell: NotebookNode) -> bool:
    """Whether a cell is there for the build alone."""
    return TAG in cell.metadata.get("tags", [])


def without_claims(nb: NotebookNode) -> NotebookNode:
    """The notebook, in place, without its claims."""
    nb.cells = [cell for cell in nb.cells if not is_claim(cell)]
    return nb


def claims_digest(nb: NotebookNode) -> str | None:
    """What a solved notebook records of its lesson's claims; None where there are none."""
    claims = [cell.source for cell in nb.cells if is_claim(cell)]
    return digest("\n".join(claims)) if claims else None


def check_claims(nb: NotebookNode) -> None:
    """Raise where a claim does more than assert: whatever it did would be missing in the notebooks."""
    for cell in filter(is_claim, nb.cells):
        first = cell.source.strip().split("\n")[0]
        try:
            body = ast.parse(cell.source).body
        except SyntaxError as error:
            raise BuildError(f"the claim `{first}` is not Python: {error}") from error
        defines = any(isinstance(node, ast.NamedExpr) for node in ast.walk(ast.Module(body, [])))
        asserts = cell.cell_type == "code" and body and all(isinstance(s, ast.Assert) for s in body)
        if defines or not asserts:
            raise BuildError(f"the claim `{first}` must consist of assertions and nothing else: "
                             "what it defined would be missing in the notebooks")
