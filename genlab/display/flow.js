// A flow in the plane, layer by layer: data on one side, noise on the other, and a grid that bends between them.
// The couplings run here, from weights that come with the widget; no kernel is asked.

const INK = "#333333", FAINT = "#767676", BLUE = "#0072B2", VERMILLION = "#D55E00", LINE = "#9CC3DB";
const REACH = 3.2, SIDE = 400, LOG_2PI = Math.log(2 * Math.PI);

// The couplings as functions: layer.terms(point) -> [s, t] of both coordinates, 0 where the mask is 1.
export function couplings(weights, layers) {
  let place = 0;
  const made = layers.map(({ mask, sizes, bound }) => {
    const stack = [];
    for (let l = 0; l + 1 < sizes.length; l++) {
      const [from, to] = [sizes[l], sizes[l + 1]];
      stack.push([weights.subarray(place, place + from * to), weights.subarray(place + from * to, place + from * to + to), from, to]);
      place += from * to + to;
    }
    const terms = (point) => {
      let x = [mask[0] * point[0], mask[1] * point[1]];
      stack.forEach(([W, b, from, to], l) => {
        const y = new Array(to);
        for (let o = 0; o < to; o++) {
          let sum = b[o];
          for (let i = 0, w = o * from; i < from; i++, w++) sum += W[w] * x[i];
          y[o] = l + 1 < stack.length ? Math.max(0, sum) : sum;
        }
        x = y;
      });
      const free = [1 - mask[0], 1 - mask[1]];
      return [free.map((f, i) => f * bound * Math.tanh(x[i] / bound)), free.map((f, i) => f * x[2 + i])];
    };
    return { terms };
  });
  if (place !== weights.length) throw new Error(`${weights.length} weights for layers that take ${place}`);
  return made;
}

// A part of a layer's way: z = x exp(τ s) + τ t, with the log of its stretch; and back.
const ahead = (layer, x, part = 1) => {
  const [s, t] = layer.terms(x);
  return [x.map((v, i) => v * Math.exp(part * s[i]) + part * t[i]), part * (s[0] + s[1])];
};
const back = (layer, z, part = 1) => {
  const [s, t] = layer.terms(z); // what the network looks at is the same on both sides
  return z.map((v, i) => (v - part * t[i]) * Math.exp(-part * s[i]));
};

// From data to where the slider stands, `at` layers on.
export function forward(flow, x, at = flow.length) {
  let total = 0, moved;
  for (let k = 0; k < Math.ceil(at); k++) {
    [x, moved] = ahead(flow[k], x, Math.min(1, at - k));
    total += moved;
  }
  return [x, total];
}

export function inverse(flow, z, at = flow.length) {
  for (let k = Math.ceil(at) - 1; k >= 0; k--) z = back(flow[k], z, Math.min(1, at - k));
  return z;
}

