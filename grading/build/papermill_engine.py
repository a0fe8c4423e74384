"""papermill without a wait: its client, with silent mirrors of Output widgets (see grading.build.execute)."""

from papermill.clientwrap import PapermillNotebookClient
from papermill.engines import NBClientEngine, papermill_engines

from grading.build.execute import SILENT

NAME = "genlab"


class Client(PapermillNotebookClient):
    """papermill's client, in which nothing waits for a widget."""

    def __init__(self, *args, **options):
        super().__init__(*args, **options)
        self.widget_registry = SILENT


class Engine(NBClientEngine):
    """papermill's engine with the client above."""

    @classmethod
    def execute_managed_notebook(cls, nb_man, kernel_name, *, execution_timeout=None, start_timeout=60,
                                 log_output=False, **_):
        return Client(nb_man, kernel_name=kernel_name, timeout=execution_timeout,
                      startup_timeout=start_timeout, log_output=log_output).execute()


def engine() -> str:
    """The name to hand to `papermill.execute_notebook(engine_name=...)`."""
    papermill_engines.register(NAME, Engine)
    return NAME
