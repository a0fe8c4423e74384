// Two heaps of earth on a line. The data are a mixture of bumps; what is made is one bump, which the reader pushes. Shown
// are the plan that carries it onto the data, the area between the cumulative functions, which is W₁, the divergence of
// lesson 20, and the best critic. Sums over a fine grid: nothing is random.

const INK = "#333333", FAINT = "#767676", BLUE = "#0072B2", VERMILLION = "#D55E00", GREEN = "#00734F", GRID = "#CCCCCC";
const REACH = 6, CELLS = 1201, STEP = 2 * REACH / (CELLS - 1), GRAINS = 12, FAR = 5.4;
const places = Array.from({ length: CELLS }, (_, i) => -REACH + STEP * i);

// The share of a normal law below z: erf by its series near 0, by its continued fraction far off.
export function below(z) {
  const t = Math.abs(z) / Math.SQRT2;
  let tail;
  if (t < 2) {
    let term = t, sum = t;
    for (let n = 1; n < 60; n++) {
      term *= -t * t / n;
      sum += term / (2 * n + 1);
    }
    tail = 0.5 - sum / Math.sqrt(Math.PI);
  } else {
    let f = t;
    for (let k = 60; k > 0; k--) f = t + k / 2 / f;
    tail = 0.5 * Math.exp(-t * t) / (f * Math.sqrt(Math.PI));
  }
  return z < 0 ? tail : 1 - tail;
}

const density = (heaps, x) => heaps.reduce((sum, [share, mean, width]) =>
  sum + share * Math.exp(-0.5 * ((x - mean) / width) ** 2) / (width * Math.sqrt(2 * Math.PI)), 0);
const share = (heaps, x) => heaps.reduce((sum, [part, mean, width]) => sum + part * below((x - mean) / width), 0);

// All that the picture shows: densities, cumulative functions, W₁, the divergence in nats, the best critic.
export function terms(data, made) {
  const [p, g] = [data, made].map((heaps) => places.map((x) => density(heaps, x)));
  const [F, G] = [data, made].map((heaps) => places.map((x) => share(heaps, x)));
  let wasserstein = 0, divergence = 0;
  const critic = [0], slope = places.map((_, i) => (Math.abs(G[i] - F[i]) > 1e-9 ? Math.sign(G[i] - F[i]) : 0));
  for (let i = 0; i < CELLS; i++) {
    wasserstein += Math.abs(F[i] - G[i]) * STEP;
    const middle = (p[i] + g[i]) / 2;
    for (const q of [p[i], g[i]]) if (q > 0 && middle > 0) divergence += 0.5 * q * Math.log(q / middle) * STEP;
    if (i) critic.push(critic[i - 1] + (slope[i] + slope[i - 1]) / 2 * STEP);
  }
  const mean = critic.reduce((a, b) => a + b, 0) / CELLS;
  return { p, g, F, G, wasserstein, divergence, slope, critic: critic.map((v) => v - mean) };
}

// Where each grain lies, and where it is carried: the places at which both cumulative functions have its height.
export function plan(F, G) {
  const at = (shares, height) => places[Math.min(CELLS - 1, Math.max(0, shares.findIndex((s) => s >= height)))];
  return Array.from({ length: GRAINS }, (_, i) => (i + 0.5) / GRAINS).map((height) => [at(G, height), at(F, height)]);
}

