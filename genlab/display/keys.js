// Keys for a widget: pressed anywhere inside it, they go to Python and not to the notebook around it.
// ipywidgets itself hears no keys, and a page that shows this needs the extension anywidget; without it the
// buttons remain, which Tab and Enter reach.

function render({ model, el }) {
  el.textContent = model.get("hint");
  el.tabIndex = 0;
  el.setAttribute("role", "note");
  let root = null;

  const action = (event) =>
    event.repeat || event.ctrlKey || event.metaKey || event.altKey ? undefined : model.get("bindings")[event.key];

  function press(event) {
    const name = action(event);
    if (name === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    model.send({ name, stage: model.get("stage") });
  }

  function focus(event) {
    if (event.target.closest("button, input, a")) return;
    event.stopPropagation(); // JupyterLab would give the focus to the cell
    root.focus({ preventScroll: true });
  }

  function listen() {
    root = el.closest(`.${model.get("around")}`) ?? el;
    if (root !== el) root.tabIndex = -1;
    root.dataset.lmSuppressShortcuts = "true"; // or "x" would cut the cell
    root.addEventListener("keydown", press);
    root.addEventListener("mousedown", focus);
  }

  // The element joins the page after it was rendered.
  let tries = 0;
  const timer = setInterval(() => {
    if (!el.isConnected && ++tries < 100) return;
    clearInterval(timer);
    listen();
  }, 50);
  return () => {
    clearInterval(timer);
    root?.removeEventListener("keydown", press);
    root?.removeEventListener("mousedown", focus);
  };
}

export default { render };
