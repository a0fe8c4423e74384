// A conditional GAN on coloured heaps in the plane, trained here in plain JavaScript, with four discriminators to choose
// from: one that never sees the label, one that has it beside x, one that projects it on its features, one that names it.
// A slider goes from label to label; between two of them both networks get a bit of each.

const REACH = 3, CELLS = 64, BATCH = 128, SHOWN = 512, RATE = 2e-3, CALM = [0, 0.99], INK = "#333333", FAINT = "#767676";
const COLOURS = ["#0072B2", "#D55E00", "#009E73", "#CC79A7"];
const KINDS = { blind: "never sees the label", concat: "label beside x", projection: "label projected", auxiliary: "names the label" };

const hot = (label, count) => Array.from({ length: count }, (_, c) => (c === label ? 1 : 0));
const softmax = (values) => {
  const top = Math.max(...values), parts = values.map((v) => Math.exp(v - top)), sum = parts.reduce((a, b) => a + b, 0);
  return parts.map((v) => v / sum);
};

// Sizes of D: the label goes in beside x, or the last layer has one number more for each label.
export const sizesOf = (kind, hidden, count) => (kind === "concat" ? [2 + count, hidden, hidden, 1] : [2, hidden, hidden, 1 + count]);

export function prepared(d, kind) {
  if (kind === "projection") d[d.length - 1].b.fill(0, 1); // ⟨e(y), h⟩ has no bias
  return d;
}

// What D says of x under weights of the labels: the values of its layers, the logit, the logits of the classes.
export function judge(d, kind, x, weights) {
  const values = forward(d, kind === "concat" ? [...x, ...weights] : x), out = values[d.length];
  const classes = kind === "concat" ? null : Array.from(out).slice(1);
  const logit = kind === "projection" ? out[0] + classes.reduce((sum, v, c) => sum + v * weights[c], 0) : out[0];
  return { values, logit, classes };
}

// The slope of a loss in D's outputs, from that in the logit and the weight of -log c(y | x).
function slopes(kind, { classes }, weights, inLogit, naming) {
  if (kind === "concat") return [inLogit];
  if (kind === "projection") return [inLogit, ...weights.map((w) => w * inLogit)];
  const shares = kind === "auxiliary" ? softmax(classes) : classes;
  return [inLogit, ...classes.map((_, c) => (kind === "auxiliary" ? naming * (shares[c] - weights[c]) : 0))];
}

const nats = (kind, { classes }, weights) =>
  (kind === "auxiliary" ? -softmax(classes).reduce((sum, v, c) => sum + weights[c] * Math.log(v), 0) : 0);

// One step of D on pairs [x, weights], real ones and made ones; its loss.
export function learnD(d, kind, real, made, rate, step) {
  const grads = zeros(d);
  let loss = 0;
  for (const [pairs, sign] of [[real, -1], [made, 1]])
    for (const [x, weights] of pairs) {
      const said = judge(d, kind, x, weights), share = 1 / pairs.length;
      loss += share * (softplus(sign * said.logit) + nats(kind, said, weights));
      backward(d, said.values, slopes(kind, said, weights, share * sign * sigmoid(sign * said.logit), share), grads);
    }
  if (kind === "projection") grads[d.length - 1].b.fill(0, 1);
  adam(d, grads, rate, step, CALM);
  return loss;
}

// One step of G on pairs [z, weights], through D, which stays as it is; its loss.
export function learnG(g, d, kind, asked, rate, step) {
  const grads = zeros(g);
  let loss = 0;
  for (const [z, weights] of asked) {
    const inner = forward(g, [...z, ...weights]), said = judge(d, kind, inner[g.length], weights), share = 1 / asked.length;
    loss += share * (softplus(-said.logit) + nats(kind, said, weights));
    const up = backward(d, said.values, slopes(kind, said, weights, -share * sigmoid(-said.logit), share), null);
    backward(g, inner, up.slice(0, 2), grads);
  }
  adam(g, grads, rate, step, CALM);
  return loss;
}

