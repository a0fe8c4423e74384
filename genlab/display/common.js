// What the modules of this folder share. `genlab.display.modules.source` puts it before each of them, so that a widget
// stays one module that imports nothing.

const SVG = "http://www.w3.org/2000/svg";
const clamp = (value, low, high) => Math.min(high, Math.max(low, value));
const sigmoid = (l) => (l >= 0 ? 1 / (1 + Math.exp(-l)) : Math.exp(l) / (1 + Math.exp(l)));
const softplus = (l) => Math.max(l, 0) + Math.log1p(Math.exp(-Math.abs(l)));
const signed = (value) => (value < 0 ? "−" : "") + Math.abs(value).toFixed(2);

// Half-precision floats of IEEE 754, little-endian, as numbers.
export function fromHalf(bytes) {
  const view = bytes instanceof DataView ? bytes : new DataView(bytes.buffer ?? bytes, bytes.byteOffset ?? 0, bytes.byteLength);
  const out = new Float64Array(view.byteLength / 2);
  for (let i = 0; i < out.length; i++) {
    const half = view.getUint16(2 * i, true), exponent = (half >> 10) & 31, fraction = half & 1023;
    const size = exponent === 0 ? fraction * 2 ** -24 : exponent === 31 ? NaN : (1 + fraction / 1024) * 2 ** (exponent - 15);
    out[i] = half >> 15 ? -size : size;
  }
  return out;
}

// Uniform and normal numbers from a seed: mulberry32, and Box and Muller's transform.
export function randomFrom(seed) {
  let a = seed >>> 0;
  const uniform = () => {
    a = (a + 0x6d2b79f5) | 0;
    let t = Math.imul(a ^ (a >>> 15), 1 | a);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
  const normal = () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());
  return { uniform, normal };
}

// An element of the page, of HTML and of SVG.
function element(parent, name, properties = {}, style = "") {
  const made = Object.assign(document.createElement(name), properties);
  made.style.cssText = style;
  parent.appendChild(made);
  return made;
}

function shape(parent, name, attributes = {}, text = "") {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  if (text) made.textContent = text;
  parent.appendChild(made);
  return made;
}

// A knob on an axis from -reach to reach that takes 600 of a drawing's 680 units, from 40 on: it goes where the pointer is
// pressed or dragged, and a tenth a press of an arrow key.
function knobOnAxis({ root, svg, knob, reach, where, moveTo }) {
  let dragged = false;
  const at = (event) => {
    const rect = svg.getBoundingClientRect();
    return ((event.clientX - rect.left) * 680 / rect.width - 40) * 2 * reach / 600 - reach;
  };
  svg.addEventListener("pointerdown", (event) => {
    event.preventDefault();
    event.stopPropagation();
    svg.setPointerCapture(event.pointerId);
    dragged = true;
    knob.focus();
    moveTo(at(event));
  });
  svg.addEventListener("pointermove", (event) => dragged && moveTo(at(event)));
  for (const name of ["pointerup", "pointercancel"]) svg.addEventListener(name, () => { dragged = false; });
  for (const name of ["mousedown", "keydown"]) root.addEventListener(name, (event) => event.stopPropagation()); // the notebook's
  knob.addEventListener("keydown", (event) => {
    const way = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1 }[event.key];
    if (!way) return;
    event.preventDefault();
    moveTo(where() + 0.1 * way);
  });
}
