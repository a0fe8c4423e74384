// A cloud of points in the plane, noised and freed of noise by a slider. The data are a mixture of small normal
// densities around the points (a kernel density), so the best guess of x_0 and the score are known, and computed here.

const INK = "#333333", FAINT = "#767676", BLUE = "#0072B2", VERMILLION = "#D55E00", SIDE = 360, REACH = 3.2, STEPS = 60;
const WALKERS = 150, TRAILS = 10, GRID = 13;

// E[x_0 | x_t = (x, y)] for the mixture: points flat [x, y, x, y …], each of standard deviation spread.
export function denoise(points, spread, a, x, y) {
  const root = Math.sqrt(a), variance = a * spread * spread + 1 - a, gain = root * spread * spread / variance;
  let top = -Infinity;
  const logs = new Float64Array(points.length / 2);
  for (let i = 0; i < logs.length; i++) {
    const dx = x - root * points[2 * i], dy = y - root * points[2 * i + 1];
    logs[i] = -(dx * dx + dy * dy) / (2 * variance);
    if (logs[i] > top) top = logs[i];
  }
  let total = 0, cx = 0, cy = 0;
  for (let i = 0; i < logs.length; i++) {
    const w = Math.exp(logs[i] - top);
    total += w;
    cx += w * (points[2 * i] + gain * (x - root * points[2 * i]));
    cy += w * (points[2 * i + 1] + gain * (y - root * points[2 * i + 1]));
  }
  return [cx / total, cy / total];
}

// ∇ log q(x_t) = (√ᾱ E[x_0 | x_t] - x_t) / (1 - ᾱ).
export function score(points, spread, a, x, y) {
  const [cx, cy] = denoise(points, spread, a, x, y), root = Math.sqrt(a);
  return [(root * cx - x) / (1 - a), (root * cy - y) / (1 - a)];
}

// Numbers N(0, 1) that are the same every time (mulberry32 and Box and Muller).
export function normals(count, seed) {
  return Float64Array.from({ length: count }, randomFrom(seed).normal);
}

// From noise to data in STEPS steps: a list of states, the first at u = 1 and the last at u = 0.
export function walk(points, spread, eta, count, seed) {
  let x = normals(2 * count, seed);
  const states = [x], fresh = normals(2 * count * STEPS, seed + 1);
  for (let s = STEPS; s > 0; s--) {
    const now = signal(s / STEPS), before = s > 1 ? signal((s - 1) / STEPS) : 1;
    const small = (1 - before) / (1 - now) * (1 - now / before), kept = Math.sqrt(Math.max(0, 1 - before - eta * eta * small));
    const next = new Float64Array(x.length);
    for (let i = 0; i < count; i++) {
      const guess = denoise(points, spread, now, x[2 * i], x[2 * i + 1]);
      for (let k = 0; k < 2; k++) {
        const noise = (x[2 * i + k] - Math.sqrt(now) * guess[k]) / Math.sqrt(1 - now);
        next[2 * i + k] = Math.sqrt(before) * guess[k] + kept * noise + eta * Math.sqrt(small) * fresh[2 * count * (s - 1) + 2 * i + k];
      }
    }
    states.push(x = next);
  }
  return states;
}

const WAYS = [["data", "data, and noise added"], ["chance", "back, with chance"], ["path", "back, without chance"]];

