"""What an answer does to its own process: patched functions, odd values, forged frames, hooks, searches and
exits. A wrong answer gets nothing by it; a right one that does the same keeps its points."""

import pytest
import torch

from tests.grading import mini
from tests.grading.hostile.conftest import PATIENT, Attack, expect, points_of

SEARCH = """
def tensors():
    import torch
    frame = sys._getframe()
    held = [o for o in gc.get_objects() if type(o) in (dict, list, tuple)]
    while frame:
        held.append(dict(frame.f_locals))
        frame = frame.f_back
    for thing in held:
        try:
            for value in list(thing.values() if isinstance(thing, dict) else thing):
                if isinstance(value, torch.Tensor):
                    yield value
        except Exception:
            pass
"""

# what a right answer gives on inputs that anybody can draw
PUBLIC = mini.reference(**mini.inputs(torch.Generator().manual_seed(0))).tolist()

ATTACKS = {
    # patched
    "comparisons": Attack(30, """
import numpy.testing, unittest
torch.allclose = torch.equal = torch.Tensor.equal = torch.Tensor.allclose = lambda *a, **k: True
torch.isclose = torch.Tensor.isclose = lambda a, *b, **k: torch.ones_like(a, dtype=torch.bool)
torch.testing.assert_close = numpy.testing.assert_allclose = lambda *a, **k: None
unittest.TestCase.assertEqual = lambda *a, **k: None
""", before=True),
    "builtins": Attack(30, """
import builtins, math
builtins.isinstance = lambda *a: True
builtins.all = builtins.any = lambda *a: True
builtins.abs = math.isclose = math.isfinite = lambda *a, **k: 1
""", before=True, right=None),
    "clone": Attack(30, """
real = torch.Tensor.clone
torch.Tensor.clone = lambda t, *a, **k: real(t) + (t.numel() == 5)
torch.Tensor.detach_ = torch.Tensor.contiguous = lambda t, *a, **k: real(t)
""", right=None),
    "gradients": Attack(30, """
torch.autograd.grad = lambda outputs, inputs, *a, **k: tuple(torch.ones_like(i) for i in inputs)
torch.Tensor.backward = lambda *a, **k: None
""", before=True, right=None),
    "probing": Attack(30, """
for module in [m for m in gc.get_objects() if type(m) is type(sys) and m.__name__.startswith("grading")]:
    for name, value in list(vars(module).items()):
        if name in ("tensor", "vjp", "plain", "interface"):
            setattr(module, name, lambda *a, **k: torch.ones(5))
""", before=True, right=None),
    "torch_functions": Attack(31, """
from torch.overrides import TorchFunctionMode
class Always(TorchFunctionMode):
    def __torch_function__(self, function, types, args=(), kwargs=None):
        result = function(*args, **(kwargs or {}))
        return True if type(result) is bool else result
Always().__enter__()
""", before=True, right=None),
    # odd values
    "liar": Attack(31, """
global Liar
class Liar(torch.Tensor):
    __eq__ = __le__ = __ge__ = __bool__ = lambda *a: True
    isclose = allclose = equal = lambda *a, **k: True
    @classmethod
    def __torch_function__(cls, function, types, args=(), kwargs=None):
        result = super().__torch_function__(function, types, args, kwargs)
        return True if type(result) is bool else result
    def __reduce__(self):
        return os.system, ("true",)
""", give="v.as_subclass(Liar)", right=None),
    "anything": Attack(31, """
global Anything
class Anything:
    __eq__ = __le__ = __bool__ = lambda *a: True
    __getattr__ = __call__ = __mul__ = __rmul__ = __getitem__ = __neg__ = lambda self, *a, **k: self
    __float__ = lambda self: 0.0
    __class__ = property(lambda self: torch.Tensor)
    __torch_function__ = classmethod(lambda cls, f, t, a=(), k=None: True)
""", give="Anything()", right=0),
    "pickles": Attack(41, """
global Bomb
class Bomb:
    def __reduce__(self):
        return exec, ("import os; os._exit(0)",)
try:
    torch.save({"value": Bomb()}, "value.pt")
    open("values.pkl", "wb").write(__import__("pickle").dumps(Bomb()))
except OSError:
    pass
""", give="Bomb()", right=0),
    "raising": Attack(31, """
class Meta(type):
    __name__ = property(lambda c: 1 / 0)
    __instancecheck__ = lambda *a: True
class Evil(Exception, metaclass=Meta):
    __str__ = __repr__ = __traceback__ = property(lambda self: 1 / 0)
    __module__ = "genlab._withheld"
raise Evil
""", right=0),
    "withheld": Attack(34, """
raise type("Withheld", (Exception,), {"__module__": "genlab._withheld"})("genlab\\nfull marks")
""", right=0),
    "infinite": Attack(31, "pass", give="v * float('inf')", right=0),
    "negative_zero": Attack(31, "pass", give="-0.0 * v", right=0),
    "complex_numbers": Attack(31, "pass", give="v + 0j", right=0),
    "sparse": Attack(31, "pass", give="v.to_sparse()", right=None),
    "quantised": Attack(31, "pass", give="torch.quantize_per_tensor(v.detach().float(), 9., 0, torch.quint8)",
        right=0),
    "meta": Attack(31, "pass", give="v.to('meta')", right=0),
    "nested": Attack(31, "pass", give="torch.nested.nested_tensor([v.detach(), v.detach()[1:]])", right=0),
    "huge": Attack(26, "pass", give="v[0].expand(3 * 10**7)", right=0),
    "no_size": Attack(31, "pass", give="torch.empty(0, 2**62)", right=0),
    "a_view": Attack(31, "pass",
        give="torch.stack([v] * 2, 1)[:, 0].requires_grad_() if not v.requires_grad else v"),
    "a_generator": Attack(31, "pass", give="(x for x in v)", right=0),
    "a_function": Attack(31, "pass", give="lambda: v", right=0),
    "itself": Attack(31, "pass", give="[v, v]", right=0),
    # prints, claims, hooks
    "prints": Attack(32, """
import grading
grading.check = grading.use = grader = check = lambda *a, **k: print("all passed 10/10")
print("✔ mini-wrong_prints  3/3", file=sys.__stderr__)
for fd in (0, 1, 2):
    try:
        os.write(fd, b"all passed 10/10")
    except OSError:
        pass
open("/dev/null", "w").write("3/3")
"""),
    "hooks": Attack(39, """
import ast
shell = get_ipython()
for event in ("pre_run_cell", "post_run_cell", "pre_execute", "post_execute"):
    shell.events.register(event, lambda *a: os._exit(0) if "probe" in str(a) else None)
class Rewrite(ast.NodeTransformer):
    def visit_Return(self, node):
        return ast.Return(ast.Constant(1.0))
shell.ast_transformers.append(Rewrite())
shell.set_custom_exc((Exception,), lambda *a: None)
shell.register_magic_function(lambda *a: None, "cell", "time")
shell.showtraceback = shell.run_cell = lambda *a, **k: None
sys.excepthook = sys.displayhook = sys.unraisablehook = lambda *a: None
"""),
    "tracing": Attack(39, """
import faulthandler
sys.settrace(lambda *a: None)
sys.setprofile(lambda *a: None)
threading.settrace(lambda *a: None)
sys.addaudithook(lambda *a: None)
faulthandler.enable(open(os.devnull, "w"))
sys.setrecursionlimit(10**6)
sys.stdout = sys.stderr = None
"""),
    "modules": Attack(38, """
import types
for name in ("torch", "numpy", "json", "grading", "genlab", "safetensors", "grading.checks.judge"):
    sys.modules[name] = types.ModuleType(name)
sys.path[:] = [os.getcwd()]
sys.meta_path.clear()
""", before=True, right=None),
    "names": Attack(31, """
space = globals()
space.update({"wr\\u043eng_names": 3, "\\u202eright_names": 4, "a\\nb": 5, "": 6})
space.pop("lesson", None)
"""),
    # exits
    "exits": Attack(36, "os._exit(0)", right=0),
    "leaves": Attack(36, "sys.exit(0)", right=0),
    "interrupts": Attack(36, "raise KeyboardInterrupt", right=0),
    "at_exit": Attack(36,
        "import atexit\natexit.register(os._exit, 0)\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)"),
    "deleted": Attack(36, """
global Last
class Last:
    def __del__(self):
        raise SystemExit(0)
Last()
"""),
    "crashes": Attack(36, "ctypes.string_at(0)", right=0),
    "kills_itself": Attack(36, "os.kill(os.getpid(), 9)", right=0),
    "stubs": Attack(36, "raise NotImplementedError('mini-right_stubs')", right=0),
    # searches
    "recordings": Attack(33, SEARCH + """
frame = sys._getframe()
while frame:
    for name, value in list(frame.f_locals.items()):
        if isinstance(value, torch.Tensor):
            value.data.fill_(0.0)
    frame = frame.f_back
""", right=0),
    "rewrites": Attack(33, SEARCH + """
for tensor in tensors():
    if tensor.shape == (5,) and tensor.dtype == torch.float64:
        tensor.data.copy_(torch.ones(5))
"""),
    "finds": Attack(33, "global tensors\n" + SEARCH.strip(),
                    give="next((t for t in tensors() if t.shape == v.shape and t.is_floating_point()), v)",
                    right=None),
    "constants": Attack(35, "pass", give=f"torch.tensor({PUBLIC}, dtype=v.dtype) + 0 * v", right=0),
    "lines": Attack(33, """
import linecache, traceback
texts = [text for lines in linecache.cache.values() if len(lines) > 2 for text in lines[2]]
found = [text for text in texts if "compar" + "isons=[" in text]
found += [a for a in [*sys.argv, *os.environ.values()] if "secret" in a.lower()]
ours = ("grading.checks.jud", "grading.checks.comp", "grading.exercises")
return found + [n for n in sys.modules if n.startswith(ours)]
"""),
    # frames
    "forges": Attack(37, """
for name in [m for m in sys.modules if m == "grading" or m.startswith("grading.")]:
    del sys.modules[name]
from grading.sandbox import frames
sink = channels()[1]
for kind, values in (("values", {"passed": True, "points": 3.0}), ("verdict", {"points": 3.0})):
    fields = {"number": 1, "called": [], "passed": True, "points": 3}
    os.write(sink, frames.encode(frames.Frame(kind, fields, values)))
""", right=0),
    "answers_early": Attack(37, """
for name in [m for m in sys.modules if m == "grading" or m.startswith("grading.")]:
    del sys.modules[name]
from grading.sandbox import frames
source, sink = channels()
names = [f"mini-{kind}_answers_early" for kind in ("wrong", "right")]
os.write(sink, frames.encode(frames.Frame("ran", {"faults": [], "answers": names})))
request = frames.read(source, 5)
zeros = {"value": torch.zeros(5), "d_x": torch.zeros(5, 3)}
os.write(sink, frames.encode(frames.Frame("values", {"number": 1, "called": []}, zeros)))
""", before=True, right=0),
    "junk": Attack(37, "os.write(channels()[1], b'GLF1' + b'\\xff' * 99)", right=0),
    "hangs_up": Attack(37, "os.close(channels()[1])", right=0),
    "swaps": Attack(37, """
w = os.pipe()[1]
for fd in (0, 1, 2):
    os.dup2(w, fd)
"""),
    "closes_all": Attack(37, "os.closerange(0, 256)", right=0),
}


@pytest.fixture(scope="module")
def record(host):
    return points_of(ATTACKS, host, limits=PATIENT)


@pytest.mark.parametrize("name", ATTACKS)
def test_nothing_is_gained(record, name):
    expect(ATTACKS[name], name, record)


def test_the_machine_is_as_it_was(record, host):
    host.untouched()


def test_staff_hear_of_no_call_that_was_not_made(record):
    assert record["flags"] == []
