// An energy that the reader paints, and walkers that follow Langevin dynamics on it. The energy is a table over the
// square, read by interpolation; everything happens here, and no kernel is asked.

const INK = "#333333", FAINT = "#767676", VERMILLION = "#D55E00";
const SIDE = 384, WALKERS = 400;

// Energy and slope at a point of [-reach, reach]², by bilinear interpolation between the centres of cells.
export function energyAt({ table, side, reach }, x, y) {
  const u = Math.min(side - 1.000001, Math.max(0, (x / reach + 1) * side / 2 - 0.5));
  const v = Math.min(side - 1.000001, Math.max(0, (y / reach + 1) * side / 2 - 0.5));
  const i = Math.floor(u), j = Math.floor(v), a = u - i, b = v - j, scale = side / (2 * reach);
  const at = (k, l) => table[l * side + k];
  const low = at(i, j) * (1 - a) + at(i + 1, j) * a, high = at(i, j + 1) * (1 - a) + at(i + 1, j + 1) * a;
  const left = at(i, j) * (1 - b) + at(i, j + 1) * b, right = at(i + 1, j) * (1 - b) + at(i + 1, j + 1) * b;
  return [low * (1 - b) + high * b, scale * (right - left), scale * (high - low)];
}

// A bump of this depth (below 0: a dent) around a place.
export function paint(field, x, y, depth, width = 0.4) {
  const cell = 2 * field.reach / field.side;
  for (let l = 0; l < field.side; l++)
    for (let k = 0; k < field.side; k++) {
      const dx = (k + 0.5) * cell - field.reach - x, dy = (l + 0.5) * cell - field.reach - y;
      field.table[l * field.side + k] += depth * Math.exp(-(dx * dx + dy * dy) / (2 * width * width));
    }
}

// One step of every walker, x ← x − ½ ε ∇E + factor √ε n, with walls that reflect.
export function walk(field, walkers, step, factor, { normal }) {
  const inside = (v) => (v > field.reach ? 2 * field.reach - v : v < -field.reach ? -2 * field.reach - v : v);
  for (const p of walkers) {
    const [, dx, dy] = energyAt(field, p[0], p[1]);
    const drift = (slope) => Math.max(-0.5, Math.min(0.5, 0.5 * step * slope));
    p[0] = inside(p[0] - drift(dx) + factor * Math.sqrt(step) * normal());
    p[1] = inside(p[1] - drift(dy) + factor * Math.sqrt(step) * normal());
  }
}