function render({ model, el }) {
  const data = model.get("data"), began = Object.fromEntries(["mean", "width", "critic"].map((name) => [name, model.get(name)]));
  el.classList.add("genlab-earth");
  const root = element(el, "div", {}, `max-width:680px;font:13px sans-serif;color:${INK};background:#fff`);
  const svg = shape(root, "svg", { viewBox: "0 0 680 372", width: 680, height: 372, role: "group",
                                  "aria-label": "Two heaps on a line, the plan that carries one onto the other, and their cumulative functions" });
  svg.style.cssText = "display:block;max-width:100%;height:auto;touch-action:none;background:#fff";
  const px = (x) => 40 + (x + REACH) * 600 / (2 * REACH);
  const ground = 150, deep = 242, roof = 26, base = 340, sky = 262;
  for (const [y, colour] of [[ground, FAINT], [base, FAINT], [sky, GRID]]) shape(svg, "line", { x1: 40, x2: 640, y1: y, y2: y, stroke: colour });
  for (let x = -6; x <= 6; x += 2)
    shape(svg, "text", { x: px(x), y: 354, "text-anchor": "middle", "font-size": 11, fill: INK }, x < 0 ? `−${-x}` : `${x}`);
  shape(svg, "text", { x: 340, y: 368, "text-anchor": "middle", "font-size": 12, fill: INK }, "x");
  for (const [name, fill, x] of [["data p", BLUE, 42], ["made by G: drag it", VERMILLION, 102]])
    shape(svg, "text", { x, y: 14, "font-size": 12, fill }, name);
  const said = shape(svg, "text", { x: 232, y: 14, "font-size": 12, fill: GREEN }, "best critic, its own scale");
  shape(svg, "text", { x: 42, y: sky - 6, "font-size": 12, fill: FAINT }, "share of each heap to the left of x; the grey area is W₁");
  const area = shape(svg, "polygon", { fill: INK, "fill-opacity": 0.14, class: "area" });
  const curves = Object.fromEntries([["p", BLUE], ["g", VERMILLION]].map(([name, colour]) =>
    [name, shape(svg, "polygon", { fill: colour, "fill-opacity": 0.2, stroke: colour, "stroke-width": 1.5, class: name })]));
  const shares = [BLUE, VERMILLION].map((stroke) => shape(svg, "polyline", { fill: "none", stroke, "stroke-width": 1.8 }));
  const arrows = shape(svg, "g", { class: "plan", "pointer-events": "none" });
  const line = shape(svg, "polyline", { fill: "none", stroke: GREEN, "stroke-width": 2.5, class: "critic" });
  const knob = shape(svg, "circle", { r: 8, cy: ground, fill: VERMILLION, stroke: "#fff", "stroke-width": 2, tabindex: 0, role: "slider",
                                     "aria-label": "Middle of the heap that is made", "aria-valuemin": -FAR, "aria-valuemax": FAR });
  knob.style.cursor = "grab";

  const bar = element(root, "div", {}, "display:flex;flex-wrap:wrap;gap:14px;align-items:center;margin:2px 0");
  const label = element(bar, "label", { textContent: "width " });
  const input = element(label, "input", { type: "range", min: 0.1, max: 2, step: 0.05 }, "width:120px");
  input.setAttribute("aria-label", "Width of the heap that is made");
  input.addEventListener("input", () => set({ width: Number(input.value) }));
  const box = element(element(bar, "label"), "input", { type: "checkbox" });
  box.parentNode.append(" the best critic");
  box.addEventListener("change", () => set({ critic: box.checked ? 1 : 0 }));
  element(bar, "button", { type: "button", textContent: "Start again" }).addEventListener("click", () => set(began));
  const words = element(root, "div");
  words.setAttribute("role", "status");

  function draw() {
    const mean = model.get("mean"), width = model.get("width"), on = model.get("critic") > 0;
    const t = terms(data, [[1, mean, width]]), high = Math.max(...t.p, ...t.g);
    const joined = (values, y) => values.map((v, i) => (i % 3 ? "" : `${px(places[i]).toFixed(1)},${y(v).toFixed(1)} `)).join("");
    for (const name of ["p", "g"])
      curves[name].setAttribute("points", `40,${ground} ${joined(t[name], (v) => ground - (ground - roof) * v / high)} 640,${ground}`);
    const up = (v) => base - (base - sky) * v, [left, right] = [joined(t.F, up), joined(t.G, up)];
    shares[0].setAttribute("points", left);
    shares[1].setAttribute("points", right);
    area.setAttribute("points", left + right.trim().split(" ").reverse().join(" "));
    arrows.replaceChildren();
    plan(t.F, t.G).forEach(([from, to], i) => {
      const y = ground + 10 + (deep - ground - 12) * i / (GRAINS - 1), way = Math.sign(to - from);
      shape(arrows, "circle", { cx: px(from), cy: y, r: 2.4, fill: VERMILLION });
      shape(arrows, "line", { x1: px(from), x2: px(to), y1: y, y2: y, stroke: FAINT, "stroke-width": 1.2 });
      if (Math.abs(to - from) > 0.12)
        shape(arrows, "polyline", { points: `${px(to) - 5 * way},${y - 3} ${px(to)},${y} ${px(to) - 5 * way},${y + 3}`, fill: "none", stroke: FAINT });
    });
    const span = Math.max(...t.critic) - Math.min(...t.critic) || 1, least = Math.min(...t.critic);
    line.setAttribute("points", on ? joined(t.critic, (v) => ground - (ground - roof) * (v - least) / span) : "");
    said.setAttribute("visibility", on ? "visible" : "hidden");
    for (const [name, value] of Object.entries({ cx: px(mean), "aria-valuenow": mean.toFixed(2) })) knob.setAttribute(name, value);
    input.value = width;
    box.checked = on;
    const { wasserstein, divergence } = t;
    el.dataset.earth = JSON.stringify({ mean, width, wasserstein, divergence, critic: t.critic.filter((_, i) => i % 100 === 0) });
    words.textContent = `middle ${signed(mean)}, width ${width.toFixed(2)}: W₁ = ${wasserstein.toFixed(2)}; ` +
      `Jensen–Shannon divergence ${divergence.toFixed(3)} nats (at most ${Math.LN2.toFixed(3)})`;
  }

  function set(values) {
    for (const [name, value] of Object.entries(values)) model.set(name, value);
    model.save_changes();
    draw();
  }

  const moveTo = (x) => set({ mean: clamp(x, -FAR, FAR) });
  knobOnAxis({ root, svg, knob, reach: REACH, where: () => model.get("mean"), moveTo });
  const changes = "change:mean change:width change:critic";
  model.on(changes, draw);
  draw();
  return () => model.off?.(changes, draw);
}

export default { render };
