// A latent of one number: a curve in the plane, the posterior of a point, and a bell q to drag. Everything shown
// is computed here, by sums over a fine grid of z; no kernel is asked, so it lives on a plain page as well.

const INK = "#333333", FAINT = "#767676", GRID = "#E6E6E6";
const BLUE = "#0072B2", VERMILLION = "#D55E00", GREEN = "#009E73", ORANGE = "#E69F00";
const LOG_2PI = Math.log(2 * Math.PI);

const normal = (z, mean, std) => Math.exp(-0.5 * ((z - mean) / std) ** 2 - Math.log(std) - LOG_2PI / 2);

// log p(x), the expected log-likelihood, both divergences and the posterior's density on the grid, in nats.
export function terms({ z, fx, fy, noise }, x, mean, std) {
  const step = z[1] - z[0];
  const logLikelihood = z.map((_, i) =>
    -0.5 * (((x[0] - fx[i]) / noise) ** 2 + ((x[1] - fy[i]) / noise) ** 2) - 2 * Math.log(noise) - LOG_2PI);
  const joint = logLikelihood.map((l, i) => l - 0.5 * z[i] ** 2 - LOG_2PI / 2);
  const top = Math.max(...joint);
  const logp = top + Math.log(joint.reduce((sum, l) => sum + Math.exp(l - top), 0) * step);
  const bell = z.map((place) => normal(place, mean, std));
  const mass = bell.reduce((sum, b) => sum + b, 0);
  const fit = bell.reduce((sum, b, i) => sum + b * logLikelihood[i], 0) / mass;
  const price = 0.5 * (mean ** 2 + std ** 2 - 1) - Math.log(std);
  return { logp, fit, price, elbo: fit - price, gap: logp - fit + price, bell,
           posterior: joint.map((l) => Math.exp(l - logp)) };
}

// The bell with the largest bound, by trying ever smaller steps from several starts.
export function best(data, x) {
  let found = null;
  for (const start of [-2, -1, 0, 1, 2]) {
    let [mean, std, size] = [start, 0.4, 0.5];
    let value = terms(data, x, mean, std).elbo;
    while (size > 0.002) {
      const around = [[mean + size, std], [mean - size, std], [mean, std * (1 + size)], [mean, std / (1 + size)]];
      const tried = around.filter(([m, s]) => Math.abs(m) <= 3 && s >= 0.05 && s <= 1.5)
        .map(([m, s]) => [terms(data, x, m, s).elbo, m, s]).sort((a, b) => b[0] - a[0])[0];
      if (tried && tried[0] > value) [value, mean, std] = tried;
      else size /= 2;
    }
    if (!found || value > found[0]) found = [value, mean, std];
  }
  return [found[1], found[2]];
}

function panel(parent, width, height, label) {
  const svg = shape(parent, "svg", { viewBox: `0 0 ${width} ${height}`, width, height, role: "group", "aria-label": label });
  svg.style.cssText = "display:block;max-width:100%;height:auto;touch-action:none;background:#fff";
  return svg;
}

function handle(svg, label, colour) {
  const circle = shape(svg, "circle", { r: 8, fill: colour, stroke: "#fff", "stroke-width": 2, tabindex: 0,
                                       role: "slider", "aria-label": label });
  circle.style.cursor = "grab";
  return circle;
}

