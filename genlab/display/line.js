// Two players on a line. The data are N(mean, std²), the generator makes N(m, s²), and D's logit is a parabola,
// a + b u + c u² with u = x/2, so that the best D can be reached. Losses and slopes are sums over a fine grid:
// nothing is random, and every press shows what the game itself does.

const BLUE = "#0072B2", VERMILLION = "#D55E00", GREEN = "#00734F", INK = "#333333", FAINT = "#767676", GRID = "#CCCCCC";
const REACH = 5, CELLS = 401, NARROWEST = 0.15;

const normal = (x, mean, std) => Math.exp(-0.5 * ((x - mean) / std) ** 2) / (std * Math.sqrt(2 * Math.PI));
export const logit = (d, x) => d[0] + d[1] * (x / 2) + d[2] * (x / 2) ** 2;

// Both losses, in nats, and their slopes in the players' own numbers.
export function terms(data, g, d, saturating) {
  const step = 2 * 12 / 2400;
  let dLoss = 0, gLoss = 0;
  const dSlope = [0, 0, 0], gSlope = [0, 0];
  for (let i = 0; i <= 2400; i++) {
    const z = -12 + step * i, weight = normal(z, 0, 1) * step;
    if (weight < 1e-18) continue;
    const real = data[0] + data[1] * z, made = g[0] + g[1] * z;
    const r = logit(d, real), f = logit(d, made);
    dLoss += weight * (softplus(-r) + softplus(f));
    gLoss += weight * (saturating ? -softplus(f) : softplus(-f));
    const pullReal = -weight * sigmoid(-r), pullMade = weight * sigmoid(f);
    for (let k = 0; k < 3; k++) dSlope[k] += pullReal * (real / 2) ** k + pullMade * (made / 2) ** k;
    const along = weight * pushed(d, made, saturating);
    gSlope[0] += along;
    gSlope[1] += along * z;
  }
  return { dLoss, gLoss, dSlope, gSlope };
}

// Slope of the generator's loss in the place of one sample at x.
function pushed(d, x, saturating) {
  const f = logit(d, x);
  return -(saturating ? sigmoid(f) : sigmoid(-f)) * (d[1] + d[2] * x) / 2;
}

// The best D: its logit is log p(x) - log g(x), a parabola.
export function best(data, g) {
  const [p, q] = [1 / data[1] ** 2, 1 / g[1] ** 2];
  return [Math.log(g[1] / data[1]) + (q * g[0] ** 2 - p * data[0] ** 2) / 2, 2 * (p * data[0] - q * g[0]), 2 * (q - p)];
}

export function moveD(data, g, d, rate) {
  const { dSlope } = terms(data, g, d, false);
  return d.map((value, k) => clamp(value - rate * dSlope[k], -200, 200));
}

export function moveG(data, g, d, rate, saturating) {
  const { gSlope } = terms(data, g, d, saturating);
  return [clamp(g[0] - rate * gSlope[0], -4.8, 4.8), clamp(g[1] - rate * gSlope[1], NARROWEST, 3)];
}