function render({ model, el }) {
  el.classList.add("genlab-cloud");
  const spread = model.get("spread"), noise = normals(2 * 4000, 7);
  let walks = {}, pen = [0, 0];
  const root = element(el, "div", {}, `display:flex;flex-wrap:wrap;gap:16px;font:13px sans-serif;color:${INK};background:#fff`);
  const canvas = element(root, "canvas", { width: SIDE, height: SIDE, tabIndex: 0 }, "touch-action:none;cursor:crosshair;border:1px solid #ddd;max-width:100%");
  canvas.setAttribute("role", "application");
  canvas.setAttribute("aria-label", "The plane: drag to add data; arrow keys move the pen, space adds data");
  const panel = element(root, "div", {}, "width:240px");
  const label = element(panel, "label", { textContent: "time" }, "display:block");
  const slider = element(label, "input", { type: "range", min: 0, max: STEPS, step: 1, value: Math.round(model.get("time") * STEPS) }, "width:230px;display:block");
  slider.setAttribute("aria-label", "time");
  const group = element(panel, "div", {}, "margin:8px 0");
  const name = `way-${Math.random()}`;
  const radios = WAYS.map(([value, text]) => {
    const row = element(group, "label", {}, "display:block");
    const radio = element(row, "input", { type: "radio", name, value, checked: model.get("way") === value });
    row.append(" " + text);
    radio.addEventListener("change", () => { model.set("way", value); model.save_changes(); });
    return radio;
  });
  const row = element(panel, "label", {}, "display:block");
  const arrows = element(row, "input", { type: "checkbox", checked: model.get("arrows") });
  row.append(" arrows: the score");
  const clear = element(panel, "button", { textContent: "Draw my own data" }, "margin-top:8px");
  const words = element(panel, "div", {}, `margin-top:10px;color:${FAINT}`);
  words.setAttribute("role", "status");

  const toPage = (x, y) => [(x / REACH + 1) * SIDE / 2, (1 - y / REACH) * SIDE / 2];
  const fromPage = (event) => {
    const box = canvas.getBoundingClientRect();
    return [((event.clientX - box.left) / box.width * 2 - 1) * REACH, (1 - (event.clientY - box.top) / box.height * 2) * REACH];
  };

  function cloud() {
    const points = model.get("points"), step = +slider.value, way = model.get("way");
    if (way === "data" || !points.length) {
      const a = step ? signal(step / STEPS) : 1;
      return points.map((p, i) => Math.sqrt(a) * p + Math.sqrt(1 - a) * noise[i % noise.length]);
    }
    walks[way] ??= walk(points, spread, way === "chance" ? 1 : 0, WALKERS, 11);
    return walks[way][STEPS - step];
  }

  function draw() {
    const context = canvas.getContext("2d"), points = model.get("points"), step = +slider.value, way = model.get("way");
    const a = signal(step / STEPS), shown = cloud();
    context.fillStyle = "#fff";
    context.fillRect(0, 0, SIDE, SIDE);
    if (arrows.checked && points.length) {
      context.strokeStyle = "#999";
      for (let r = 0; r < GRID; r++)
        for (let c = 0; c < GRID; c++) {
          const at = (k) => ((k + 0.5) / GRID * 2 - 1) * REACH, [x, y] = [at(c), at(r)];
          const [sx, sy] = score(points, spread, Math.min(a, 0.995), x, y), length = Math.hypot(sx, sy) || 1;
          const long = 0.36 * length / (length + 1.5), [px, py] = toPage(x, y);
          const [qx, qy] = toPage(x + long * sx / length, y + long * sy / length);
          context.beginPath();
          context.moveTo(px, py);
          context.lineTo(qx, qy);
          context.stroke();
          context.fillStyle = "#999";
          context.fillRect(qx - 1.5, qy - 1.5, 3, 3);
        }
    }
    if (way !== "data" && points.length) {
      context.strokeStyle = VERMILLION;
      context.globalAlpha = 0.7;
      for (let i = 0; i < TRAILS; i++) {
        context.beginPath();
        walks[way].slice(0, STEPS - step + 1).forEach((state, s) => {
          const [x, y] = toPage(state[2 * i], state[2 * i + 1]);
          s ? context.lineTo(x, y) : context.moveTo(x, y);
        });
        context.stroke();
      }
      context.globalAlpha = 1;
    }
    context.fillStyle = way === "data" ? BLUE : VERMILLION;
    for (let i = 0; i < shown.length; i += 2) {
      const [x, y] = toPage(shown[i], shown[i + 1]);
      context.fillRect(x - 1.5, y - 1.5, 3, 3);
    }
    if (el.getRootNode().activeElement === canvas) {
      const [x, y] = toPage(...pen);
      context.strokeStyle = INK;
      context.strokeRect(x - 4, y - 4, 8, 8);
    }
    words.textContent = points.length
      ? `time ${(step / STEPS).toFixed(2)}: ${(100 * (step ? a : 1)).toFixed(a < 0.1 ? 1 : 0)} % of the variance is signal`
      : "Drag over the plane to draw where data should be.";
    const flat = Array.from(shown);
    const mean = (k) => flat.filter((_, i) => i % 2 === k).reduce((sum, v) => sum + v, 0) / (flat.length / 2 || 1);
    el.dataset.cloud = JSON.stringify({ step, way, signal: a, count: flat.length / 2, mean: [mean(0), mean(1)] });
  }

  function add(x, y) {
    const jitter = normals(4, model.get("points").length + 1).map((v) => 0.07 * v);
    model.set("points", [...model.get("points"), x + jitter[0], y + jitter[1], x + jitter[2], y + jitter[3]].slice(-800));
  }
  let drawing = false;
  canvas.addEventListener("pointerdown", (event) => { drawing = true; canvas.setPointerCapture?.(event.pointerId); slider.value = 0; add(...fromPage(event)); });
  canvas.addEventListener("pointermove", (event) => { if (drawing) add(...fromPage(event)); });
  for (const end of ["pointerup", "pointercancel"]) canvas.addEventListener(end, () => { drawing = false; model.save_changes(); });
  canvas.addEventListener("keydown", (event) => {
    const move = { ArrowLeft: [-0.2, 0], ArrowRight: [0.2, 0], ArrowUp: [0, 0.2], ArrowDown: [0, -0.2] }[event.key];
    if (!move && event.key !== " ") return;
    event.preventDefault();
    if (move) pen = pen.map((v, k) => Math.max(-REACH, Math.min(REACH, v + move[k])));
    else { slider.value = 0; add(...pen); model.save_changes(); }
    draw();
  });
  for (const happening of ["focus", "blur"]) canvas.addEventListener(happening, draw);
  clear.addEventListener("click", () => { model.set("points", []); model.set("way", "data"); slider.value = 0; model.save_changes(); canvas.focus(); draw(); });
  arrows.addEventListener("change", draw);
  slider.addEventListener("input", () => { model.set("time", +slider.value / STEPS); model.save_changes(); });
  model.on("change:points", () => { walks = {}; draw(); });
  model.on("change:time", () => { slider.value = Math.round(model.get("time") * STEPS); draw(); });
  model.on("change:way", () => { radios.forEach((radio) => { radio.checked = radio.value === model.get("way"); }); draw(); });
  draw();
}

export default { render };