function render({ model, el }) {
  const data = Object.fromEntries(["z", "fx", "fy", "noise"].map((name) => [name, model.get(name)]));
  el.classList.add("genlab-bound");
  const root = document.createElement("div");
  root.style.cssText = `display:flex;flex-wrap:wrap;gap:12px;align-items:flex-start;font:13px sans-serif;color:${INK};background:#fff`;
  el.appendChild(root);
  const right = document.createElement("div");
  right.style.cssText = "flex:0 1 370px";
  const plane = panel(root, 300, 320, "The plane of observations, with the curve of the decoder");
  root.appendChild(right);
  const axis = panel(right, 370, 178, "The axis of z, with posterior and bell");
  const bars = panel(right, 370, 112, "The bound as a bar that fills up to log p of x");
  const row = document.createElement("div");
  row.style.cssText = "display:flex;gap:12px;align-items:center";
  const button = document.createElement("button");
  button.textContent = "Best bell";
  button.title = "Move the bell to where the bound is largest";
  const words = document.createElement("span");
  words.setAttribute("role", "status");
  row.append(button, words);
  right.appendChild(row);

  const span = model.get("span"); // of the plane, to both sides of 0
  const px = (x) => 20 + (x + span) * 260 / (2 * span), py = (y) => 280 - (y + span) * 260 / (2 * span);
  const zx = (z) => 10 + (z + 3.5) * 350 / 7;
  shape(plane, "rect", { x: 20, y: 20, width: 260, height: 260, fill: "none", stroke: GRID });
  shape(plane, "text", { x: 150, y: 300, "text-anchor": "middle", "font-size": 12, fill: INK }, "first number of x");
  shape(plane, "text", { x: 0, y: 0, transform: "translate(12 150) rotate(-90)", "text-anchor": "middle", "font-size": 12, fill: INK },
       "second number of x");
  shape(plane, "text", { x: 20, y: 14, "font-size": 12, fill: FAINT }, "grey: the curve, with z; red: where q looks");
  const line = data.z.map((_, i) => `${px(data.fx[i])},${py(data.fy[i])}`);
  shape(plane, "polyline", { points: line.filter((_, i) => Math.abs(data.z[i]) <= 3).join(" "), fill: "none", stroke: "#BBBBBB",
                            "stroke-width": 3 });
  for (let place = -2; place <= 2; place++) {
    const i = data.z.reduce((near, z, j) => (Math.abs(z - place) < Math.abs(data.z[near] - place) ? j : near), 0);
    shape(plane, "text", { x: px(data.fx[i]) + 6, y: py(data.fy[i]) - 6, "font-size": 11, fill: FAINT }, place < 0 ? `−${-place}` : place);
    shape(plane, "circle", { cx: px(data.fx[i]), cy: py(data.fy[i]), r: 2.5, fill: FAINT });
  }
  const cloud = shape(plane, "g", { "pointer-events": "none" });
  const point = handle(plane, "The observation x, moved by the arrow keys", GREEN);
  shape(axis, "line", { x1: 10, x2: 360, y1: 140, y2: 140, stroke: FAINT });
  for (let place = -3; place <= 3; place++)
    shape(axis, "text", { x: zx(place), y: 155, "text-anchor": "middle", "font-size": 11, fill: INK }, place < 0 ? `−${-place}` : place);
  shape(axis, "text", { x: 185, y: 172, "text-anchor": "middle", "font-size": 12, fill: INK }, "z, the latent number");
  const legend = [["prior p(z)", FAINT, 12], ["posterior p(z | x)", BLUE, 92], ["your bell q", VERMILLION, 222]];
  for (const [name, fill, x] of legend) shape(axis, "text", { x, y: 12, "font-size": 12, fill }, name);
  const prior = shape(axis, "polyline", { fill: "none", stroke: "#AAAAAA", "stroke-width": 1.5, "stroke-dasharray": "4 3" });
  const truth = shape(axis, "polyline", { fill: BLUE, "fill-opacity": 0.15, stroke: BLUE, "stroke-width": 2, class: "posterior" });
  const bell = shape(axis, "polyline", { fill: "none", stroke: VERMILLION, "stroke-width": 2.5, class: "bell" });
  const middle = handle(axis, "Mean of the bell q", VERMILLION), side = handle(axis, "Width of the bell q", ORANGE);

  function draw() {
    const x = model.get("x"), [mean, std] = model.get("q");
    const t = terms(data, x, mean, std);
    const high = Math.max(...t.posterior, 0.45);
    const y = (density) => 140 - 118 * Math.min(density / high, 1.02);
    const trace = (values) => data.z.map((z, i) => [z, i]).filter(([z]) => Math.abs(z) <= 3.5)
      .map(([z, i]) => `${zx(z).toFixed(1)},${y(values[i]).toFixed(1)}`).join(" ");
    prior.setAttribute("points", trace(data.z.map((z) => normal(z, 0, 1))));
    truth.setAttribute("points", `${zx(-3.5)},140 ${trace(t.posterior)} ${zx(3.5)},140`);
    bell.setAttribute("points", trace(t.bell));
    place(middle, zx(mean), 140, mean, -3, 3);
    place(side, zx(Math.min(mean + std, 3.45)), y(normal(std, 0, std)), std, 0.05, 1.5);
    place(point, px(x[0]), py(x[1]), x[0], -span, span);
    point.setAttribute("aria-valuetext", `x is ${x[0].toFixed(2)}, ${x[1].toFixed(2)}`);
    cloud.replaceChildren();
    for (const k of [-2, -1.5, -1, -0.5, 0, 0.5, 1, 1.5, 2]) {
      const i = Math.round((mean + k * std - data.z[0]) / (data.z[1] - data.z[0]));
      if (i >= 0 && i < data.z.length)
        shape(cloud, "circle", { cx: px(data.fx[i]), cy: py(data.fy[i]), r: 6 - 2 * Math.abs(k), fill: VERMILLION,
                                "fill-opacity": 0.7 });
    }
    stack(t);
    const shown = { ...t, bell: undefined, posterior: undefined };
    el.dataset.terms = JSON.stringify(shown);
    words.textContent = `ELBO ${signed(t.elbo)}, gap ${signed(t.gap)}, log p(x) ${signed(t.logp)} nats`;
  }

  function place(knob, cx, cy, value, low, high) {
    for (const [name, number] of Object.entries({ cx, cy, "aria-valuenow": value.toFixed(2), "aria-valuemin": low,
                                                  "aria-valuemax": high })) knob.setAttribute(name, number);
  }

  // Nats from the left: the ELBO and the gap fill up to log p(x); below, what the ELBO is made of.
  function stack(t) {
    bars.replaceChildren();
    const low = Math.min(-12, t.logp - 8), high = Math.max(t.logp, t.fit, 0) + 1;
    const bx = (value) => 10 + clamp((value - low) / (high - low), 0, 1) * 350;
    const bar = (from, to, y, fill, label, opacity = 0.85) => {
      shape(bars, "rect", { x: bx(from), y, width: Math.max(0, bx(to) - bx(from)), height: 24, fill, "fill-opacity": opacity });
      if (bx(to) - bx(from) > 8 * label.length)
        shape(bars, "text", { x: (bx(from) + bx(to)) / 2, y: y + 16, "text-anchor": "middle", "font-size": 12, fill: "#fff" }, label);
    };
    bar(low, t.elbo, 18, BLUE, "ELBO");
    bar(t.elbo, t.logp, 18, VERMILLION, "gap");
    bar(low, t.elbo, 56, BLUE, "ELBO", 0.4);
    bar(t.elbo, t.fit, 56, FAINT, "cost");
    shape(bars, "line", { x1: bx(t.logp), x2: bx(t.logp), y1: 12, y2: 48, stroke: INK, "stroke-width": 2 });
    shape(bars, "text", { x: bx(t.logp), y: 10, "text-anchor": "middle", "font-size": 12, fill: INK }, "log p(x)");
    shape(bars, "text", { x: 10, y: 94, "font-size": 12, fill: INK },
         `ELBO + cost (grey) ${signed(t.price)} = mean log p(x | z) under q, ${signed(t.fit)}`);
    shape(bars, "text", { x: 360, y: 110, "text-anchor": "end", "font-size": 11, fill: FAINT }, `nats, from ${signed(low)} to ${signed(high)}`);
  }

  function set(values) {
    for (const [name, value] of Object.entries(values)) model.set(name, value);
    model.save_changes();
    draw();
  }

  const moveMean = (z) => set({ q: [clamp(z, -3, 3), model.get("q")[1]] });
  const moveStd = (s) => set({ q: [model.get("q")[0], clamp(s, 0.05, 1.5)] });
  const movePoint = (a, b) => set({ x: [clamp(a, -span, span), clamp(b, -span, span)] });

  function dragging(svg, choose) {
    let act = null;
    const at = (event) => {
      const box = svg.getBoundingClientRect(), scale = svg.viewBox.baseVal.width / box.width;
      return [(event.clientX - box.left) * scale, (event.clientY - box.top) * scale];
    };
    svg.addEventListener("pointerdown", (event) => {
      event.preventDefault();
      event.stopPropagation();
      svg.setPointerCapture(event.pointerId);
      act = choose(...at(event));
      act(...at(event));
    });
    svg.addEventListener("pointermove", (event) => act && act(...at(event)));
    for (const name of ["pointerup", "pointercancel"]) svg.addEventListener(name, () => { act = null; });
    svg.addEventListener("mousedown", (event) => event.stopPropagation()); // the notebook would take the focus
  }

  const toZ = (u) => (u - 10) * 7 / 350 - 3.5;
  dragging(axis, (u, v) => {
    const far = (knob) => Math.hypot(u - knob.getAttribute("cx"), v - knob.getAttribute("cy"));
    if (far(side) < Math.min(14, far(middle))) { side.focus(); return (a) => moveStd(Math.abs(toZ(a) - model.get("q")[0])); }
    middle.focus();
    return (a) => moveMean(toZ(a));
  });
  dragging(plane, () => {
    point.focus();
    return (a, b) => movePoint((a - 20) * 2 * span / 260 - span, (280 - b) * 2 * span / 260 - span);
  });

  function keys(knob, act) {
    knob.addEventListener("keydown", (event) => {
      const [a, b] = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] }[event.key] ?? [0, 0];
      if (!a && !b) return;
      event.preventDefault();
      event.stopPropagation();
      act(a, b);
    });
  }
  keys(middle, (a, b) => moveMean(model.get("q")[0] + 0.05 * (a + b)));
  keys(side, (a, b) => moveStd(model.get("q")[1] + 0.03 * (a + b)));
  keys(point, (a, b) => movePoint(model.get("x")[0] + 0.1 * a, model.get("x")[1] + 0.1 * b));
  button.addEventListener("click", () => set({ q: best(data, model.get("x")) }));
  model.on("change:q change:x", draw);
  draw();
  return () => model.off?.("change:q change:x", draw);
}

export default { render };
