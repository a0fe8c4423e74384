// A plane of codes: a digit drawn on the left lands as a blob, q(z | x), among what every code decodes to; any code
// can be picked and is decoded on the right. Encoder and decoder run here, from weights that come with the widget.

const INK = "#333333", FAINT = "#767676", VERMILLION = "#D55E00", SKY = "#56B4E9";
const SIDE = 28, PIXELS = SIDE * SIDE, PEN = 8, REACH = 3;

// A stack of linear layers with max(0, ·) between them (and after the last where `active`), read from `weights`.
function stack(weights, place, sizes, active) {
  const layers = [];
  for (let l = 0; l + 1 < sizes.length; l++) {
    const [from, to] = [sizes[l], sizes[l + 1]];
    layers.push({ W: weights.subarray(place, place + from * to), b: weights.subarray(place + from * to, place + from * to + to),
                  from, to });
    place += from * to + to;
  }
  const run = (x) => {
    layers.forEach(({ W, b, from, to }, l) => {
      const y = new Float32Array(to);
      for (let o = 0; o < to; o++) {
        let sum = b[o];
        for (let i = 0, w = o * from; i < from; i++, w++) sum += W[w] * x[i];
        y[o] = l + 1 < layers.length || active ? Math.max(0, sum) : sum;
      }
      x = y;
    });
    return x;
  };
  return [run, place];
}

// encode: 784 pixels -> [mu, logvar]; decode: a code -> 784 probabilities.
export function networks(weights, { encoder, heads, decoder }) {
  let place = 0, body, mu, logvar, paint;
  [body, place] = stack(weights, place, encoder, true);
  [mu, place] = stack(weights, place, heads, false);
  [logvar, place] = stack(weights, place, heads, false);
  [paint, place] = stack(weights, place, decoder, false);
  if (place !== weights.length) throw new Error(`${weights.length} weights for layers that take ${place}`);
  return {
    encode: (x) => { const h = body(x); return [mu(h), logvar(h)]; },
    decode: (z) => paint(z).map((l) => 1 / (1 + Math.exp(-l))),
  };
}

// A drawing as MNIST has its digits: 20 pixels at its longer side, its centre of mass in the middle.
export function tidy(pixels) {
  const ink = [];
  for (let i = 0; i < PIXELS; i++) if (pixels[i] > 0.5) ink.push([i % SIDE, Math.floor(i / SIDE)]);
  const out = new Float32Array(PIXELS);
  if (!ink.length) return out;
  const xs = ink.map((p) => p[0]), ys = ink.map((p) => p[1]);
  const [left, top] = [Math.min(...xs), Math.min(...ys)];
  const longer = Math.max(Math.max(...xs) - left, Math.max(...ys) - top) + 1;
  const scale = longer < 8 ? 1 : longer / 20;
  const mean = (values) => values.reduce((sum, v) => sum + v, 0) / values.length;
  const [cx, cy] = [mean(xs), mean(ys)];
  for (let y = 0; y < SIDE; y++)
    for (let x = 0; x < SIDE; x++) {
      const u = Math.round(cx + (x - 13.5) * scale), v = Math.round(cy + (y - 13.5) * scale);
      if (u >= 0 && u < SIDE && v >= 0 && v < SIDE && pixels[v * SIDE + u] > 0.5) out[y * SIDE + x] = 1;
    }
  return out;
}

function paintInto(context, values, x, y, scale, strength = 1) {
  const image = context.createImageData(SIDE * scale, SIDE * scale);
  for (let v = 0; v < SIDE * scale; v++)
    for (let u = 0; u < SIDE * scale; u++) {
      const grey = 255 * strength * values[Math.floor(v / scale) * SIDE + Math.floor(u / scale)];
      image.data.set([grey, grey, grey, 255], 4 * (v * SIDE * scale + u));
    }
  context.putImageData(image, x, y);
}

