// A velocity field in the plane and the paths that follow it, in few steps or in many. The field is that of a kernel
// density, known exactly, or a small network whose weights come with the widget; both are computed here.

const INK = "#333333", FAINT = "#767676", BLUE = "#0072B2", VERMILLION = "#D55E00", SIDE = 380, REACH = 3.2;
const WALKERS = 160, GRID = 13, FINE = 60, COUNTS = [1, 2, 3, 4, 6, 10, 20, 50], TICKS = 100;

// v*(x, t) for data that are normal, with standard deviation spread, around points flat [x, y, x, y …].
export function kernelVelocity(points, spread, t, x, y) {
  const left = 1 - t, variance = left * left + t * t * spread * spread, slope = (t * spread * spread - left) / variance;
  const logs = new Float64Array(points.length / 2);
  let top = -Infinity;
  for (let i = 0; i < logs.length; i++) {
    const dx = x - t * points[2 * i], dy = y - t * points[2 * i + 1];
    logs[i] = -(dx * dx + dy * dy) / (2 * variance);
    if (logs[i] > top) top = logs[i];
  }
  let total = 0, vx = 0, vy = 0;
  for (let i = 0; i < logs.length; i++) {
    const w = Math.exp(logs[i] - top), px = points[2 * i], py = points[2 * i + 1];
    total += w;
    vx += w * (px + slope * (x - t * px));
    vy += w * (py + slope * (y - t * py));
  }
  return [vx / total, vy / total];
}

// A perceptron of [x, y] and an embedding of 1000 t, with SiLU between its layers: genlab.layers.TimeMLP.
export function network(weights, sizes) {
  const half = (sizes[0] - 2) / 2, layers = [];
  let place = 0;
  for (let l = 0; l + 1 < sizes.length; l++) {
    const [from, to] = [sizes[l], sizes[l + 1]];
    layers.push([weights.subarray(place, place + from * to), weights.subarray(place + from * to, place + from * to + to), from, to]);
    place += from * to + to;
  }
  if (place !== weights.length) throw new Error(`${weights.length} weights for layers that take ${place}`);
  let known = NaN, embedding = [];
  return (t, x, y) => {
    if (t !== known) {
      const angles = Array.from({ length: half }, (_, i) => 1000 * t * Math.exp(-Math.log(10000) * i / (half - 1)));
      embedding = [...angles.map(Math.sin), ...angles.map(Math.cos)];
      known = t;
    }
    let values = [x, y, ...embedding];
    layers.forEach(([W, b, from, to], l) => {
      const next = new Float64Array(to);
      for (let o = 0; o < to; o++) {
        let sum = b[o];
        for (let i = 0, w = o * from; i < from; i++, w++) sum += W[w] * values[i];
        next[o] = l + 1 < layers.length ? sum * sigmoid(sum) : sum;
      }
      values = next;
    });
    return [values[0], values[1]];
  };
}

// From t = 0 to 1 in so many steps: a list of states, each flat [x, y, x, y …].
export function follow(field, start, steps, method) {
  let x = Float64Array.from(start);
  const states = [x], h = 1 / steps;
  for (let k = 0; k < steps; k++) {
    const next = new Float64Array(x.length), t = k / steps, speeds = new Float64Array(x.length);
    for (let i = 0; i < x.length; i += 2) [speeds[i], speeds[i + 1]] = field(t, x[i], x[i + 1]);
    for (let i = 0; i < x.length; i += 2) {
      let [vx, vy] = [speeds[i], speeds[i + 1]];
      if (method === "heun") {
        const [wx, wy] = field(t + h, x[i] + h * vx, x[i + 1] + h * vy);
        [vx, vy] = [(vx + wx) / 2, (vy + wy) / 2];
      }
      next[i] = x[i] + h * vx;
      next[i + 1] = x[i + 1] + h * vy;
    }
    states.push(x = next);
  }
  return states;
}

// Where the polygon of these states is at time t.
export function between(states, t) {
  const place = Math.min(t * (states.length - 1), states.length - 1), k = Math.min(Math.floor(place), states.length - 2);
  return states[k].map((v, i) => v + (place - k) * (states[k + 1][i] - v));
}