function render({ model, el }) {
  const start = model.get("start"), reach = model.get("reach"), side = Math.round(Math.sqrt(start.length));
  const field = { table: Float64Array.from(start), side, reach }, random = randomFrom(7);
  let walkers = [], brush = [0, 0], raising = false, steps = 0, running = true;
  const scatter = () => { walkers = Array.from({ length: WALKERS }, () => [0, 1].map(() => reach * (2 * random.uniform() - 1))); steps = 0; };
  scatter();

  el.classList.add("genlab-walkers");
  const root = element(el, "div", {}, `font:13px sans-serif;color:${INK};background:#fff;max-width:${SIDE + 250}px;display:flex;flex-wrap:wrap;gap:14px`);
  const canvas = element(root, "canvas", { width: SIDE, height: SIDE, tabIndex: 0 }, "touch-action:none;cursor:crosshair;max-width:100%");
  canvas.setAttribute("role", "application");
  canvas.setAttribute("aria-label", "Paint an energy: arrow keys move the brush, space paints, r turns lowering into raising");
  const column = element(root, "div", {}, "width:220px;display:flex;flex-direction:column;gap:6px");
  const knob = (text, name, min, max, by) => {
    const label = element(column, "label", {}, "display:block");
    const words = element(label, "span");
    const input = element(label, "input", { type: "range", min, max, step: by, value: model.get(name) }, "width:100%");
    input.setAttribute("aria-label", text);
    const tell = () => { words.textContent = `${text}: ${Number(input.value).toFixed(2)}`; };
    input.addEventListener("input", () => { model.set(name, Number(input.value)); model.save_changes(); tell(); });
    model.on(`change:${name}`, () => { input.value = model.get(name); tell(); });
    tell();
  };
  knob("step size ε", "step", 0.01, 0.3, 0.01);
  knob("noise, in units of √ε", "noise", 0, 2, 0.1);
  const button = (text, act) => element(column, "button", { textContent: text }).addEventListener("click", act);
  const kind = element(column, "button", { textContent: "Brush: digs" });
  const turn = () => { raising = !raising; kind.textContent = raising ? "Brush: heaps up" : "Brush: digs"; };
  kind.addEventListener("click", turn);
  button("Scatter the walkers", () => { scatter(); draw(); });
  button("Level the ground", () => { field.table.fill(0); show(); });
  button("As it was", () => { field.table.set(start); show(); });
  const pause = element(column, "button", { textContent: "Pause" });
  pause.addEventListener("click", () => { running = !running; pause.textContent = running ? "Pause" : "Go on"; if (running) requestAnimationFrame(frame); });
  const words = element(column, "div", {}, `color:${FAINT};font-size:12px`);
  words.setAttribute("role", "status");

  const ground = document.createElement("canvas");
  ground.width = ground.height = side;
  function show() {
    const context = ground.getContext("2d"), image = context.createImageData(side, side);
    let low = Infinity, high = -Infinity;
    for (const e of field.table) { low = Math.min(low, e); high = Math.max(high, e); }
    for (let l = 0; l < side; l++)
      for (let k = 0; k < side; k++) {
        const t = (field.table[l * side + k] - low) / Math.max(1, high - low);
        image.data.set([30 + 215 * t, 70 + 170 * t, 110 + 110 * t, 255], 4 * ((side - 1 - l) * side + k));
      }
    context.putImageData(image, 0, 0);
    model.set("energy", Array.from(field.table));
    model.save_changes();
    draw();
  }

  function draw() {
    const context = canvas.getContext("2d"), scale = SIDE / (2 * reach);
    context.imageSmoothingEnabled = true;
    context.drawImage(ground, 0, 0, SIDE, SIDE);
    context.fillStyle = VERMILLION;
    for (const [x, y] of walkers) context.fillRect((x + reach) * scale - 1.5, (reach - y) * scale - 1.5, 3, 3);
    if (el.contains(document.activeElement) || el.getRootNode().activeElement === canvas) {
      context.strokeStyle = INK;
      context.strokeRect((brush[0] + reach) * scale - 6, (reach - brush[1]) * scale - 6, 12, 12);
    }
    const mean = [0, 1].map((i) => walkers.reduce((sum, p) => sum + p[i], 0) / walkers.length);
    const energy = walkers.reduce((sum, p) => sum + energyAt(field, p[0], p[1])[0], 0) / walkers.length;
    words.textContent = `${steps} steps; mean energy of the walkers ${energy.toFixed(2)}`;
    el.dataset.walkers = JSON.stringify({ steps, mean, energy });
  }

  const put = () => { paint(field, brush[0], brush[1], raising ? 0.25 : -0.25); show(); };
  function frame() {
    if (!running || !el.isConnected) return;
    for (let k = 0; k < 3; k++, steps++) walk(field, walkers, model.get("step"), model.get("noise"), random);
    draw();
    requestAnimationFrame(frame);
  }

  let painting = false;
  const spot = (event) => {
    const box = canvas.getBoundingClientRect();
    brush = [(event.clientX - box.left) / box.width * 2 * reach - reach, reach - (event.clientY - box.top) / box.height * 2 * reach];
  };
  canvas.addEventListener("pointerdown", (event) => {
    event.preventDefault();
    event.stopPropagation();
    canvas.focus();
    canvas.setPointerCapture(event.pointerId);
    painting = true;
    spot(event);
    put();
  });
  canvas.addEventListener("pointermove", (event) => { if (painting) { spot(event); put(); } });
  for (const name of ["pointerup", "pointercancel"]) canvas.addEventListener(name, () => { painting = false; });
  canvas.addEventListener("mousedown", (event) => event.stopPropagation());
  canvas.addEventListener("keydown", (event) => {
    const way = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] }[event.key];
    if (!way && event.key !== " " && event.key !== "r") return;
    event.preventDefault();
    event.stopPropagation();
    if (way) brush = brush.map((v, i) => Math.max(-reach, Math.min(reach, v + 0.15 * way[i])));
    if (event.key === "r") turn();
    if (event.key === " ") put();
    else draw();
  });
  show();
  requestAnimationFrame(frame);
}

export default { render };
