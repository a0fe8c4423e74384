"""A notebook in a real JupyterLab in a real browser, driven as a student would.

    with Lab("notebooks/10_vae.ipynb") as lab:
        lab.run_all()
        assert not lab.errors()
        lab.screenshot("lab.png")

The notebook is copied, the server listens on this machine only, on a free port with a random token, and has
settings of its own, so that neither the notebook nor the user's JupyterLab changes.
To look at a notebook by hand: python tests/browser/lab.py notebooks/10_vae.ipynb lab.png
"""

import json
import os
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
ROOT = Path(__file__).resolve().parents[2]
PICTURES = Path(os.environ.get("GENLAB_SCREENSHOTS", ROOT / "build" / "screenshots"))
FLAGS = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-background-networking",
         "--disable-component-update", "--disable-sync", "--disable-quic", "--no-first-run"]
SETTINGS = {
    "@jupyterlab/apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False},
    "@jupyterlab/notebook-extension/tracker": {"windowingMode": "none"},  # all outputs are on the page
}
CELLS = """() => window.jupyterapp.shell.currentWidget.content.widgets
  .filter(cell => cell.model.type === 'code')
  .map(cell => ({source: cell.model.sharedModel.getSource(), count: cell.model.executionCount,
                 outputs: cell.model.outputs.toJSON()}))"""
STATUS = "() => window.jupyterapp.shell.currentWidget?.sessionContext?.session?.kernel?.status"
BYTES = """async image => Array.from(new Uint8Array(await (await fetch(image.src)).arrayBuffer()))"""


