// Draw an outline and see what a U-Net makes of it. The network runs here, with weights that come with the widget, and no
// kernel is asked. Pointer and touch draw; the arrow keys move a cursor, space draws or erases there.

const INK = "#333333", FAINT = "#767676", VERMILLION = "#D55E00";

// The generator of genlab.models.pix2pix without its noise: blocks of 4×4 convolutions of stride 2 and instance norms.
export function unet(weights, blocks) {
  let place = 0;
  const take = (count) => weights.subarray(place, (place += count));
  const layers = blocks.map(({ inside, outside, norm, up }) => {
    const layer = { inside, outside, norm, up, w: take(inside * outside * 16) };
    if (norm) Object.assign(layer, { gain: take(outside), bias: take(outside) });
    else layer.bias = take(outside);
    return layer;
  });
  if (place !== weights.length) throw new Error(`${weights.length} weights for a network that takes ${place}`);

  function convolve({ inside, outside, w, norm, bias }, x, n) {
    const m = n / 2, y = new Float64Array(outside * m * m);
    for (let o = 0; o < outside; o++)
      for (let i = 0; i < m; i++)
        for (let j = 0; j < m; j++) {
          let sum = norm ? 0 : bias[o];
          for (let c = 0; c < inside; c++)
            for (let a = 0; a < 4; a++) {
              const r = 2 * i + a - 1;
              if (r < 0 || r >= n) continue;
              const from = (c * n + r) * n, at = ((o * inside + c) * 4 + a) * 4;
              for (let b = 0; b < 4; b++) {
                const s = 2 * j + b - 1;
                if (s >= 0 && s < n) sum += w[at + b] * x[from + s];
              }
            }
          y[(o * m + i) * m + j] = sum;
        }
    return y;
  }
  function spread({ inside, outside, w, norm, bias }, x, n) {
    const m = 2 * n, y = new Float64Array(outside * m * m);
    if (!norm) for (let o = 0; o < outside; o++) y.fill(bias[o], o * m * m, (o + 1) * m * m);
    for (let c = 0; c < inside; c++)
      for (let i = 0; i < n; i++)
        for (let j = 0; j < n; j++) {
          const value = x[(c * n + i) * n + j];
          if (value === 0) continue;
          for (let o = 0; o < outside; o++)
            for (let a = 0; a < 4; a++) {
              const r = 2 * i + a - 1;
              if (r < 0 || r >= m) continue;
              const to = (o * m + r) * m, at = ((c * outside + o) * 4 + a) * 4;
              for (let b = 0; b < 4; b++) {
                const s = 2 * j + b - 1;
                if (s >= 0 && s < m) y[to + s] += value * w[at + b];
              }
            }
        }
    return y;
  }
  function normalise({ outside, gain, bias }, y) {
    const n = y.length / outside;
    for (let o = 0; o < outside; o++) {
      let mean = 0, square = 0;
      for (let i = o * n; i < (o + 1) * n; i++) mean += y[i] / n;
      for (let i = o * n; i < (o + 1) * n; i++) square += (y[i] - mean) ** 2 / n;
      const scale = gain[o] / Math.sqrt(square + 1e-5);
      for (let i = o * n; i < (o + 1) * n; i++) y[i] = (y[i] - mean) * scale + bias[o];
    }
    return y;
  }

  return (image) => {  // values in [-1, 1], row after row -> the same
    let h = Float64Array.from(image), n = Math.sqrt(h.length);
    const kept = [];
    layers.forEach((layer, k) => {
      if (!layer.up) {
        if (k) h = h.map((v) => (v > 0 ? v : 0.2 * v));
        h = convolve(layer, h, n);
        n /= 2;
        if (layer.norm) normalise(layer, h);
        kept.push(h);
        return;
      }
      const skip = kept.pop();  // of the first of them it is h itself
      if (skip !== h) {
        const both = new Float64Array(h.length + skip.length);
        both.set(h);
        both.set(skip, h.length);
        h = both;
      }
      h = spread(layer, h.map((v) => Math.max(0, v)), n);
      n *= 2;
      if (layer.norm) normalise(layer, h);
    });
    return h.map(Math.tanh);
  };
}

