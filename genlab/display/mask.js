// What a pixel hears of the past: layer upon layer of masked convolutions, as one stack or as two. Computed here, so
// it lives on a plain page as well.

const INK = "#333333", FAINT = "#767676", BLUE = "#0072B2", VERMILLION = "#D55E00", PALE = "#CFCFCF";
export const LATER = 0, SEEN = 1, NOT_YET = 2, NEVER = 3, SELF = 4;
const FILL = ["#FFFFFF", BLUE, PALE, VERMILLION, INK];
const MANY = 60; // layers: what these do not see no number of them does

// Steps (rows, columns) that one layer can take: the open taps of a square mask, or of the two stacks' kernels.
function steps(kernel, self) {
  const half = (kernel - 1) / 2, all = { square: [], above: [], left: [] };
  for (let j = -half; j <= half; j++) {
    for (let i = -half; i <= half; i++) if (i < 0 || (i === 0 && (j < 0 || (self && j === 0)))) all.square.push([i, j]);
    for (let i = -half; i <= (self ? 0 : -1); i++) all.above.push([i, j]);
    if (j < 0 || (self && j === 0)) all.left.push([0, j]);
  }
  return all;
}

function walk(places, taps, size) {
  const reached = new Set();
  for (const place of places)
    for (const [a, b] of taps) {
      const i = Math.floor(place / size) + a, j = place % size + b;
      if (i >= 0 && i < size && j >= 0 && j < size) reached.add(i * size + j);
    }
  return reached;
}

// The pixels that the output at `pixel` depends on, walking from the last layer back to the image.
export function seen(size, pixel, kernel, layers, stacks) {
  const start = pixel[0] * size + pixel[1];
  let h = new Set([start]), v = new Set();
  for (let layer = layers; layer >= 1; layer--) {
    const taps = steps(kernel, layer > 1);
    if (stacks === 1) { h = walk(h, taps.square, size); continue; }
    v = walk(new Set([...v, ...h]), taps.above, size); // the link: h hears v of the same layer
    h = walk(h, taps.left, size);
  }
  return new Set([...h, ...v]);
}

export function field(size, pixel, kernel, layers, stacks) {
  const now = seen(size, pixel, kernel, layers, stacks), ever = seen(size, pixel, kernel, MANY, stacks);
  const start = pixel[0] * size + pixel[1];
  return Array.from({ length: size * size }, (_, i) =>
    i === start ? SELF : i > start ? LATER : now.has(i) ? SEEN : ever.has(i) ? NOT_YET : NEVER);
}

