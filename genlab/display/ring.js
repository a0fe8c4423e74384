// A GAN on points in the plane, trained here in plain JavaScript: D's surface behind the points, one step of
// either player at a press. Both are networks of two hidden layers with leaky units. D's slope in x is then a
// product of matrices, and the penalty on it, γ/2 (mean |∇D(x)|² + mean |∇D(G(z))|²), has its gradient by hand.

const REACH = 3, CELLS = 64, BATCH = 128, SHOWN = 512;
const BLUE = "#0072B2", VERMILLION = "#D55E00", INK = "#333333";

// weight/2 |∇D(x)|²: its value, and its gradient added to `grads`. The leaks are fixed near x, so ∇D is a
// product of matrices, and the gradient is that of a network which starts from the slope itself.
export function penalty(net, values, weight, grads) {
  const slopes = [new Float64Array([1])]; // after the leak, from the top down: of the logit in each layer's output
  for (let k = net.length - 1; k >= 0; k--) {
    const { inside, out, w } = net[k], down = new Float64Array(inside);
    const up = slopes[0].map((s, o) => (k < net.length - 1 && values[k + 1][o] < 0 ? LEAK * s : s));
    slopes[0] = up;
    for (let o = 0; o < out; o++) for (let i = 0; i < inside; i++) down[i] += up[o] * w[o * inside + i];
    slopes.unshift(down);
  }
  let along = slopes[0];
  for (let k = 0; k < net.length; k++) {
    const { inside, out, w } = net[k], next = new Float64Array(out), s = slopes[k + 1];
    for (let o = 0; o < out; o++) {
      let sum = 0;
      for (let i = 0; i < inside; i++) {
        grads[k].w[o * inside + i] += weight * s[o] * along[i];
        sum += w[o * inside + i] * along[i];
      }
      next[o] = k < net.length - 1 && values[k + 1][o] < 0 ? LEAK * sum : sum;
    }
    along = next;
  }
  return weight / 2 * slopes[0].reduce((sum, s) => sum + s * s, 0);
}

// One step of D on real rows and as many made ones; its loss without the penalty.
export function stepD(d, real, made, rate, gamma, step) {
  const grads = zeros(d);
  let loss = 0;
  for (const [rows, sign] of [[real, -1], [made, 1]])
    for (const x of rows) {
      const values = forward(d, x), l = values[d.length][0];
      loss += softplus(sign * l) / rows.length;
      backward(d, values, [sign * sigmoid(sign * l) / rows.length], grads);
      if (gamma > 0) penalty(d, values, gamma / rows.length, grads);
    }
  adam(d, grads, rate, step);
  return loss;
}

// One step of G through D, which stays as it is; the non-saturating loss.
export function stepG(g, d, noise, rate, step) {
  const grads = zeros(g);
  let loss = 0;
  for (const z of noise) {
    const inner = forward(g, z), outer = forward(d, inner[g.length]), l = outer[d.length][0];
    loss += softplus(-l) / noise.length;
    backward(g, inner, backward(d, outer, [-sigmoid(-l) / noise.length], null), grads);
  }
  adam(g, grads, rate, step);
  return loss;
}