function render({ model, el }) {
  const size = model.get("size"), scale = Math.floor(256 / size), examples = model.get("examples");
  const net = unet(fromHalf(model.get("weights")), model.get("blocks"));
  const drawing = Uint8Array.from(model.get("drawing"));
  let cursor = [size >> 1, size >> 1], keys = false, level = null, last = null, example = 0, film = 0;
  el.classList.add("genlab-outline");
  const root = element(el, "div", {}, `display:flex;flex-wrap:wrap;gap:18px;font:13px sans-serif;color:${INK};background:#fff`);
  function picture(title, properties = {}) {
    const column = element(root, "div", {}, "display:flex;flex-direction:column;gap:6px");
    element(column, "div", { textContent: title });
    return element(column, "canvas", { width: size * scale, height: size * scale, ...properties },
                   "max-width:100%;border:1px solid #CFCFCF");
  }
  const canvas = picture("Your outline", { tabIndex: 0 }), result = picture("What the network makes of it");
  canvas.style.cssText += ";touch-action:none;cursor:crosshair";
  canvas.setAttribute("role", "application");
  canvas.setAttribute("aria-label", "Outline. Draw with the pointer; or move with the arrow keys and draw or erase with space");
  result.setAttribute("role", "img");
  const side = element(root, "div", {}, "display:flex;flex-direction:column;gap:8px;min-width:150px");
  const button = (text, title, act) => element(side, "button", { textContent: text, title, onclick: act }, "padding:5px 9px");
  button("Another digit's outline", "The outline of a digit that was not in the training set", () => {
    drawing.set(examples[example++ % examples.length]);
    draw();
  });
  button("Clear", "An empty page", () => { drawing.fill(0); draw(); });
  const words = element(side, "div", {}, `max-width:210px;color:${FAINT}`);
  words.setAttribute("role", "status");

  const cell = (event) => {
    const box = canvas.getBoundingClientRect();
    return [event.clientY - box.top, event.clientX - box.left].map((v, k) =>
      clamp(Math.floor(v / (k ? box.width : box.height) * size), 0, size - 1));
  };
  function stroke(from, to) {
    const steps = Math.max(1, ...to.map((v, k) => Math.abs(v - from[k])));
    for (let s = 0; s <= steps; s++) {
      const [r, c] = from.map((v, k) => Math.round(v + ((to[k] - v) * s) / steps));
      drawing[r * size + c] = level;
    }
    draw();
  }
  canvas.addEventListener("pointerdown", (event) => {
    event.preventDefault();
    canvas.focus();
    canvas.setPointerCapture(event.pointerId);
    keys = false;
    last = cell(event);
    level = drawing[last[0] * size + last[1]] ? 0 : 1;
    stroke(last, last);
  });
  canvas.addEventListener("pointermove", (event) => {
    if (level === null) return;
    const next = cell(event);
    stroke(last, next);
    last = next;
  });
  const lift = () => { level = null; };
  canvas.addEventListener("pointerup", lift);
  canvas.addEventListener("pointercancel", lift);
  canvas.addEventListener("keydown", (event) => {
    const step = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] }[event.key];
    if (!step && event.key !== " ") return;
    event.preventDefault();
    event.stopPropagation();
    keys = true;
    if (step) cursor = cursor.map((v, k) => clamp(v + step[k], 0, size - 1));
    else drawing[cursor[0] * size + cursor[1]] ^= 1;
    draw();
  });

  function paint(target, value) {
    const context = target.getContext("2d");
    for (let i = 0; i < size * size; i++) {
      const grey = Math.round(255 * value(i));
      context.fillStyle = `rgb(${grey},${grey},${grey})`;
      context.fillRect((i % size) * scale, Math.floor(i / size) * scale, scale, scale);
    }
    return context;
  }
  function draw() {
    if (!film) film = requestAnimationFrame(now);
  }
  function now() {
    film = 0;
    const context = paint(canvas, (i) => drawing[i]);
    if (keys) {
      context.strokeStyle = VERMILLION;
      context.lineWidth = 2;
      context.strokeRect(cursor[1] * scale + 1, cursor[0] * scale + 1, scale - 2, scale - 2);
    }
    const began = performance.now(), made = net(Array.from(drawing, (v) => 2 * v - 1)), took = performance.now() - began;
    paint(result, (i) => (made[i] + 1) / 2);
    const ink = made.reduce((sum, v) => sum + (v + 1) / 2, 0);
    result.setAttribute("aria-label", `The network's image, ${Math.round(ink)} pixels' worth of white`);
    words.textContent = `Draw a closed line. A line begun on a white pixel erases. Computed here in ${took.toFixed(0)} ms.`;
    el.dataset.made = JSON.stringify(Array.from(made, (v) => Math.round(1e4 * v) / 1e4));
    model.set("drawing", Array.from(drawing));
    model.save_changes();
  }
  now();
  return () => cancelAnimationFrame(film);
}

export default { render };