class Lab:
    """A running JupyterLab with one notebook open; a context manager.

    Args:
        notebook: path of the notebook, of which a copy is opened.
        environment: variables for the kernel, such as GENLAB_PROFILE.
        seconds: how long to wait for the server, the kernel, and the cells.
    """

    page: Page

    def __init__(self, notebook: str | os.PathLike, *, environment: dict[str, str] | None = None,
                 seconds: float = 300):
        self.notebook, self.environment, self.seconds = Path(notebook), environment or {}, seconds
        self.token, self.port = secrets.token_hex(16), free_port()

    def __enter__(self) -> "Lab":
        self.folder = Path(tempfile.mkdtemp(prefix="lab-"))
        self.server = self.playwright = None
        try:
            self._start_server()
            self._open_page()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_) -> None:
        if self.playwright is not None:
            self.playwright.stop()  # and the browser with it
        if self.server is not None:
            self._stop_server()
        shutil.rmtree(self.folder, ignore_errors=True)

    def run_all(self) -> None:
        """Choose Run > Run All Cells in the menu and wait until the kernel has done them or met an error."""
        self.page.get_by_role("menuitem", name="Run", exact=True).click()
        self.page.get_by_role("menuitem", name="Run All Cells", exact=True).click()
        self._wait(self._finished, "the cells")

    def cells(self) -> list[dict]:
        """Source, execution count and outputs of each code cell."""
        return self.page.evaluate(CELLS)

    def errors(self) -> list[str]:
        """What went wrong: one line per error of a cell and per widget that the browser could not draw."""
        outputs = [output for cell in self.cells() for output in cell["outputs"]]
        broken = self.page.locator(".jp-OutputArea .jupyter-widgets-error-widget").count()
        return [f"{o['ename']}: {o['evalue']}" for o in outputs if o["output_type"] == "error"] + \
            broken * ["a widget could not be drawn"]

    def sliders(self):
        """The handles of all sliders on the page, as elements that take keys."""
        return self.page.locator(".jp-OutputArea .widget-slider [role=slider]")

    def widget_image(self, index: int = 0) -> bytes:
        """The file that an image widget shows now."""
        image = self.page.locator(".jp-OutputArea img.widget-image").nth(index)
        image.wait_for(state="visible", timeout=20_000)
        return bytes(image.evaluate(BYTES))

    def press(self, slider: int, key: str = "ArrowRight", image: int = 0, seconds: float = 20) -> bool:
        """Press a key on a slider: does the image change?"""
        before = self.widget_image(image)
        handle = self.sliders().nth(slider)
        handle.focus()
        handle.press(key)
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if self.widget_image(image) != before:
                return True
            time.sleep(0.1)
        return False

    def screenshot(self, path: str | os.PathLike, selector: str | None = None) -> None:
        """The window, or the first element that a selector finds, as a PNG."""
        if selector is None:
            self.page.screenshot(path=str(path))
        else:
            self.page.locator(selector).first.screenshot(path=str(path))

    def _start_server(self) -> None:
        root, config = self.folder / "work", self.folder / "settings"
        root.mkdir()
        shutil.copy(self.notebook, root / self.notebook.name)
        for name, values in SETTINGS.items():
            file = config / f"{name}.jupyterlab-settings"
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(json.dumps(values))
        places = {f"JUPYTER_{name}_DIR": str(self.folder / name) for name in ("CONFIG", "RUNTIME", "DATA")}
        command = [sys.executable, "-m", "jupyter", "lab", "--no-browser", "--allow-root",
                   "--expose-app-in-browser", "--ip=127.0.0.1", f"--port={self.port}", "--port-retries=0",
                   f"--ServerApp.root_dir={root}", f"--LabApp.user_settings_dir={config}",
                   f"--LabApp.workspaces_dir={self.folder / 'workspaces'}"]
        environment = {**os.environ, **places, "IPYTHONDIR": str(self.folder / "ipython"),
                       "JUPYTER_TOKEN": self.token, "JUPYTER_PREFER_ENV_PATH": "1", **self.environment}
        environment.pop("MPLBACKEND", None)  # a kernel has its own
        self.log = open(self.folder / "server.log", "wb")
        self.server = subprocess.Popen(command, env=environment, stdout=self.log, stderr=subprocess.STDOUT)
        self._wait(self._answers, "the server")

    def _answers(self) -> bool:
        if self.server.poll() is not None:
            raise RuntimeError(f"JupyterLab ended: {(self.folder / 'server.log').read_text()[-2000:]}")
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}/api/status",
                                         headers={"Authorization": f"token {self.token}"})
        direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with direct.open(request, timeout=5) as answer:
                return answer.status == 200
        except OSError:
            return False

    def _open_page(self) -> None:
        self.playwright = sync_playwright().start()
        browser = self.playwright.chromium.launch(executable_path=find_browser(), args=FLAGS)
        self.page = browser.new_page(viewport={"width": 1280, "height": 1400})
        self.page.set_default_timeout(1000 * min(self.seconds, 60))
        address = f"http://127.0.0.1:{self.port}/lab/tree/{self.notebook.name}?reset"
        self.page.goto(f"{address}&token={self.token}")
        self.page.locator(".jp-NotebookPanel .jp-Cell").first.wait_for()
        self._wait(lambda: self.page.evaluate(STATUS) == "idle", "the kernel")

    def _finished(self) -> bool:
        if self.page.evaluate(STATUS) not in ("idle", "dead"):
            return False
        cells = [cell for cell in self.cells() if cell["source"].strip()]
        return bool(self.errors()) or all(cell["count"] is not None for cell in cells)

    def _wait(self, done, what: str) -> None:
        end = time.monotonic() + self.seconds
        while not done():
            if time.monotonic() > end:
                raise TimeoutError(f"{what} took more than {self.seconds:g} s")
            time.sleep(0.2)

    def _stop_server(self) -> None:
        self.server.terminate()  # its kernels end with it
        try:
            self.server.wait(20)
        except subprocess.TimeoutExpired:
            self.server.kill()
            self.server.wait()
        self.log.close()


def find_browser() -> str:
    """Path of an installed Chromium.

    Raises:
        RuntimeError: there is none; says how to install it.
    """
    found = next((path for name in BROWSERS if (path := shutil.which(name))), None)
    if found is None:
        raise RuntimeError("no Chromium found: apt-get install chromium")
    return found


def free_port() -> int:
    """A port of this machine that nobody listens on."""
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


if __name__ == "__main__":
    with Lab(sys.argv[1]) as opened:
        opened.run_all()
        opened.screenshot(sys.argv[2])
        print("\n".join(opened.errors()) or "no errors")