function render({ model, el }) {
  el.classList.add("genlab-paths");
  const sizes = model.get("sizes"), points = model.get("points"), spread = model.get("spread");
  const field = sizes.length ? network(fromHalf(model.get("weights")), sizes) : (t, x, y) => kernelVelocity(points, spread, t, x, y);
  const noise = Float64Array.from({ length: 2 * WALKERS }, randomFrom(5).normal);
  let chosen = 0, held = false, cloud = null, cloudIs = "";

  const root = element(el, "div", {}, `display:flex;flex-wrap:wrap;gap:16px;font:13px sans-serif;color:${INK};background:#fff`);
  const canvas = element(root, "canvas", { width: SIDE, height: SIDE, tabIndex: 0 }, "touch-action:none;cursor:crosshair;border:1px solid #ddd;max-width:100%");
  canvas.setAttribute("role", "application");
  canvas.setAttribute("aria-label", "The plane: drag a start; space chooses the next one, arrow keys move it");
  const panel = element(root, "div", {}, "width:240px");
  const slide = (name, max, value) => {
    const label = element(panel, "label", {}, "display:block;margin-bottom:6px"), text = element(label, "span");
    const slider = element(label, "input", { type: "range", min: 0, max, step: 1, value }, "width:230px;display:block");
    slider.setAttribute("aria-label", name);
    return [slider, text];
  };
  const nearest = (steps) => COUNTS.reduce((best, c, i) => (Math.abs(c - steps) < Math.abs(COUNTS[best] - steps) ? i : best), 0);
  const [time, timeText] = slide("time", TICKS, Math.round(model.get("time") * TICKS));
  const [count, countText] = slide("number of steps", COUNTS.length - 1, nearest(model.get("steps")));
  const box = (text, on) => {
    const row = element(panel, "label", {}, "display:block");
    const input = element(row, "input", { type: "checkbox", checked: on });
    row.append(" " + text);
    return input;
  };
  const heun = box("Heun's steps instead of Euler's", model.get("method") === "heun"), arrows = box("arrows: the field now", true);
  const play = element(panel, "button", { textContent: "Run" }, "margin-top:8px");
  const words = element(panel, "div", {}, `margin-top:10px;color:${FAINT}`);
  words.setAttribute("role", "status");

  const toPage = (x, y) => [(x / REACH + 1) * SIDE / 2, (1 - y / REACH) * SIDE / 2];
  const fromPage = (event) => {
    const at = canvas.getBoundingClientRect();
    return [((event.clientX - at.left) / at.width * 2 - 1) * REACH, (1 - (event.clientY - at.top) / at.height * 2) * REACH];
  };

  function draw() {
    const context = canvas.getContext("2d"), t = +time.value / TICKS, steps = COUNTS[+count.value], method = heun.checked ? "heun" : "euler";
    const starts = model.get("starts"), key = `${steps} ${method}`;
    if (key !== cloudIs) [cloud, cloudIs] = [follow(field, noise, steps, method), key];
    const fine = follow(field, starts, FINE, "heun"), rough = follow(field, starts, steps, method);
    const line = (states, i, colour, width, until = 1) => {
      context.strokeStyle = colour;
      context.lineWidth = width;
      context.beginPath();
      const last = between(states, until);
      [...states.filter((_, k) => k / (states.length - 1) < until), last].forEach((state, k) => context[k ? "lineTo" : "moveTo"](...toPage(state[i], state[i + 1])));
      context.stroke();
    };
    const dot = (x, y, radius, colour, hollow = false) => {
      context.beginPath();
      context.arc(...toPage(x, y), radius, 0, 7);
      context.fillStyle = hollow ? "#fff" : colour;
      context.fill();
      context.strokeStyle = colour;
      context.lineWidth = 2;
      context.stroke();
    };
    context.fillStyle = "#fff";
    context.fillRect(0, 0, SIDE, SIDE);
    context.fillStyle = "#bbb";
    for (let i = 0; i < points.length; i += 2) context.fillRect(...toPage(points[i], points[i + 1]), 2, 2);
    if (arrows.checked)
      for (let r = 0; r < GRID; r++)
        for (let c = 0; c < GRID; c++) {
          const at = (k) => ((k + 0.5) / GRID * 2 - 1) * REACH, [x, y] = [at(c), at(r)];
          const [vx, vy] = field(Math.min(t, 0.99), x, y), length = Math.hypot(vx, vy) || 1, long = 0.34 * length / (length + 1.5);
          const [px, py] = toPage(x, y), [qx, qy] = toPage(x + long * vx / length, y + long * vy / length);
          context.strokeStyle = context.fillStyle = "#aaa";
          context.lineWidth = 1;
          context.beginPath();
          context.moveTo(px, py);
          context.lineTo(qx, qy);
          context.stroke();
          context.fillRect(qx - 1.5, qy - 1.5, 3, 3);
        }
    const now = between(cloud, t);
    context.fillStyle = BLUE;
    context.globalAlpha = 0.6;
    for (let i = 0; i < now.length; i += 2) {
      const [x, y] = toPage(now[i], now[i + 1]);
      context.fillRect(x - 1.5, y - 1.5, 3, 3);
    }
    context.globalAlpha = 1;
    const ends = Array.from(rough.at(-1)), exact = Array.from(fine.at(-1));
    let missed = 0;
    for (let i = 0; i < starts.length; i += 2) {
      missed = Math.max(missed, Math.hypot(ends[i] - exact[i], ends[i + 1] - exact[i + 1]));
      line(fine, i, "#888", 1);
      line(rough, i, VERMILLION, 2, t);
      if (steps <= 20) for (const [k, state] of rough.entries()) if (k && k / steps <= t) dot(state[i], state[i + 1], 1.5, VERMILLION);
      const here = between(rough, t);
      dot(starts[i], starts[i + 1], i === 2 * chosen ? 6 : 5, VERMILLION, true);
      if (t > 0) dot(here[i], here[i + 1], 4, VERMILLION);
      dot(exact[i], exact[i + 1], 3, "#666", true);
    }
    timeText.textContent = `time ${t.toFixed(2)}: noise at 0, data at 1`;
    countText.textContent = `${steps} step${steps > 1 ? "s" : ""}, ${steps * (method === "heun" ? 2 : 1)} evaluations of the field`;
    words.textContent = `The orange paths end at most ${missed.toFixed(2)} from where the exact ones (grey) do.`;
    el.dataset.paths = JSON.stringify({ time: t, steps, method, starts, ends, exact, missed, now: Array.from(now.slice(0, 8)) });
  }

  function place(x, y) {
    const starts = [...model.get("starts")];
    [starts[2 * chosen], starts[2 * chosen + 1]] = [clamp(x, -REACH, REACH), clamp(y, -REACH, REACH)];
    model.set("starts", starts);
  }
  canvas.addEventListener("pointerdown", (event) => {
    event.preventDefault();
    event.stopPropagation();
    canvas.focus();
    canvas.setPointerCapture?.(event.pointerId);
    const [x, y] = fromPage(event), starts = model.get("starts");
    const far = (i) => Math.hypot(starts[2 * i] - x, starts[2 * i + 1] - y);
    for (let i = 0; i < starts.length / 2; i++) if (far(i) < far(chosen)) chosen = i;
    held = true;
    place(x, y);
  });
  canvas.addEventListener("pointermove", (event) => { if (held) place(...fromPage(event)); });
  for (const end of ["pointerup", "pointercancel"]) canvas.addEventListener(end, () => { held = false; model.save_changes(); });
  canvas.addEventListener("mousedown", (event) => event.stopPropagation());
  canvas.addEventListener("keydown", (event) => {
    const move = { ArrowLeft: [-0.1, 0], ArrowRight: [0.1, 0], ArrowUp: [0, 0.1], ArrowDown: [0, -0.1] }[event.key];
    if (!move && event.key !== " ") return;
    event.preventDefault();
    event.stopPropagation();
    const starts = model.get("starts");
    if (move) place(starts[2 * chosen] + move[0], starts[2 * chosen + 1] + move[1]);
    else { chosen = (chosen + 1) % (starts.length / 2); draw(); }
    model.save_changes();
  });
  time.addEventListener("input", () => { cancelAnimationFrame(running); model.set("time", +time.value / TICKS); model.save_changes(); });
  count.addEventListener("input", () => { model.set("steps", COUNTS[+count.value]); model.save_changes(); });
  heun.addEventListener("change", () => { model.set("method", heun.checked ? "heun" : "euler"); model.save_changes(); });
  arrows.addEventListener("change", draw);
  let running = 0;
  play.addEventListener("click", () => {
    cancelAnimationFrame(running);
    const began = performance.now();
    const frame = (at) => {
      const done = clamp((at - began) / 2000, 0, 1); // a frame may be older than the click
      model.set("time", Math.round(done * TICKS) / TICKS);
      if (done < 1) running = requestAnimationFrame(frame);
      else model.save_changes();
    };
    running = requestAnimationFrame(frame);
  });
  model.on("change:time", () => { time.value = Math.round(model.get("time") * TICKS); draw(); });
  model.on("change:steps", () => { count.value = nearest(model.get("steps")); draw(); });
  model.on("change:method", () => { heun.checked = model.get("method") === "heun"; draw(); });
  model.on("change:starts", draw);
  draw();
}

export default { render };