function render({ model, el }) {
  const data = model.get("data"), began = { g: model.get("g"), d: model.get("d") };
  el.classList.add("genlab-line");
  const root = element(el, "div");
  root.style.cssText = `max-width:680px;font:13px sans-serif;color:${INK};background:#fff`;
  const svg = shape(root, "svg", { viewBox: "0 0 680 250", width: 680, height: 250, role: "group",
                                  "aria-label": "A line with the data's bump, the generator's bump and the discriminator's curve" });
  svg.style.cssText = "display:block;max-width:100%;height:auto;touch-action:none;background:#fff";
  const px = (x) => 40 + (x + REACH) * 600 / (2 * REACH), py = (share) => 205 - 180 * share;
  for (const share of [0, 0.5, 1]) {
    shape(svg, "line", { x1: 40, x2: 640, y1: py(share), y2: py(share), stroke: share ? GRID : FAINT,
                        "stroke-dasharray": share === 0.5 ? "4 3" : "none" });
    shape(svg, "text", { x: 646, y: py(share) + 4, "font-size": 11, fill: GREEN }, share === 0.5 ? "½" : `${share}`);
  }
  for (let x = -4; x <= 4; x += 2)
    shape(svg, "text", { x: px(x), y: 236, "text-anchor": "middle", "font-size": 11, fill: INK }, x < 0 ? `−${-x}` : x);
  shape(svg, "text", { x: 340, y: 249, "text-anchor": "middle", "font-size": 12, fill: INK }, "x");
  const legend = [["data p", BLUE, 42], ["made by G", VERMILLION, 102], ["D(x), right-hand scale", GREEN, 184],
                  ["arrows: how D pushes samples", INK, 334]];
  for (const [name, fill, x] of legend) shape(svg, "text", { x, y: 13, "font-size": 12, fill }, name);
  const real = shape(svg, "polygon", { fill: BLUE, "fill-opacity": 0.2, stroke: BLUE, "stroke-width": 1.5 });
  const made = shape(svg, "polygon", { fill: VERMILLION, "fill-opacity": 0.2, stroke: VERMILLION, "stroke-width": 1.5, class: "made" });
  const curve = shape(svg, "polyline", { fill: "none", stroke: GREEN, "stroke-width": 2.5, class: "discriminator" });
  const arrows = shape(svg, "g", { class: "arrows", "pointer-events": "none" });
  const knob = shape(svg, "circle", { r: 8, fill: VERMILLION, stroke: "#fff", "stroke-width": 2, tabindex: 0, role: "slider",
                                     "aria-label": "Middle of the generator's bump", "aria-valuemin": -4.8, "aria-valuemax": 4.8 });
  knob.style.cursor = "grab";

  const bar = element(root, "div");
  bar.style.cssText = "display:flex;flex-wrap:wrap;gap:6px;align-items:center;margin:2px 0";
  const act = (text, title, change) => element(bar, "button", { textContent: text, title }).addEventListener("click", () => set(change()));
  const stepD = () => ({ d: moveD(data, model.get("g"), model.get("d"), model.get("rates")[0]) });
  const stepG = (d = model.get("d")) => ({ g: moveG(data, model.get("g"), d, model.get("rates")[1], model.get("saturating") > 0) });
  act("D: one step", "The discriminator lowers its loss a little", stepD);
  act("G: one step", "The generator lowers its loss a little", () => stepG());
  act("Ten rounds", "D and G in turn, ten times", () => {
    for (let i = 0; i < 10; i++) {
      model.set("d", stepD().d);
      model.set("g", stepG().g);
    }
    return {};
  });
  act("D to its best", "The best answer to this generator", () => ({ d: best(data, model.get("g")) }));
  act("Start again", "Both players back to where they began", () => began);
  const row = element(root, "div");
  row.style.cssText = "display:flex;flex-wrap:wrap;gap:14px;align-items:center;margin:2px 0";
  const sliders = ["D's learning rate", "G's learning rate"].map((name, k) => {
    const label = element(row, "label", { textContent: `${name} ` });
    const input = element(label, "input");
    Object.assign(input, { type: "range", min: -1, max: 1.3, step: 0.05, value: Math.log10(model.get("rates")[k]) });
    input.setAttribute("aria-label", name);
    input.style.width = "110px";
    const shown = element(label, "span");
    shown.style.cssText = "display:inline-block;width:2.6em";
    input.addEventListener("input", () => set({ rates: model.get("rates").map((rate, j) => (j === k ? 10 ** Number(input.value) : rate)) }));
    return { input, shown };
  });
  const label = element(row, "label");
  const box = element(label, "input");
  box.type = "checkbox";
  label.append(" saturating loss");
  box.addEventListener("change", () => set({ saturating: box.checked ? 1 : 0 }));
  const words = element(root, "div");
  words.setAttribute("role", "status");

  function draw() {
    const [g, d, saturating] = [model.get("g"), model.get("d"), model.get("saturating") > 0];
    const places = Array.from({ length: CELLS }, (_, i) => -REACH + 2 * REACH * i / (CELLS - 1));
    const high = Math.max(normal(0, 0, data[1]), normal(0, 0, Math.max(g[1], 0.35)), 0.5) * 1.08;
    const bump = (mean, std) => `${px(-REACH)},${py(0)} ` +
      places.map((x) => `${px(x).toFixed(1)},${py(Math.min(normal(x, mean, std) / high, 1)).toFixed(1)}`).join(" ") +
      ` ${px(REACH)},${py(0)}`;
    real.setAttribute("points", bump(...data));
    made.setAttribute("points", bump(...g));
    curve.setAttribute("points", places.map((x) => `${px(x).toFixed(1)},${py(sigmoid(logit(d, x))).toFixed(1)}`).join(" "));
    arrows.replaceChildren();
    for (const z of [-2, -1.2, -0.5, 0.5, 1.2, 2]) {
      const x = g[0] + g[1] * z, push = clamp(-60 * pushed(d, x, saturating), -120, 120);
      if (Math.abs(x) > REACH) continue;
      shape(arrows, "circle", { cx: px(x), cy: 216, r: 2.5, fill: VERMILLION });
      shape(arrows, "line", { x1: px(x), x2: px(x) + push, y1: 216, y2: 216, stroke: INK, "stroke-width": 1.6 });
      if (Math.abs(push) > 4) {
        const tip = px(x) + push, back = -4 * Math.sign(push);
        shape(arrows, "polyline", { points: `${tip + back},212 ${tip},216 ${tip + back},220`, fill: "none", stroke: INK, "stroke-width": 1.6 });
      }
    }
    for (const [name, value] of Object.entries({ cx: px(g[0]), cy: py(0), "aria-valuenow": g[0].toFixed(2) })) knob.setAttribute(name, value);
    const t = terms(data, g, d, saturating);
    el.dataset.game = JSON.stringify({ g, d, ...t });
    sliders.forEach(({ input, shown }, k) => {
      shown.textContent = model.get("rates")[k].toFixed(1);
      if (document.activeElement !== input) input.value = Math.log10(model.get("rates")[k]);
    });
    box.checked = saturating;
    words.textContent = `D's loss ${t.dLoss.toFixed(3)} nats (1.386 if it only guesses), G's loss ${signed(t.gLoss)}; ` +
      `G's bump: mean ${signed(g[0])}, width ${g[1].toFixed(2)}; a step of G moves its mean by ` +
      `${signed(-model.get("rates")[1] * t.gSlope[0])}`;
  }

  function set(values) {
    for (const [name, value] of Object.entries(values)) model.set(name, value);
    model.save_changes();
    draw();
  }

  const moveTo = (x) => set({ g: [clamp(x, -4.8, 4.8), model.get("g")[1]] });
  knobOnAxis({ root, svg, knob, reach: REACH, where: () => model.get("g")[0], moveTo });
  const changes = "change:g change:d change:rates change:saturating";
  model.on(changes, draw);
  draw();
  return () => model.off?.(changes, draw);
}

export default { render };