function render({ model, el }) {
  const modes = model.get("modes"), sigma = model.get("sigma"), hidden = model.get("hidden");
  let game;
  el.classList.add("genlab-ring");
  const root = element(el, "div");
  root.style.cssText = `display:flex;flex-wrap:wrap;gap:16px;max-width:680px;font:13px sans-serif;color:${INK};background:#fff`;
  const canvas = element(root, "canvas");
  canvas.width = canvas.height = 340;
  canvas.style.cssText = "width:340px;height:340px;max-width:100%";
  canvas.setAttribute("role", "img");
  const side = element(root, "div");
  side.style.cssText = "flex:1 1 240px;display:flex;flex-direction:column;gap:8px;align-items:flex-start";
  const bar = element(side, "div");
  bar.style.cssText = "display:flex;flex-wrap:wrap;gap:6px";
  const press = (text, title, action) => {
    const button = element(bar, "button", { textContent: text, title });
    button.addEventListener("click", () => { action(); draw(); });
    return button;
  };
  press("D: one step", "The discriminator learns from one batch", () => playD());
  press("G: one step", "The generator learns from one batch", () => playG());
  press("Ten rounds", "D and G in turn, ten times", () => rounds(10));
  const play = press("Play", "Rounds without end, until you pause", () => film.toggle());
  const film = endless(el, play, () => { rounds(1); }, draw);
  press("Start again", "New networks, with the next seed", () => begin(game.seed + 1));
  const sliders = [["rates", 0, "D's learning rate", -4, -1.5], ["rates", 1, "G's learning rate", -4, -1.5], ["gamma", 0, "γ, weight on D's slopes", -2.05, 1]]
    .map(([name, k, text, min, max]) => {
      const label = element(side, "label", { textContent: `${text} ` }), input = element(label, "input");
      const value = () => (name === "gamma" ? model.get(name) : model.get(name)[k]);
      const place = () => (value() > 0 ? Math.log10(value()) : min);
      Object.assign(input, { type: "range", min, max, step: 0.05, value: place() });
      input.setAttribute("aria-label", text);
      input.style.width = "110px";
      const shown = element(label, "span");
      const say = () => { shown.textContent = ` ${Number(value().toPrecision(2))}`; };
      input.addEventListener("input", () => {
        const chosen = name === "gamma" && Number(input.value) <= min + 0.04 ? 0 : 10 ** Number(input.value);
        model.set(name, name === "gamma" ? chosen : model.get(name).map((v, j) => (j === k ? chosen : v)));
        model.save_changes();
        say();
      });
      say();
      return () => { input.value = place(); say(); };
    });
  const words = element(side, "div");
  words.setAttribute("role", "status");
  const key = element(side, "div", { textContent: "background: yellow where D says “real”, violet where it says “made”; blue rings: the data's modes; orange: made by G" });
  key.style.color = "#767676";

  function begin(seed, weights = null) {
    const random = randomFrom(seed), sizes = [[2, hidden, hidden, 2], [2, hidden, hidden, 1]];
    const nets = sizes.map((s, i) => (weights ? network(s, weights[i]) : fresh(s, random)));
    game = { seed, random, g: nets[0], d: nets[1], steps: [0, 0], losses: [NaN, NaN] };
    game.noise = Array.from({ length: SHOWN }, () => [random.normal(), random.normal()]);
  }
  const noise = () => Array.from({ length: BATCH }, () => [game.random.normal(), game.random.normal()]);
  const made = (rows) => rows.map((z) => forward(game.g, z)[game.g.length]);
  const data = () => Array.from({ length: BATCH }, () => {
    const mode = modes[Math.floor(game.random.uniform() * modes.length)];
    return mode.map((v) => v + sigma * game.random.normal());
  });
  function playD() { game.losses[0] = stepD(game.d, data(), made(noise()), model.get("rates")[0], model.get("gamma"), ++game.steps[0]); }
  function playG() { game.losses[1] = stepG(game.g, game.d, noise(), model.get("rates")[1], ++game.steps[1]); }
  function rounds(count) { for (let i = 0; i < count; i++) { playD(); playG(); } }

  function draw() {
    const context = canvas.getContext("2d"), scale = canvas.width / (2 * REACH);
    const tile = new ImageData(CELLS, CELLS), surface = [];
    for (let row = 0; row < CELLS; row++)
      for (let column = 0; column < CELLS; column++) {
        const x = (2 * column + 1 - CELLS) * REACH / CELLS, y = (CELLS - 2 * row - 1) * REACH / CELLS;
        const share = sigmoid(forward(game.d, [x, y])[game.d.length][0]);
        surface.push(share);
        tile.data.set([...colour(share).map((v) => Math.round(120 + 0.53 * v)), 255], 4 * (row * CELLS + column));
      }
    const sheet = new OffscreenCanvas(CELLS, CELLS);
    sheet.getContext("2d").putImageData(tile, 0, 0);
    context.drawImage(sheet, 0, 0, canvas.width, canvas.height);
    const px = (x) => (x + REACH) * scale, py = (y) => (REACH - y) * scale;
    const dot = (x, y, r) => { context.beginPath(); context.arc(px(x), py(y), r, 0, 2 * Math.PI); };
    context.strokeStyle = BLUE;
    context.lineWidth = 2;
    for (const [x, y] of modes) { dot(x, y, 3 * sigma * scale); context.stroke(); }
    context.fillStyle = VERMILLION;
    context.strokeStyle = "#fff";
    context.lineWidth = 0.5;
    const counts = modes.map(() => 0), points = made(game.noise);
    for (const [x, y] of points) {
      dot(x, y, 2.2);
      context.fill();
      context.stroke();
      modes.forEach(([a, b], k) => { if (Math.hypot(x - a, y - b) <= 3 * sigma) counts[k] += 1; });
    }
    const found = counts.filter((count) => count >= SHOWN / modes.length / 4).length;
    const on = counts.reduce((sum, count) => sum + count, 0) / SHOWN;
    const loss = (value) => (Number.isNaN(value) ? "–" : value.toFixed(2));
    words.textContent = `steps of D ${game.steps[0]}, of G ${game.steps[1]}; D's loss ${loss(game.losses[0])}, ` +
      `G's loss ${loss(game.losses[1])}; ${found} of ${modes.length} modes found, ${Math.round(100 * on)} % of the samples on one`;
    canvas.setAttribute("aria-label", `Points made by the generator over the discriminator's surface: ${words.textContent}`);
    el.dataset.ring = JSON.stringify({ steps: game.steps, found, on, losses: game.losses, points: points.slice(0, 8).map((p) => [...p]),
                                       surface: surface.filter((_, i) => i % 97 === 0) });
    sliders.forEach((say) => say());
  }

  for (const name of ["mousedown", "keydown"]) root.addEventListener(name, (event) => event.stopPropagation()); // the notebook's
  begin(model.get("seed"), model.get("weights"));
  draw();
  return film.pause;
}

export default { render };
