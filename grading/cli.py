"""The command `genlab`.

Each subcommand lives in a module of its own, which is imported when that command is called, so that
`genlab --help` answers at once and no command pays for what another one needs.
"""

from importlib import import_module

import genlab

try:
    import click
    from click.shell_completion import CompletionItem
except ModuleNotFoundError as error:
    raise SystemExit("genlab needs click, which is in an extra: pip install 'genlab[grading]'") from error

COMMANDS = {
    "build": "grading.build.command:build",
    "blackboard": "grading.report.gradebooks:blackboard",
    "brightspace": "grading.report.gradebooks:brightspace",
    "canvas": "grading.report.canvas:canvas",
    "doctor": "grading.students.doctor:doctor",
    "executed": "grading.report.executed:executed",
    "grade": "grading.report.command:grade",
    "gradescope": "grading.report.autograder:gradescope",
    "moodle": "grading.report.moodle:moodle",
    "override": "grading.report.by_hand:override",
    "progress": "grading.students.command:progress",
    "quality": "grading.audit.quality:quality",
    "regrade": "grading.report.regrade:regrade",
    "reset": "grading.build.reset:reset",
    "release": "grading.build.release:release",
    "similarity": "grading.report.similarity_report:similarity",
    "speedrun": "grading.speedrun.command:speedrun",
    "start": "grading.students.start:start",
    "statistics": "grading.report.statistics:statistics",
    "table": "grading.audit.table:table",
}
SUMMARIES = {
    "blackboard": "Fill marks into a gradebook that Blackboard exported.",
    "brightspace": "Fill marks into a gradebook that Brightspace exported.",
    "build": "Make notebooks from lessons, or check that they are up to date.",
    "canvas": "Fill marks into a gradebook that Canvas exported.",
    "doctor": "Say what of this machine fits, and what to do about the rest.",
    "executed": "Keep copies of submissions with the outputs of a run.",
    "grade": "Mark a folder of submissions.",
    "gradescope": "Build an autograder for Gradescope.",
    "moodle": "Fill marks into a grading worksheet that Moodle exported.",
    "override": "Set points or say something by hand.",
    "progress": "Say how far a student is, what comes next, and the fast track.",
    "quality": "Measure how good the checks are.",
    "regrade": "Mark one exercise again after its check was mended.",
    "reset": "Put an exercise back to its stub, and keep the old notebook.",
    "release": "Collect what students of a lesson receive.",
    "similarity": "Compare answers with each other and with the published solution.",
    "speedrun": "Race: the best digits after a hundred CPU-seconds, in the sandbox.",
    "start": "Copy a lesson into a folder to work in.",
    "statistics": "Say what a class found hard and which mistakes it made.",
    "table": "Train the lessons' models over seeds and keep what they measure.",
}


class LazyGroup(click.Group):
    """A group that knows its commands by name only, until one is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module, function = COMMANDS[cmd_name].split(":")
        try:
            return getattr(import_module(module), function)
        except ModuleNotFoundError as error:
            raise click.ClickException(_missing(cmd_name, module, error)) from error

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """What a shell offers after Tab: click itself would import every command for its summary."""
        names = [name for name in self.list_commands(ctx) if name.startswith(incomplete)]
        return [CompletionItem(name, help=SUMMARIES[name]) for name in names] + \
            click.Command.shell_complete(self, ctx, incomplete)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The list in `--help`, without importing the commands."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, SUMMARIES[name]) for name in self.list_commands(ctx)])


def _missing(name: str, module: str, error: ModuleNotFoundError) -> str:
    if error.name and module.startswith(error.name):
        return f"this version of genlab has no command '{name}' yet"
    return f"`genlab {name}` needs the package {error.name}: pip install 'genlab[grading]'"


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(genlab.__version__, prog_name="genlab")
def main() -> None:
    """Build the course's lessons, mark what students hand in, and measure both."""