function render({ model, el }) {
  const modes = model.get("modes"), sigma = model.get("sigma"), hidden = model.get("hidden"), count = model.get("classes");
  let game;
  el.classList.add("genlab-labels");
  const root = element(el, "div", {}, `display:flex;flex-wrap:wrap;gap:16px;max-width:680px;font:13px sans-serif;color:${INK};background:#fff`);
  const canvas = element(root, "canvas", { width: 340, height: 340 }, "width:340px;height:340px;max-width:100%");
  canvas.setAttribute("role", "img");
  const side = element(root, "div", {}, "flex:1 1 240px;display:flex;flex-direction:column;gap:8px;align-items:flex-start");
  const choice = element(side, "fieldset", {}, "border:1px solid #ccc;padding:4px 8px;margin:0");
  element(choice, "legend", { textContent: "The discriminator" });
  for (const [kind, words] of Object.entries(KINDS)) {
    const line = element(choice, "label", {}, "display:block"), input = element(line, "input", { type: "radio", name: `kind-${model.get("seed")}`, value: kind });
    input.checked = model.get("kind") === kind;
    input.addEventListener("change", () => { model.set("kind", kind); model.save_changes(); begin(model.get("seed")); draw(); });
    line.append(` ${words}`);
  }
  const bar = element(side, "div", {}, "display:flex;flex-wrap:wrap;gap:6px");
  const press = (text, title, action) => {
    const button = element(bar, "button", { textContent: text, title });
    button.addEventListener("click", () => { action(); draw(); });
    return button;
  };
  const play = press("Play", "Rounds without end, until you pause", () => film.toggle());
  const film = endless(el, play, () => { rounds(1); }, draw);
  press("Ten rounds", "D and G in turn, ten times", () => rounds(10));
  press("Start again", "New networks, with the next seed", () => begin(game.seed + 1));
  const line = element(side, "label", { textContent: "Label " }), slider = element(line, "input", { type: "range", min: 0, max: count - 1, step: 0.05, value: model.get("label") }, "width:150px");
  slider.setAttribute("aria-label", "Label");
  const shown = element(line, "span");
  slider.addEventListener("input", () => { model.set("label", Number(slider.value)); model.save_changes(); draw(); });
  const words = element(side, "div");
  words.setAttribute("role", "status");
  element(side, "div", { textContent: "Rings: where data of a label are, in its colour. Dots: made, in the colour of the label they were asked for; the larger ones for the slider's label. Background: yellow where D says “real” under that label." }, `color:${FAINT}`);

  function begin(seed) {
    const random = randomFrom(seed), kind = model.get("kind");
    game = { seed, random, kind, steps: 0, losses: [NaN, NaN], g: fresh([2 + count, hidden, hidden, 2], random),
             d: prepared(fresh(sizesOf(kind, hidden, count), random), kind) };
    game.noise = Array.from({ length: SHOWN }, (_, i) => [[random.normal(), random.normal()], hot(i % count, count)]);
  }
  const make = ([z, weights]) => forward(game.g, [...z, ...weights])[game.g.length];
  function rounds(many) {
    for (let i = 0; i < many; i++) {
      const { random, kind, d, g } = game, z = () => [random.normal(), random.normal()];
      const real = Array.from({ length: BATCH }, () => {
        const m = Math.floor(random.uniform() * modes.length);
        return [modes[m].map((v) => v + sigma * random.normal()), hot(m % count, count)];
      });
      const made = real.map(([, weights]) => [make([z(), weights]), weights]);
      game.steps += 1;
      game.losses = [learnD(d, kind, real, made, RATE, game.steps), learnG(g, d, kind, real.map(([, weights]) => [z(), weights]), RATE, game.steps)];
    }
  }

  function draw() {
    const context = canvas.getContext("2d"), scale = canvas.width / (2 * REACH), label = model.get("label");
    const low = Math.min(Math.floor(label), count - 1), weights = hot(low, count).map((w, c) => (c === low + 1 ? label - low : w * (1 - label + low)));
    const tile = new ImageData(CELLS, CELLS), surface = [];
    for (let row = 0; row < CELLS; row++)
      for (let column = 0; column < CELLS; column++) {
        const said = judge(game.d, game.kind, [(2 * column + 1 - CELLS) * REACH / CELLS, (CELLS - 2 * row - 1) * REACH / CELLS], weights);
        const share = sigmoid(said.logit) * Math.exp(-nats(game.kind, said, weights));
        surface.push(share);
        tile.data.set([...colour(share).map((v) => Math.round(120 + 0.53 * v)), 255], 4 * (row * CELLS + column));
      }
    const sheet = new OffscreenCanvas(CELLS, CELLS);
    sheet.getContext("2d").putImageData(tile, 0, 0);
    context.drawImage(sheet, 0, 0, canvas.width, canvas.height);
    const dot = ([x, y], r) => { context.beginPath(); context.arc((x + REACH) * scale, (REACH - y) * scale, r, 0, 2 * Math.PI); };
    context.lineWidth = 2.5;
    modes.forEach((mode, m) => { context.strokeStyle = COLOURS[m % count]; dot(mode, 3 * sigma * scale); context.stroke(); });
    context.strokeStyle = "#fff";
    context.lineWidth = 0.5;
    let on = 0, right = 0;
    const near = (point, m) => Math.hypot(point[0] - modes[m][0], point[1] - modes[m][1]) <= 3 * sigma;
    game.noise.forEach((pair, i) => {
      const point = make(pair), wanted = i % count;
      const heap = modes.findIndex((_, m) => near(point, m));
      on += heap >= 0;
      right += heap >= 0 && heap % count === wanted;
      context.fillStyle = COLOURS[wanted];
      dot(point, 1.8);
      context.fill();
    });
    const points = game.noise.slice(0, 128).map(([z]) => make([z, weights]));
    context.fillStyle = Number.isInteger(label) ? COLOURS[label] : INK;
    for (const point of points) { dot(point, 3.4); context.fill(); context.stroke(); }
    const percent = (v) => Math.round(100 * v / SHOWN), loss = (v) => (Number.isNaN(v) ? "–" : v.toFixed(2));
    shown.textContent = Number.isInteger(label) ? ` ${label}` : ` ${label.toFixed(2)}, between ${low} and ${low + 1}`;
    words.textContent = `round ${game.steps}; D's loss ${loss(game.losses[0])}, G's ${loss(game.losses[1])}; ` +
      `${percent(on)} % of the dots on a ring, ${percent(right)} % on one of their own colour`;
    canvas.setAttribute("aria-label", `Dots made under four labels over the discriminator's surface: ${words.textContent}`);
    el.dataset.labels = JSON.stringify({ kind: game.kind, steps: game.steps, losses: game.losses, on: on / SHOWN, right: right / SHOWN,
                                         points: points.slice(0, 8).map((p) => [...p]), surface: surface.filter((_, i) => i % 97 === 0) });
  }

  for (const name of ["mousedown", "keydown"]) root.addEventListener(name, (event) => event.stopPropagation()); // the notebook's
  begin(model.get("seed"));
  draw();
  return film.pause;
}

export default { render };
