"""Mechanical edits of a right answer: what a slip of the pen would make of it.

Each mutant changes one place: an operator, a constant, a dropped term, swapped arguments, another
function. A check that accepts one is too lenient, unless the mutant computes the same.
"""

import ast
import copy
from collections.abc import Iterator
from dataclasses import dataclass

OPERATORS = {ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult, ast.Pow: ast.Mult,
             ast.MatMult: ast.Mult, ast.FloorDiv: ast.Div, ast.Mod: ast.Mult}
COMPARISONS = {ast.Lt: [ast.LtE, ast.Gt], ast.LtE: [ast.Lt, ast.GtE], ast.Gt: [ast.GtE, ast.Lt],
               ast.GtE: [ast.Gt, ast.LtE], ast.Eq: [ast.NotEq], ast.NotEq: [ast.Eq]}
FUNCTIONS = {
    "sum": "mean", "mean": "sum", "exp": "abs", "log": "abs", "sin": "cos", "cos": "sin", "max": "min",
    "min": "max", "var": "std", "std": "var", "sqrt": "square", "square": "abs", "cat": "stack",
    "logsumexp": "sum", "randn_like": "rand_like", "randn": "rand", "softplus": "relu",
    "clamp_min": "clamp_max", "minimum": "maximum", "maximum": "minimum", "clamp": "abs",
    "log_softmax": "softmax", "sigmoid": "tanh", "argmax": "argmin",
}
SYMMETRIC = {"max", "min", "maximum", "minimum", "logaddexp", "hypot"}  # swapped arguments change nothing
GUARD = "strict"  # of zip: it notices other mistakes, and changes nothing where there are none
MODULES = ("torch", "F", "math", "nn", "self")


@dataclass(frozen=True)
class Mutant:
    """The edited source and what was edited: `statement: old → new`."""

    source: str
    edit: str


def mutants(source: str) -> Iterator[Mutant]:
    """Every single edit of the functions in `source`, without repeats."""
    tree = ast.parse(source)
    seen = {ast.unparse(tree)}
    lines = source.splitlines()
    guards = [n.value for n in ast.walk(tree) if isinstance(n, ast.keyword) and n.arg == GUARD]
    for index, node in enumerate(ast.walk(tree)):
        for new in _edits(node, tree) if node not in guards else ():
            text = _replaced(tree, index, new)
            if text is not None and text not in seen:
                seen.add(text)
                after = ast.unparse(new) if new is not None else "nothing"
                yield Mutant(text, f"{lines[node.lineno - 1].strip()}: {ast.unparse(node)} → {after}")


def _replaced(tree: ast.AST, index: int, new: ast.AST | None) -> str | None:
    """The source with the node number `index` of a walk replaced; None where that is no program."""
    other = copy.deepcopy(tree)
    target = list(ast.walk(other))[index]

    class Swap(ast.NodeTransformer):
        def visit(self, node):
            if node is target:
                return new if new is not None else ast.Pass()
            return self.generic_visit(node)

    try:
        text = ast.unparse(ast.fix_missing_locations(Swap().visit(other)))
        compile(text, "<mutant>", "exec")
    except (SyntaxError, ValueError, TypeError):
        return None
    return text


def _edits(node: ast.AST, tree: ast.AST) -> Iterator[ast.AST | None]:
    if isinstance(node, ast.BinOp):
        yield from _binary(node)
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        yield node.operand
    elif isinstance(node, ast.Compare) and len(node.ops) == 1:
        for op in COMPARISONS.get(type(node.ops[0]), []):
            yield ast.Compare(node.left, [op()], node.comparators)
    elif isinstance(node, ast.Constant):
        yield from _constant(node)
    elif isinstance(node, ast.Call):
        yield from _call(node)
    elif isinstance(node, ast.Tuple) and isinstance(node.ctx, ast.Load) and len(node.elts) >= 2:
        yield ast.Tuple([node.elts[1], node.elts[0], *node.elts[2:]], ast.Load())
    elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
        yield from _names(node, tree)
    elif isinstance(node, (ast.Expr, ast.AugAssign)) and not _docstring(node):
        yield None  # the statement is left out


def _binary(node: ast.BinOp) -> Iterator[ast.AST]:
    if type(node.op) in OPERATORS:
        yield ast.BinOp(node.left, OPERATORS[type(node.op)](), node.right)
    if isinstance(node.op, (ast.Add, ast.Sub, ast.Mult, ast.Div, ast.Pow)):
        yield node.left
        yield ast.UnaryOp(ast.USub(), node.right) if isinstance(node.op, ast.Sub) else node.right
    if isinstance(node.op, (ast.Sub, ast.Div)):
        yield ast.BinOp(node.right, node.op, node.left)


def _constant(node: ast.Constant) -> Iterator[ast.AST]:
    value = node.value
    if isinstance(value, bool):
        yield ast.Constant(not value)
    elif isinstance(value, (int, float)):
        for new in (value + 1, value * 2, -value, 0, value / 2 if isinstance(value, float) else value - 1):
            if new != value:
                yield ast.Constant(new)
    elif value in ("none", "sum", "mean"):
        for new in sorted({"none", "sum", "mean"} - {value}):
            yield ast.Constant(new)


def _call(node: ast.Call) -> Iterator[ast.AST]:
    function = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
    swaps = len(node.args) > 2 or (len(node.args) == 2 and function not in SYMMETRIC)
    if swaps and not any(isinstance(a, ast.Starred) for a in node.args):
        yield ast.Call(node.func, [node.args[1], node.args[0], *node.args[2:]], node.keywords)
    for i, keyword in enumerate(node.keywords):
        if keyword.arg == GUARD:
            continue
        yield ast.Call(node.func, node.args, node.keywords[:i] + node.keywords[i + 1:])
    if isinstance(node.func, ast.Attribute):
        if node.func.attr in FUNCTIONS:
            func = ast.Attribute(node.func.value, FUNCTIONS[node.func.attr], ast.Load())
            yield ast.Call(func, node.args, node.keywords)
        if isinstance(node.func.value, ast.Name) and node.func.value.id in MODULES:
            if node.args:
                yield node.args[0]
        else:
            yield node.func.value  # the method is left out


def _names(node: ast.Name, tree: ast.AST) -> Iterator[ast.AST]:
    """A parameter taken for the next parameter of the same function."""
    for function in ast.walk(tree):
        if isinstance(function, ast.FunctionDef) and any(node is inner for inner in ast.walk(function)):
            names = [a.arg for a in function.args.args if a.arg != "self"]
            if node.id in names and len(names) > 1:
                yield ast.Name(names[(names.index(node.id) + 1) % len(names)], ast.Load())


def _docstring(node: ast.AST) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
