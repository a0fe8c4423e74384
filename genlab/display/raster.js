// An image being drawn pixel by pixel: the model names the chance of ink, and the reader, or chance, picks. The model
// is a table of counts, or a PixelCNN whose weights came along; it is run here, so no kernel is asked.

const INK = "#333333", FAINT = "#767676", BLUE = "#0072B2", VERMILLION = "#D55E00", UNKNOWN = "#8A8A8A";

function floats(view) {
  return view.byteLength ? new Float32Array(view.buffer.slice(view.byteOffset, view.byteOffset + view.byteLength)) : new Float32Array(0);
}

// p(ink | place, the four neighbours that come before): table[(r·W + c)·16 + code].
class Table {
  constructor(table, height, width) { Object.assign(this, { table, height, width }); }
  forget() {}
  ink(image, i) {
    const w = this.width, r = Math.floor(i / w), c = i % w;
    const at = (a, b) => (a < 0 || b < 0 || b >= w ? 0 : image[a * w + b]);
    const code = 8 * at(r, c - 1) + 4 * at(r - 1, c - 1) + 2 * at(r - 1, c) + at(r - 1, c + 1);
    return this.table[16 * i + code];
  }
}

// The gated PixelCNN of genlab.models for two levels: rows of the vertical stack are kept, and each pixel costs a few
// small matrix products (genlab.models.pixel_sampling).
class Network {
  constructor(weights, sizes, height, width) {
    const { features: F, above, reach, dilations } = sizes;
    Object.assign(this, { F, above, reach, height, width, rows: 0, line: [-1, -1] });
    let start = 0;
    const take = (count) => weights.subarray(start, (start += count));
    this.first = { up: take(F * above * (2 * reach + 1)), upBias: take(F), left: take(F * reach), leftBias: take(F),
                   place: take(2 * F * 10), placeBias: take(2 * F) };
    this.layers = dilations.map((d) => ({ d, up: take(2 * F * F * 6), upBias: take(2 * F), pair: take(2 * F * F * 2),
      pairBias: take(2 * F), link: take(2 * F * F), linkBias: take(2 * F), out: take(F * F), outBias: take(F),
      v: new Float32Array(height * width * F), linked: new Float32Array(height * width * 2 * F), h: new Float32Array(width * F) }));
    this.head = { a: take(F * F), aBias: take(F), b: take(F), bBias: take(1) };
  }

  // What was drawn at i, and all after it, has changed: rows up to its own still hold.
  forget(i) {
    this.rows = Math.min(this.rows, Math.floor(i / this.width) + 1);
    this.line = [-1, -1];
  }

  place(r, c, half, into) {
    const features = [];
    for (const [k, n] of [[r, this.height], [c, this.width]]) {
      const t = (k + 0.5) * (2 / n) - 1;
      features.push(t);
      for (const w of [1, 2]) features.push(Math.sin(w * Math.PI / 2 * t), Math.cos(w * Math.PI / 2 * t));
    }
    for (let f = 0; f < this.F; f++) {
      let sum = this.first.placeBias[half * this.F + f];
      for (let k = 0; k < 10; k++) sum += this.first.place[(half * this.F + f) * 10 + k] * features[k];
      into[f] += sum;
    }
  }

  // Row r of the vertical stack in all layers, from the rows of the image above it.
  row(image, r) {
    const { F, width, above, reach } = this, wide = 2 * reach + 1;
    const v = new Float32Array(width * F), own = new Float32Array(F), z = new Float32Array(2 * F);
    for (let c = 0; c < width; c++) {
      own.set(this.first.upBias);
      for (let a = 0; a < above; a++) {
        const i = r - above + a;
        if (i < 0) continue;
        for (let b = 0; b < wide; b++) {
          const j = c + b - reach;
          if (j < 0 || j >= width) continue;
          const x = 2 * image[i * width + j] - 1;
          for (let f = 0; f < F; f++) own[f] += x * this.first.up[(f * above + a) * wide + b];
        }
      }
      this.place(r, c, 0, own);
      v.set(own, c * F);
    }
    for (const layer of this.layers) {
      const { d } = layer;
      layer.v.set(v, r * width * F);
      for (let c = 0; c < width; c++) {
        z.set(layer.upBias);
        for (let a = 0; a < 2; a++) {
          const i = a ? r : r - d;
          if (i < 0) continue;
          for (let b = 0; b < 3; b++) {
            const j = c + (b - 1) * d;
            if (j < 0 || j >= width) continue;
            const from = (i * width + j) * F;
            for (let f = 0; f < 2 * F; f++) {
              let sum = 0;
              for (let g = 0; g < F; g++) sum += layer.up[((f * F + g) * 2 + a) * 3 + b] * layer.v[from + g];
              z[f] += sum;
            }
          }
        }
        for (let f = 0; f < F; f++) v[c * F + f] += Math.tanh(z[f]) * sigmoid(z[F + f]);
        const to = (r * width + c) * 2 * F;
        for (let f = 0; f < 2 * F; f++) {
          let sum = layer.linkBias[f];
          for (let g = 0; g < F; g++) sum += layer.link[f * F + g] * v[c * F + g];
          layer.linked[to + f] = sum;
        }
      }
    }
  }

