"""The study's widget, driven as the page drives it: buttons, keys, and nothing that tells a name."""

import html
import sys

import ipywidgets
import pytest
import torch

from genlab.display import study_widget
from genlab.display.keys import SCRIPT, _listener
from genlab.metrics import Study, read_choices

KEYS = {"ArrowLeft": "left", "1": "left", "ArrowRight": "right", "2": "right", "u": "undo"}


@pytest.fixture
def study(tmp_path):
    return new_study(tmp_path)


def new_study(folder, **options):
    ramp = torch.linspace(0, 1, 64).view(1, 1, 8, 8)
    sets = {"secret-a": ramp.repeat(4, 1, 1, 1), "secret-b": 1 - ramp.repeat(4, 1, 1, 1)}
    return Study(sets, folder / "answers.jsonl", trials=4, rng=torch.Generator().manual_seed(2), **options)


def press(page, key, stage=None):
    """What the script in the page sends for a key: what it does, and what was on the page."""
    keys = page._keys
    stage = keys.stage if stage is None else stage
    keys._handle_custom_msg({"name": keys.bindings[key], "stage": stage}, [])


def everything(widget):
    """All that reaches the page: every trait of every widget below."""
    state = [repr({k: v for k, v in widget.get_state().items() if not k.startswith("_")})]
    children = getattr(widget, "children", ())
    return "".join(state + [everything(child) for child in children])


def chosen(study):
    return [choice.choice for choice in read_choices(study._file.path)]


def test_buttons_answer_and_new_pictures_come(study):
    page = study_widget(study, pause=0)
    before = [picture.value for picture in page.pictures]
    page.right.click()
    after = [picture.value.replace("right", "left") for picture in page.pictures]
    assert after == [before[1].replace("right", "left"), before[0]]  # the second trial turns the sides
    page.left.click()
    assert chosen(study) == ["right", "left"] and study.answered == page.progress.value == 2
    assert "Trial 3 of 4" in page.status.value


@pytest.mark.parametrize(("key", "side"), [item for item in KEYS.items() if item[1] != "undo"])
def test_keys_answer(study, key, side):
    page = study_widget(study, pause=0)
    press(page, key)
    assert chosen(study) == [side]


def test_undo_by_key_and_by_button(study):
    page = study_widget(study, pause=0)
    assert page.back.disabled
    press(page, "1")
    press(page, "1")
    press(page, "u")
    assert study.answered == 1 and not page.back.disabled
    page.back.click()
    assert study.answered == 0 and page.back.disabled and "Trial 1 of 4" in page.status.value
    press(page, "u")
    assert study.answered == 0


def test_a_key_meant_for_the_pictures_before_is_dropped(study):
    page = study_widget(study, pause=0)
    stage = page._keys.stage
    press(page, "1", stage)
    press(page, "1", stage)
    assert study.answered == 1


def test_a_double_click_answers_once(study):
    page = study_widget(study, pause=60)
    page.left.click()
    press(page, "1")
    assert study.answered == 0
    page._since -= 61
    page.left.click()
    page.left.click()
    assert study.answered == 1


def test_nothing_on_the_page_tells_a_name_before_the_end(study):
    page = study_widget(study, pause=0)
    for _ in range(4):
        assert "secret" not in everything(page.widget)
        page.finish()  # not before the end
        page.left.click()
    assert "secret" not in everything(page.widget) and page.left.disabled and page.right.disabled
    page.end.click()
    assert "secret-a over secret-b" in html.unescape(page.outcome.value)
    assert page.back.disabled
    page.undo()
    assert study.done


def test_results_can_be_asked_for_only_at_the_end(study):
    page = study_widget(study, pause=0)
    for _ in range(4):
        assert page.end.layout.display == "none"
        press(page, "2")
    assert page.end.layout.display == ""
    page.undo()
    assert page.end.layout.display == "none" and not page.left.disabled and page.pictures[0].value


def test_a_new_page_goes_on(tmp_path):
    study_widget(new_study(tmp_path), pause=0).left.click()
    page = study_widget(new_study(tmp_path), pause=0)
    assert page.progress.value == 1 and "Trial 2 of 4" in page.status.value


def test_pictures_have_neutral_descriptions(study):
    page = study_widget(study)
    assert ['alt="Picture on the left"' in page.pictures[0].value,
            'alt="Picture on the right"' in page.pictures[1].value] == [True, True]
    assert 'role="status"' in page.status.value and page.left.tooltip and page.right.tooltip


def test_an_answer_that_cannot_be_saved_is_no_answer(tmp_path):
    study, other = new_study(tmp_path), new_study(tmp_path)
    page = study_widget(study, pause=0)
    other.next()
    other.answer("left")
    before = page.pictures[0].value
    page.left.click()
    assert "Not saved" in page.status.value and 'role="alert"' in page.status.value
    assert page.pictures[0].value == before and page.progress.value == 0


def test_the_question_is_shown_as_text(tmp_path):
    page = study_widget(new_study(tmp_path, question="<b>Which?</b>"))
    assert "&lt;b&gt;Which?&lt;/b&gt;" in everything(page.widget)


def test_without_anywidget_the_buttons_remain(study, monkeypatch):
    _listener.cache_clear()
    monkeypatch.setitem(sys.modules, "anywidget", None)
    try:
        page = study_widget(study, pause=0)
    finally:
        _listener.cache_clear()
    assert page._keys is None and "Tab goes" in everything(page.widget)
    page.left.click()
    assert chosen(study) == ["left"]
    assert not any(isinstance(w, ipywidgets.DOMWidget) and "anywidget" in w._model_module
                   for w in page.widget.children)


def test_the_script_is_packaged_and_reads_what_python_sends(study):
    page = study_widget(study)
    script = SCRIPT.read_text(encoding="utf-8")
    assert all(f'model.get("{name}")' in script for name in ("bindings", "stage", "around", "hint"))
    assert page._keys.bindings.items() >= KEYS.items()
    assert page._keys.around in page.widget._dom_classes