function render({ model, el }) {
  const nets = networks(fromHalf(model.get("weights")), model.get("layers"));
  const examples = model.get("examples") ?? [];
  const tiles = 13, side = tiles * SIDE;
  let pixels = new Float32Array(PIXELS), seen = null, pen = [14, 14], next = 0;

  el.classList.add("genlab-codes");
  const root = element(el, "div", {}, `display:flex;flex-wrap:wrap;gap:14px;align-items:flex-start;font:13px sans-serif;color:${INK};background:#fff`);
  const [drawing, map, answer] = ["Draw a digit", "The plane of codes", "Decoded"].map((title) => {
    const box = element(root, "div");
    element(box, "div", { textContent: title }, "margin-bottom:4px");
    return box;
  });
  const canvas = (parent, width, label, pointer = "crosshair") => {
    const made = element(parent, "canvas", { width, height: width, tabIndex: 0 }, `touch-action:none;cursor:${pointer};display:block;max-width:100%`);
    made.setAttribute("role", "application");
    made.setAttribute("aria-label", label);
    return made;
  };
  const pad = canvas(drawing, SIDE * PEN / 2 * 1.5, "Draw a digit: arrow keys move the pen, space inks, Backspace clears");
  const plane = canvas(map, side, "Plane of codes: arrow keys move the code that is decoded");
  const shown = canvas(answer, 112, "What the chosen code decodes to", "default");
  shown.tabIndex = -1;
  shown.setAttribute("role", "img");
  const row = element(drawing, "div", {}, "display:flex;gap:6px;margin-top:6px");
  const clear = element(row, "button", { textContent: "Clear" });
  const another = element(row, "button", { textContent: "A real digit", disabled: !examples.length });
  element(map, "div", { textContent: `z 0 to the right, z 1 upwards, each from −${REACH} to ${REACH}` }, `color:${FAINT};font-size:12px;margin-top:4px`);
  const words = element(answer, "div", {}, "margin-top:6px;width:120px;font-size:12px");
  words.setAttribute("role", "status");

  const background = document.createElement("canvas");
  background.width = background.height = side;
  const brush = background.getContext("2d");
  for (let r = 0; r < tiles; r++)
    for (let c = 0; c < tiles; c++) {
      const at = (k) => ((k + 0.5) / tiles * 2 - 1) * REACH;
      paintInto(brush, nets.decode([at(c), -at(r)]), c * SIDE, r * SIDE, 1, 0.65);
    }

  const cell = pad.width / SIDE;
  const toPage = (z) => [(z[0] / REACH + 1) * side / 2, (1 - z[1] / REACH) * side / 2];
  const number = (value) => (value < 0 ? "−" : "") + Math.abs(value).toFixed(2);

  function drawPad() {
    const context = pad.getContext("2d");
    context.fillStyle = "#000";
    context.fillRect(0, 0, pad.width, pad.width);
    context.fillStyle = "#fff";
    for (let i = 0; i < PIXELS; i++)
      if (pixels[i]) context.fillRect((i % SIDE) * cell, Math.floor(i / SIDE) * cell, cell, cell);
    if (document.activeElement === pad || el.contains(el.getRootNode().activeElement)) {
      context.strokeStyle = SKY;
      context.strokeRect(pen[0] * cell, pen[1] * cell, cell, cell);
    }
  }

  function drawPlane() {
    const context = plane.getContext("2d"), z = model.get("z");
    context.drawImage(background, 0, 0);
    if (seen) {
      const [x, y] = toPage(seen.mu), scale = side / (2 * REACH);
      for (const [k, alpha] of [[2, 0.35], [1, 0.6]]) {
        context.beginPath();
        context.ellipse(x, y, Math.max(2, k * seen.std[0] * scale), Math.max(2, k * seen.std[1] * scale), 0, 0, 7);
        context.globalAlpha = alpha;
        context.fillStyle = VERMILLION;
        context.fill();
        context.globalAlpha = 1;
      }
    }
    const [x, y] = toPage(z);
    context.strokeStyle = SKY;
    context.lineWidth = 2;
    context.strokeRect(x - 7, y - 7, 14, 14);
    paintInto(shown.getContext("2d"), nets.decode(z), 0, 0, 4);
    words.textContent = `z = (${number(z[0])}, ${number(z[1])})` +
      (seen ? `; the drawing: μ = (${number(seen.mu[0])}, ${number(seen.mu[1])}), σ = (${number(seen.std[0])}, ${number(seen.std[1])})` : "");
    el.dataset.codes = JSON.stringify({ z, ...(seen ?? {}) });
  }

  function look() {
    const clean = tidy(pixels);
    seen = null;
    if (clean.some((p) => p > 0)) {
      const [mu, logvar] = nets.encode(clean);
      seen = { mu: [...mu], std: [...logvar].map((v) => Math.exp(v / 2)) };
      model.set("z", [...mu]);
    }
    model.set("drawn", seen ? [...clean].map((p, i) => (p ? i : -1)).filter((i) => i >= 0) : []);
    model.save_changes();
    drawPad();
    drawPlane();
  }

  function ink(x, y) {
    for (let v = Math.floor(y - 1); v <= y + 1; v++)
      for (let u = Math.floor(x - 1); u <= x + 1; u++)
        if (u >= 0 && u < SIDE && v >= 0 && v < SIDE && Math.hypot(u + 0.5 - x, v + 0.5 - y) <= 1.25) pixels[v * SIDE + u] = 1;
  }

  function pick(u, v) {
    const z = [u, v].map((value, i) => Math.min(REACH, Math.max(-REACH, (i ? 1 - 2 * value / side : 2 * value / side - 1) * REACH)));
    model.set("z", z);
    model.save_changes();
    drawPlane();
  }

  function dragging(target, act, scale) {
    let last = null;
    const at = (event) => {
      const box = target.getBoundingClientRect();
      return [(event.clientX - box.left) * target.width / box.width / scale, (event.clientY - box.top) * target.width / box.width / scale];
    };
    target.addEventListener("pointerdown", (event) => {
      event.preventDefault();
      event.stopPropagation();
      target.focus();
      target.setPointerCapture(event.pointerId);
      last = at(event);
      act(last, last);
    });
    target.addEventListener("pointermove", (event) => {
      if (!last) return;
      const now = at(event);
      act(last, now);
      last = now;
    });
    for (const name of ["pointerup", "pointercancel"]) target.addEventListener(name, () => { last = null; });
    target.addEventListener("mousedown", (event) => event.stopPropagation()); // the notebook would take the focus
  }

  dragging(pad, (from, to) => {
    const parts = Math.ceil(2 * Math.hypot(to[0] - from[0], to[1] - from[1])) || 1;
    for (let k = 1; k <= parts; k++) ink(from[0] + (to[0] - from[0]) * k / parts, from[1] + (to[1] - from[1]) * k / parts);
    look();
  }, cell);
  dragging(plane, (_, to) => pick(...to), 1);

  function keys(target, act) {
    target.addEventListener("keydown", (event) => {
      const way = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
      if (!way && ![" ", "Backspace"].includes(event.key)) return;
      event.preventDefault();
      event.stopPropagation();
      act(way, event.key);
    });
  }
  let inking = false;
  keys(pad, (way, key) => {
    if (key === "Backspace") wipe();
    else if (key === " ") inking = !inking;
    if (way) pen = pen.map((p, i) => Math.min(SIDE - 1, Math.max(0, p + way[i])));
    if (inking && key !== "Backspace") { ink(pen[0] + 0.5, pen[1] + 0.5); look(); } else drawPad();
  });
  keys(plane, (way) => way && pick(...toPage(model.get("z")).map((p, i) => p + way[i] * side / 60)));

  function wipe() { pixels = new Float32Array(PIXELS); inking = false; look(); }
  clear.addEventListener("click", wipe);
  another.addEventListener("click", () => {
    pixels = new Float32Array(PIXELS);
    for (const i of examples[next++ % examples.length]) pixels[i] = 1;
    look();
  });
  for (const i of model.get("drawn")) pixels[i] = 1;
  model.on("change:z", drawPlane);
  if (pixels.some((p) => p)) look(); else { drawPad(); drawPlane(); }
}

export default { render };