  // The logit of ink at (r, c); the row's places to the left were asked before.
  pixel(image, r, c) {
    const { F, width, reach } = this;
    let h = new Float32Array(this.first.leftBias);
    for (let b = 0; b < reach; b++) {
      const j = c - reach + b;
      if (j < 0) continue;
      const x = 2 * image[r * width + j] - 1;
      for (let f = 0; f < F; f++) h[f] += x * this.first.left[f * reach + b];
    }
    this.place(r, c, 1, h);
    const z = new Float32Array(2 * F), gated = new Float32Array(F);
    for (const layer of this.layers) {
      layer.h.set(h, c * F);
      const from = (c - layer.d) * F, linked = (r * width + c) * 2 * F;
      for (let f = 0; f < 2 * F; f++) {
        let sum = layer.pairBias[f] + layer.linked[linked + f];
        for (let g = 0; g < F; g++) {
          if (from >= 0) sum += layer.pair[(f * F + g) * 2] * layer.h[from + g];
          sum += layer.pair[(f * F + g) * 2 + 1] * h[g];
        }
        z[f] = sum;
      }
      for (let f = 0; f < F; f++) gated[f] = Math.tanh(z[f]) * sigmoid(z[F + f]);
      const next = new Float32Array(h);
      for (let f = 0; f < F; f++) {
        let sum = layer.outBias[f];
        for (let g = 0; g < F; g++) sum += layer.out[f * F + g] * gated[g];
        next[f] += sum;
      }
      h = next;
    }
    let logit = this.head.bBias[0];
    for (let f = 0; f < F; f++) {
      let sum = this.head.aBias[f];
      for (let g = 0; g < F; g++) sum += this.head.a[f * F + g] * Math.max(0, h[g]);
      logit += this.head.b[f] * Math.max(0, sum);
    }
    return logit;
  }

  ink(image, i) {
    const r = Math.floor(i / this.width), c = i % this.width;
    for (; this.rows <= r; this.rows++) this.row(image, this.rows);
    const known = this.line[0] === r && this.line[1] < c ? this.line[1] + 1 : 0;
    let logit = 0;
    for (let j = known; j <= c; j++) logit = this.pixel(image, r, j);
    this.line = [r, c];
    return sigmoid(logit);
  }
}

export function source(model) {
  const [height, width] = model.get("size"), sizes = model.get("sizes"), numbers = floats(model.get("numbers"));
  return sizes.features ? new Network(numbers, sizes, height, width) : new Table(numbers, height, width);
}

