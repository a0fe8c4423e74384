"""What a shell offers after `genlab start 1<Tab>`; needs neither torch nor notebooks."""

import click
from click.shell_completion import CompletionItem

from grading.lessons import LESSONS, find_lesson
from grading.titles import TITLES


def lessons(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Names of lessons."""
    return [CompletionItem(lesson.name, help=lesson.title) for lesson in LESSONS.values()
            if lesson.name.startswith(incomplete)]


def exercises(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Exercises of the lesson that was named before."""
    try:
        lesson = find_lesson(ctx.params.get("lesson") or "")
    except KeyError:
        return []
    return [CompletionItem(id, help=TITLES.get(id)) for id in lesson.exercises if id.startswith(incomplete)]
