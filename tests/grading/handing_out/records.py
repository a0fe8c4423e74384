"""Records of every kind, as the grader keeps them."""

HINTS = ("What is the bound made of?", "log p(x|z) - KL(q(z|x) ‖ p(z)).",
         "Each summed:\nover its own dimensions.")
HOSTILE = {
    "script": "<script>document.title='ran'</script>",
    "image": '<img src="http://127.0.0.1:9/x.png" onerror="document.title=\'ran\'">',
    "attribute": "\" onmouseover=\"document.title='ran'\" x=\"",
    "single": "' autofocus onfocus='document.title=1' '",
    "link": "javascript:document.title='ran'",
    "template": "{{ 7 * 191 }}{% for x in page %}{{ x }}{% endfor %}${7*191}<%= 7*191 %>",
    "closing": "</style></title></p></section><script>document.title='ran'</script><style>@import 'http://127.0.0.1:9/';",
    "comment": "--><svg onload=document.title='ran'><!--",
    "frame": "<iframe srcdoc=\"<script>parent.document.title='ran'</script>\"></iframe>",
    "refresh": '<meta http-equiv="refresh" content="0;url=http://127.0.0.1:9/">',
    "base": '<base href="http://127.0.0.1:9/"><link rel=stylesheet href=x.css>',
    "code": "`<script>document.title='ran'</script>` `` ` `a`b`c",
    "direction": "ab\u202etxt.exe\u2066\u200f",
    "nul": "a\0b\x1b[31m\x07\x85\u2028\ufeff",
    "broken": "\ud800 half a pair",
    "huge": "x" * 200_000,
    "wide": "́" * 5000,
}


def item(says="The bound of each image, in nats.", points=1, out_of=1, passed=True) -> dict:
    return {"says": says, "points": points, "out_of": out_of, "passed": passed}


def verdict(id="vae-elbo", status="right", points=3, out_of=3, message="", items=(), hints=(),
            **more) -> dict:
    passed = None if status in ("not started", "fault") else status == "right"
    return {"id": id, "passed": passed, "points": points, "out_of": out_of, "message": message,
            "status": status, "hints": list(hints), "items": list(items), "mistake": "", **more}


WRONG = verdict(status="wrong", points=2, message="You add the KL; the bound subtracts it.", hints=HINTS,
                items=[item(points=0, passed=False), item("The likelihood.", 1, 1), item("The KL.", 1, 1)])


def record(student="ada", **changes) -> dict:
    """A graded record of two exercises: 5 of 6 points."""
    return {"format": 2, "student": student, "file": f"{student}.ipynb", "fingerprint": "0" * 64,
            "content": "1" * 64, "lesson": "10_vae", "assignment": None, "status": "graded", "message": "",
            "points": 5, "out_of": 6, "exercises": [verdict("vae-bug"), WRONG],
            "warnings": ["`elbo` is defined in the cells 4, 9: the last one counts."], "flags": [],
            "isolation": "namespaces", "walls": ["no network", "no files"], "genlab": "0.1.0", "seconds": 0.2,
            "attempt": None, "submitted": None, "override": None, **changes}


UNGRADABLE = record("bob", status="ungradable", points=None, out_of=None, exercises=[], warnings=[],
                    message="The file is not JSON: cut off, or not a notebook.")
FAULT = record("cid", status="not graded", points=None, exercises=[
    verdict("vae-bug", "fault", None, message="Could not be graded: a fault of the grader (OSError).")],
    message="Could not be graded: a fault of the grader (OSError).")


def by_hand(points=None, comment="", by="Dr Bo", exercises=None) -> dict:
    """An override of the whole, and of exercises."""
    override = {"points": points, "comment": comment, "by": by}
    return override if exercises is None else override | {"exercises": exercises}


KINDS = {
    "graded": record(), "ungradable": UNGRADABLE, "not graded": FAULT,
    "assignment": record(assignment="Homework 1", attempt=2, submitted="2026-11-20T14:05:00+01:00"),
    "flags": record(flags=["vae-elbo: called genlab.models.vae.elbo, caught"]),
    "no isolation": record(isolation="none", walls=[]),
    "override": record(override=by_hand(4.5, "Late by a day.", exercises={"vae-bug": by_hand(1, "A slip.")})),
    "comment": record(override=by_hand(comment="Well done.", exercises={})),
    "nothing done": record(points=0, exercises=[
        verdict("vae-bug", "not started", 0, message="Not started."),
        verdict(status="error", points=0, message="Your code raised ValueError.")]),
}


def hostile(text: str) -> dict:
    """A record with this text wherever a student, a file or a careless instructor might put it."""
    wrong = verdict(text, "wrong", 0, message=text, hints=[text], items=[item(text), item(text, passed=None)])
    override = by_hand(1, text, text, {text: by_hand(1, text, text)})
    return record(text, file=text, message=text, exercises=[wrong, wrong], warnings=[text], genlab=text,
                  assignment=text, submitted=text, override=override)