function render({ model, el }) {
  const flow = couplings(fromHalf(model.get("weights")), model.get("layers"));
  const points = model.get("points"), last = flow.length;
  const lines = [];
  for (const axis of [0, 1])
    for (let c = -3; c <= 3.001; c += 0.5) {
      const line = [];
      for (let v = -3; v <= 3.001; v += 0.1) line.push(inverse(flow, axis ? [v, c] : [c, v]));
      lines.push(line);
    }

  el.classList.add("genlab-flow");
  const root = element(el, "div", {}, `font:13px sans-serif;color:${INK};background:#fff;max-width:${SIDE + 250}px;display:flex;flex-wrap:wrap;gap:14px`);
  const canvas = element(root, "canvas", { width: SIDE, height: SIDE, tabIndex: 0 }, "touch-action:none;cursor:crosshair;max-width:100%;border:1px solid #ddd");
  canvas.setAttribute("role", "application");
  canvas.setAttribute("aria-label", "The plane: arrow keys move the orange point");
  const side = element(root, "div", {}, "width:220px");
  element(side, "label", { textContent: "data ⟷ noise, layer by layer", htmlFor: "layer" });
  const slider = element(side, "input", { type: "range", min: 0, max: last, step: 0.05 }, "width:100%");
  slider.setAttribute("aria-label", "How many layers are done");
  const row = element(side, "div", {}, "display:flex;gap:6px;margin:4px 0 10px");
  const toData = element(row, "button", { textContent: "To the data" });
  const toNoise = element(row, "button", { textContent: "To the noise" });
  const words = element(side, "div", {}, "line-height:1.6");
  words.setAttribute("role", "status");

  const toPage = (p) => [(p[0] / REACH + 1) * SIDE / 2, (1 - p[1] / REACH) * SIDE / 2];

  function draw() {
    const at = model.get("at"), x = model.get("x"), context = canvas.getContext("2d");
    context.clearRect(0, 0, SIDE, SIDE);
    context.strokeStyle = LINE;
    context.lineWidth = 1;
    for (const line of lines) {
      context.beginPath();
      line.forEach((p, i) => context[i ? "lineTo" : "moveTo"](...toPage(forward(flow, p, at)[0])));
      context.stroke();
    }
    context.fillStyle = BLUE;
    context.globalAlpha = 0.55;
    for (const p of points) {
      const [u, v] = toPage(forward(flow, p, at)[0]);
      context.fillRect(u - 1.5, v - 1.5, 3, 3);
    }
    context.globalAlpha = 1;
    const [u, v] = toPage(forward(flow, x, at)[0]);
    context.beginPath();
    context.arc(u, v, 6, 0, 7);
    context.fillStyle = VERMILLION;
    context.fill();
    context.strokeStyle = "#fff";
    context.stroke();
    const [z, stretch] = forward(flow, x), base = -0.5 * (z[0] ** 2 + z[1] ** 2) - LOG_2PI;
    slider.value = at;
    words.replaceChildren();
    for (const text of [`layer ${signed(at)} of ${last}`, `x = (${signed(x[0])}, ${signed(x[1])})`, `z = (${signed(z[0])}, ${signed(z[1])})`,
      `log density of z under noise: ${signed(base)}`, `log of the stretch: ${signed(stretch)}`, `log p(x) = ${signed(base + stretch)} nats`])
      element(words, "div", { textContent: text }, text.startsWith("log p") ? "font-weight:bold" : text.startsWith("layer") ? `color:${FAINT}` : "");
    el.dataset.flow = JSON.stringify({ at, x, z, stretch, logp: base + stretch, shown: forward(flow, x, at)[0] });
  }

  let moving = 0;
  function go(to) {
    cancelAnimationFrame(moving);
    const from = model.get("at"), began = performance.now();
    const frame = (now) => {
      const done = Math.max(0, Math.min(1, (now - began) / 1200)); // a frame may be older than the click
      model.set("at", from + (to - from) * done);
      draw();
      if (done < 1) moving = requestAnimationFrame(frame);
      else model.save_changes();
    };
    moving = requestAnimationFrame(frame);
  }
  toData.addEventListener("click", () => go(0));
  toNoise.addEventListener("click", () => go(last));
  slider.addEventListener("input", () => { cancelAnimationFrame(moving); model.set("at", Number(slider.value)); model.save_changes(); draw(); });

  function place(shown) {
    const held = shown.map((v) => Math.max(-REACH, Math.min(REACH, v)));
    model.set("x", inverse(flow, held, model.get("at")));
    model.save_changes();
    draw();
  }
  let dragging = false;
  const spot = (event) => {
    const box = canvas.getBoundingClientRect();
    return [(event.clientX - box.left) / box.width * 2 * REACH - REACH, REACH - (event.clientY - box.top) / box.height * 2 * REACH];
  };
  canvas.addEventListener("pointerdown", (event) => {
    event.preventDefault();
    event.stopPropagation();
    canvas.focus();
    canvas.setPointerCapture(event.pointerId);
    dragging = true;
    place(spot(event));
  });
  canvas.addEventListener("pointermove", (event) => { if (dragging) place(spot(event)); });
  for (const name of ["pointerup", "pointercancel"]) canvas.addEventListener(name, () => { dragging = false; });
  canvas.addEventListener("mousedown", (event) => event.stopPropagation());
  canvas.addEventListener("keydown", (event) => {
    const way = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] }[event.key];
    if (!way) return;
    event.preventDefault();
    event.stopPropagation();
    place(forward(flow, model.get("x"), model.get("at"))[0].map((v, i) => v + 0.1 * way[i]));
  });
  model.on("change:at change:x", draw);
  draw();
}

export default { render };
