// Guidance in the plane: walkers go from noise to data without chance, led by one label. Every label has heaps (normal
// densities), so the best guess of x_0 with the label and without is known, and computed here.

const INK = "#333333", FAINT = "#767676", SIDE = 360, REACH = 3.2, STEPS = 40, WALKERS = 240, TRAILS = 14;
const COLOURS = ["#0072B2", "#D55E00", "#009E73", "#CC79A7"];

// E[x_0 | x_t = (x, y)] among the heaps with this label, or among all for label -1.
export function guess(heaps, labels, spread, label, a, x, y) {
  const root = Math.sqrt(a), variance = a * spread * spread + 1 - a, gain = root * spread * spread / variance;
  const logs = labels.map((own, i) => {
    const dx = x - root * heaps[2 * i], dy = y - root * heaps[2 * i + 1];
    return label < 0 || own === label ? -(dx * dx + dy * dy) / (2 * variance) : -Infinity;
  });
  const top = Math.max(...logs), at = [0, 0];
  let total = 0;
  logs.forEach((log, i) => {
    const share = Math.exp(log - top);
    total += share;
    at[0] += share * (heaps[2 * i] + gain * (x - root * heaps[2 * i]));
    at[1] += share * (heaps[2 * i + 1] + gain * (y - root * heaps[2 * i + 1]));
  });
  return [at[0] / total, at[1] / total];
}

// û + w (ĉ - û), for guesses of x_0.
export function guided(heaps, labels, spread, label, weight, a, x, y) {
  const without = guess(heaps, labels, spread, -1, a, x, y), led = guess(heaps, labels, spread, label, a, x, y);
  return without.map((u, k) => u + weight * (led[k] - u));
}

// From noise to data in STEPS steps without chance: a list of states, flat [x, y, x, y …].
export function walk(heaps, labels, spread, label, weight, count, seed) {
  const random = randomFrom(seed);
  let x = Float64Array.from({ length: 2 * count }, random.normal);
  const states = [x];
  for (let s = STEPS; s > 0; s--) {
    const now = signal(s / STEPS), next = s > 1 ? signal((s - 1) / STEPS) : 1, shrink = Math.sqrt((1 - next) / (1 - now));
    const moved = new Float64Array(x.length);
    for (let i = 0; i < count; i++) {
      const clean = guided(heaps, labels, spread, label, weight, now, x[2 * i], x[2 * i + 1]);
      for (let k = 0; k < 2; k++)
        moved[2 * i + k] = shrink * x[2 * i + k] + (Math.sqrt(next) - shrink * Math.sqrt(now)) * clean[k];
    }
    states.push(x = moved);
  }
  return states;
}

// Which share of the points lies within three standard deviations of each heap, the nearest one.
export function shares(points, heaps, spread) {
  const counts = Array(heaps.length / 2).fill(0);
  for (let i = 0; i < points.length; i += 2) {
    let best = -1, least = 3 * spread;
    for (let h = 0; h < counts.length; h++) {
      const gap = Math.hypot(points[i] - heaps[2 * h], points[i + 1] - heaps[2 * h + 1]);
      if (gap < least) [best, least] = [h, gap];
    }
    if (best >= 0) counts[best]++;
  }
  return counts.map((count) => count / (points.length / 2));
}

function render({ model, el }) {
  el.classList.add("genlab-guide");
  const heaps = model.get("heaps"), labels = model.get("labels"), names = model.get("names"), spread = model.get("spread");
  const root = element(el, "div", {}, `display:flex;flex-wrap:wrap;gap:16px;font:13px sans-serif;color:${INK};background:#fff`);
  const canvas = element(root, "canvas", { width: SIDE, height: SIDE }, "border:1px solid #ddd;max-width:100%");
  canvas.setAttribute("role", "img");
  const panel = element(root, "div", {}, "width:250px");
  const slide = (name, max, step, value) => {
    const label = element(panel, "label", { textContent: name }, "display:block;margin-bottom:6px");
    const input = element(label, "input", { type: "range", min: 0, max, step, value }, "width:240px;display:block");
    input.setAttribute("aria-label", name);
    return input;
  };
  const weight = slide("weight", 6, 0.5, model.get("weight"));
  const time = slide("from noise to data", STEPS, 1, STEPS);
  const group = element(panel, "div", {}, "margin:8px 0"), together = `label-${Math.random()}`;
  const radios = names.map((text, value) => {
    const row = element(group, "label", {}, `display:block;color:${COLOURS[value]}`);
    const radio = element(row, "input", { type: "radio", name: together, value, checked: model.get("label") === value });
    row.append(" " + text);
    radio.addEventListener("change", () => { model.set("label", value); model.save_changes(); });
    return radio;
  });
  const words = element(panel, "div", {}, `margin-top:10px;color:${FAINT};white-space:pre-line`);
  words.setAttribute("role", "status");
  const toPage = (x, y) => [(x / REACH + 1) * SIDE / 2, (1 - y / REACH) * SIDE / 2];
  let states = [];

  function again() {
    states = walk(heaps, labels, spread, model.get("label"), model.get("weight"), WALKERS, 5);
    draw();
  }

  function draw() {
    const context = canvas.getContext("2d"), shown = states[+time.value], mine = model.get("label");
    context.fillStyle = "#fff";
    context.fillRect(0, 0, SIDE, SIDE);
    labels.forEach((own, h) => {
      const [x, y] = toPage(heaps[2 * h], heaps[2 * h + 1]);
      context.globalAlpha = own === mine ? 0.45 : 0.18;
      context.fillStyle = COLOURS[own];
      context.beginPath();
      context.arc(x, y, 2 * spread / REACH * SIDE / 2, 0, 2 * Math.PI);
      context.fill();
    });
    context.globalAlpha = 0.5;
    context.strokeStyle = INK;
    for (let i = 0; i < TRAILS; i++) {
      context.beginPath();
      states.slice(0, +time.value + 1).forEach((state, s) => {
        const [x, y] = toPage(state[2 * i], state[2 * i + 1]);
        s ? context.lineTo(x, y) : context.moveTo(x, y);
      });
      context.stroke();
    }
    context.globalAlpha = 1;
    context.fillStyle = INK;
    for (let i = 0; i < shown.length; i += 2) {
      const [x, y] = toPage(shown[i], shown[i + 1]);
      context.fillRect(x - 1.5, y - 1.5, 3, 3);
    }
    const found = shares(shown, heaps, spread), own = labels.map((l, h) => (l === mine ? found[h] : -1)).filter((v) => v >= 0);
    const percent = (v) => `${Math.round(100 * v)} %`, rest = 1 - own.reduce((sum, v) => sum + v, 0);
    words.textContent = `weight ${(+weight.value).toFixed(1)}, ${names[mine]}\nouter heap ${percent(own[0])}, inner heap ${percent(own[1])}\n` +
      `elsewhere ${percent(rest)}`;
    canvas.setAttribute("aria-label", `Walkers led by ${words.textContent.replaceAll("\n", ", ")}`);
    el.dataset.guide = JSON.stringify({ weight: model.get("weight"), label: mine, step: +time.value, own, rest });
  }

  weight.addEventListener("input", () => { model.set("weight", +weight.value); model.save_changes(); });
  time.addEventListener("input", draw);
  model.on("change:weight", () => { weight.value = model.get("weight"); again(); });
  model.on("change:label", () => { radios.forEach((radio, value) => { radio.checked = value === model.get("label"); }); again(); });
  again();
}

export default { render };
