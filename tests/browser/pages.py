"""A page that shows one ES module without a kernel, as a static page does."""

import base64
import json

from genlab.display.modules import source

HOST = """
class Model {
  constructor(state) { this.state = state; this.heard = {}; this.saved = 0; }
  get(name) { return this.state[name]; }
  set(name, value) { this.state[name] = value; (this.heard["change:" + name] ?? []).forEach((f) => f()); }
  on(names, f) { for (const name of names.split(" ")) (this.heard[name] ??= []).push(f); }
  off() {}
  save_changes() { this.saved += 1; }
}
async function show(source, state, bytes) {
  const unpacked = (text) => Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
  for (const name of bytes) state[name] = new DataView(unpacked(state[name]).buffer);
  const module = await import(URL.createObjectURL(new Blob([source], { type: "text/javascript" })));
  window.module = module;
  window.model = new Model(state);
  document.body.replaceChildren(document.createElement("div"));
  module.default.render({ model: window.model, el: document.body.firstChild });
}
"""


def show(page, script, widget, names):
    """The widget on the page, its numbers taken from what Python made."""
    state = {name: getattr(widget, name) for name in names}
    binary = [name for name, value in state.items() if isinstance(value, bytes)]
    state |= {name: base64.b64encode(state[name]).decode() for name in binary}
    text = source(script)
    assert len(text) + len(json.dumps(state)) < 1_000_000
    page.evaluate("([source, state, bytes]) => show(source, state, bytes)", [text, state, binary])