function render({ model, el }) {
  const [height, width] = model.get("size"), cell = Math.max(4, Math.floor(308 / width)), net = source(model);
  const { uniform: random } = randomFrom(model.get("seed")), drawn = [], costs = [];
  let p = 0, film = 0;
  el.classList.add("genlab-raster");
  const root = document.createElement("div");
  root.style.cssText = `display:flex;flex-wrap:wrap;gap:18px;align-items:flex-start;font:13px sans-serif;color:${INK};background:#fff`;
  const canvas = document.createElement("canvas");
  Object.assign(canvas, { width: width * cell, height: height * cell, tabIndex: 0 });
  canvas.setAttribute("role", "application");
  canvas.setAttribute("aria-label", "The image so far. Keys: i ink, p paper, space lets chance pick, Backspace goes back");
  canvas.style.cssText = "max-width:100%;touch-action:manipulation;cursor:pointer;border:1px solid #CFCFCF";
  const right = document.createElement("div");
  right.style.cssText = "flex:0 1 300px;display:flex;flex-direction:column;gap:8px";
  root.append(canvas, right);
  el.appendChild(root);
  const head = document.createElement("div");
  head.textContent = "The model's odds for the next pixel. Pick one:";
  right.appendChild(head);

  function button(parent, text, title, act) {
    const made = document.createElement("button");
    Object.assign(made, { textContent: text, title });
    made.style.cssText = "position:relative;padding:5px 9px;text-align:left";
    made.addEventListener("click", act);
    parent.appendChild(made);
    return made;
  }
  function bar(text, level) {
    const made = button(right, text, `The next pixel is ${text.toLowerCase()}`, () => pick(level));
    made.style.cssText += `;border:1px solid ${FAINT};background:#fff;width:100%`;
    return made;
  }
  const ink = bar("Ink", 1), paper = bar("Paper", 0);
  const line = document.createElement("div");
  line.style.cssText = "display:flex;flex-wrap:wrap;gap:6px";
  right.appendChild(line);
  button(line, "Let chance pick", "One pixel, drawn with these odds", () => more(1));
  button(line, "A row", "Chance draws to the end of the row", () => more(width - drawn.length % width));
  button(line, "The rest", "Chance draws all that is left, as a film", () => play());
  button(line, "Back", "Take the last pixel away", () => rewind(drawn.length - 1));
  button(line, "New", "Begin again", () => rewind(0));
  const words = document.createElement("div");
  words.setAttribute("role", "status");
  const hint = document.createElement("div");
  hint.style.color = FAINT;
  hint.textContent = "Click on a pixel that is drawn: it turns over, and all after it is forgotten.";
  right.append(words, hint);

  const stop = () => { if (film) cancelAnimationFrame(film); film = 0; };
  function look() { if (drawn.length < height * width) p = net.ink(drawn, drawn.length); }
  function put(level) {
    costs.push(-Math.log(Math.max(1e-12, level ? p : 1 - p)));
    drawn.push(level);
    look();
  }
  function chance(count) { for (; count > 0 && drawn.length < height * width; count--) put(random() < p ? 1 : 0); }
  function pick(level) { stop(); if (drawn.length < height * width) put(level); draw(true); }
  function more(count) { stop(); chance(count); draw(true); }
  function rewind(i) {
    stop();
    drawn.length = costs.length = Math.max(0, i);
    net.forget(drawn.length);
    look();
    draw(true);
  }
  function play() {
    stop();
    const step = () => {
      chance(Math.ceil(width / 2));
      const done = drawn.length >= height * width;
      draw(done);
      film = done ? 0 : requestAnimationFrame(step);
    };
    film = requestAnimationFrame(step);
  }

  function draw(save) {
    const context = canvas.getContext("2d"), n = drawn.length, open = n < height * width;
    context.fillStyle = UNKNOWN;
    context.fillRect(0, 0, canvas.width, canvas.height);
    drawn.forEach((level, i) => {
      context.fillStyle = level ? "#FFFFFF" : "#000000";
      context.fillRect((i % width) * cell, Math.floor(i / width) * cell, cell, cell);
    });
    if (open) {
      context.strokeStyle = VERMILLION;
      context.lineWidth = 2;
      context.strokeRect((n % width) * cell + 1, Math.floor(n / width) * cell + 1, cell - 2, cell - 2);
    }
    for (const [made, name, share] of [[ink, "Ink", p], [paper, "Paper", 1 - p]]) {
      const percent = 100 * share;
      made.textContent = open ? `${name}  ${percent < 10 || percent > 90 ? percent.toFixed(1) : percent.toFixed(0)} %` : name;
      made.style.background = open ? `linear-gradient(90deg, ${BLUE}55 ${percent}%, #fff ${percent}%)` : "#fff";
      made.disabled = !open;
    }
    const nats = costs.reduce((sum, cost) => sum + cost, 0);
    words.textContent = open ? `Pixel ${n + 1} of ${height * width}. So far the image costs ${nats.toFixed(1)} nats.`
      : `Done. The image costs ${nats.toFixed(1)} nats.`;
    el.dataset.film = JSON.stringify({ count: n, ink: p, nats });
    if (save) {
      model.set("image", [...drawn]);
      model.save_changes();
    }
  }

  canvas.addEventListener("click", (event) => {
    const box = canvas.getBoundingClientRect();
    const c = Math.floor((event.clientX - box.left) / box.width * width), r = Math.floor((event.clientY - box.top) / box.height * height);
    const i = r * width + c, level = drawn[i];
    if (level === undefined) return;
    rewind(i);
    pick(1 - level);
  });
  canvas.addEventListener("mousedown", (event) => event.stopPropagation());
  canvas.addEventListener("keydown", (event) => {
    const act = { i: () => pick(1), p: () => pick(0), " ": () => more(1), Backspace: () => rewind(drawn.length - 1) }[event.key];
    if (!act) return;
    event.preventDefault();
    event.stopPropagation();
    act();
  });
  for (const level of model.get("image")) { look(); put(level); }
  look();
  draw(false);
  return stop;
}

export default { render };
