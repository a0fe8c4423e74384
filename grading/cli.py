"""The command `genlab`.

Each subcommand lives in a module of its own, which is imported when that command is called, so that
`genlab --help` answers at once and no command pays for what another one needs.
"""

from importlib import import_module

try:
    import click
except ModuleNotFoundError as error:
    raise SystemExit("genlab needs click, which is in an extra: pip install 'genlab[grading]'") from error

COMMANDS = {
    "build": "grading.build:build",
    "canvas": "grading.report.canvas:canvas",
    "executed": "grading.report.executed:executed",
    "grade": "grading.report.command:grade",
    "gradescope": "grading.report.autograder:gradescope",
    "moodle": "grading.report.moodle:moodle",
    "override": "grading.report.by_hand:override",
    "quality": "grading.quality:quality",
    "regrade": "grading.report.regrade:regrade",
    "release": "grading.release:release",
    "similarity": "grading.report.similarity_report:similarity",
    "statistics": "grading.report.statistics:statistics",
    "table": "grading.table:table",
}
SUMMARIES = {
    "build": "Make notebooks from lessons, or check that they are up to date.",
    "canvas": "Fill marks into a gradebook that Canvas exported.",
    "executed": "Keep copies of submissions with the outputs of a run.",
    "grade": "Mark a folder of submissions.",
    "gradescope": "Build an autograder for Gradescope.",
    "moodle": "Fill marks into a grading worksheet that Moodle exported.",
    "override": "Set points or say something by hand.",
    "quality": "Measure how good the checks are.",
    "regrade": "Mark one exercise again after its check was mended.",
    "release": "Collect what students of a lesson receive.",
    "similarity": "Compare answers with each other and with the published solution.",
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

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The list in `--help`, without importing the commands."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, SUMMARIES[name]) for name in self.list_commands(ctx)])


def _missing(name: str, module: str, error: ModuleNotFoundError) -> str:
    if error.name and module.startswith(error.name):
        return f"this version of genlab has no command '{name}' yet"
    return f"`genlab {name}` needs the package {error.name}: pip install 'genlab[grading]'"


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="genlab")
def main() -> None:
    """Build the course's lessons, mark what students hand in, and measure both."""