function render({ model, el }) {
  const size = model.get("size"), cell = Math.floor(312 / size), side = cell * size;
  el.classList.add("genlab-mask");
  const root = document.createElement("div");
  root.style.cssText = `display:flex;flex-wrap:wrap;gap:18px;align-items:flex-start;font:13px sans-serif;color:${INK};background:#fff`;
  el.appendChild(root);
  const image = shape(root, "svg", { viewBox: `0 0 ${side + 2} ${side + 2}`, width: side + 2, height: side + 2, tabindex: 0,
    role: "application", "aria-label": "The image: drag the pixel, or move it by the arrow keys" });
  image.style.cssText = "display:block;max-width:100%;height:auto;touch-action:none;cursor:pointer;background:#fff";
  const cells = Array.from({ length: size * size }, (_, i) => shape(image, "rect", {
    x: 1 + (i % size) * cell, y: 1 + Math.floor(i / size) * cell, width: cell, height: cell, stroke: "#E6E6E6" }));
  const right = document.createElement("div");
  right.style.cssText = "flex:0 1 320px;display:flex;flex-direction:column;gap:10px";
  root.appendChild(right);

  function choice(label, name, options) {
    const line = document.createElement("label");
    line.style.cssText = "display:flex;gap:8px;align-items:center";
    const select = document.createElement("select");
    for (const [value, text] of options) {
      const option = document.createElement("option");
      option.value = value;
      option.textContent = text;
      select.appendChild(option);
    }
    select.addEventListener("change", () => set({ [name]: Number(select.value) }));
    line.append(label, select);
    right.appendChild(line);
    return select;
  }
  const stacks = choice("Layers are", "stacks", [[1, "one stack of square masks"], [2, "two stacks"]]);
  const kernel = choice("Kernel", "kernel", [[3, "3 by 3"], [5, "5 by 5"], [7, "7 by 7"]]);
  const line = document.createElement("label");
  line.style.cssText = "display:flex;gap:8px;align-items:center";
  const slider = document.createElement("input");
  Object.assign(slider, { type: "range", min: 1, max: 12, step: 1 });
  const count = document.createElement("output");
  line.append("Number of layers", slider, count);
  right.appendChild(line);
  slider.addEventListener("input", () => set({ layers: Number(slider.value) }));
  const words = document.createElement("div");
  words.setAttribute("role", "status");
  right.appendChild(words);
  const legend = document.createElement("div");
  for (const [code, text] of [[SELF, "the pixel to be predicted"], [SEEN, "seen"], [NOT_YET, "earlier, not seen with so few layers"],
                              [NEVER, "earlier, never seen: the blind spot"], [LATER, "later"]]) {
    const row = document.createElement("div");
    row.style.cssText = "display:flex;gap:8px;align-items:center;margin:3px 0";
    const patch = document.createElement("span");
    patch.style.cssText = `width:14px;height:14px;border:1px solid ${FAINT};background:${FILL[code]}`;
    row.append(patch, text);
    legend.appendChild(row);
  }
  right.appendChild(legend);

  function draw() {
    const [pixel, k, n, s] = ["pixel", "kernel", "layers", "stacks"].map((name) => model.get(name));
    const codes = field(size, pixel, k, n, s);
    codes.forEach((code, i) => cells[i].setAttribute("fill", FILL[code]));
    [stacks.value, kernel.value, slider.value, count.value] = [s, k, n, n];
    const number = (code) => codes.filter((c) => c === code).length;
    const earlier = pixel[0] * size + pixel[1];
    words.textContent = `Of ${earlier} earlier pixels ${number(SEEN)} are seen, ${number(NOT_YET)} not yet, ${number(NEVER)} never.`;
    el.dataset.field = JSON.stringify({ codes, pixel, kernel: k, layers: n, stacks: s });
  }

  function set(values) {
    for (const [name, value] of Object.entries(values)) model.set(name, value);
    model.save_changes();
    draw();
  }

  let dragging = false;
  const move = (event) => {
    const box = image.getBoundingClientRect(), scale = (side + 2) / box.width;
    const at = (u) => clamp(Math.floor((u * scale - 1) / cell), 0, size - 1);
    set({ pixel: [at(event.clientY - box.top), at(event.clientX - box.left)] });
  };
  image.addEventListener("pointerdown", (event) => {
    event.preventDefault();
    event.stopPropagation();
    image.setPointerCapture(event.pointerId);
    image.focus();
    dragging = true;
    move(event);
  });
  image.addEventListener("pointermove", (event) => dragging && move(event));
  for (const name of ["pointerup", "pointercancel"]) image.addEventListener(name, () => { dragging = false; });
  image.addEventListener("mousedown", (event) => event.stopPropagation()); // the notebook would take the focus
  image.addEventListener("keydown", (event) => {
    const [a, b] = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] }[event.key] ?? [0, 0];
    if (!a && !b) return;
    event.preventDefault();
    event.stopPropagation();
    const [r, c] = model.get("pixel");
    set({ pixel: [clamp(r + a, 0, size - 1), clamp(c + b, 0, size - 1)] });
  });
  model.on("change:pixel change:kernel change:layers change:stacks", draw);
  draw();
  return () => model.off?.("change:pixel change:kernel change:layers change:stacks", draw);
}

export default { render };
