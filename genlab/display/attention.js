// A small transformer in the browser: type a sentence, pick a head, and see which letters each letter looks back at.
// The whole network runs here, from weights that come with the widget; no kernel is asked.

const INK = "#333333", FAINT = "#767676", BLUE = "0, 114, 178", VERMILLION = "#D55E00";

// GPT of the given shape: tokens -> { maps[layer][head][t][s], p: probabilities of the next token }; place 0 is the start.
export function network(weights, { levels, length, dim, depth, heads }) {
  let place = 0;
  const take = (count) => weights.subarray(place, (place += count));
  const token = take(levels * dim), start = take(dim), position = take(length * dim), blocks = [];
  for (let i = 0; i < depth; i++)
    blocks.push({ g1: take(dim), b1: take(dim), g2: take(dim), b2: take(dim), qkv: take(3 * dim * dim), qkvB: take(3 * dim),
                  out: take(dim * dim), outB: take(dim), up: take(4 * dim * dim), upB: take(4 * dim), down: take(4 * dim * dim),
                  downB: take(dim) });
  const g = take(dim), b = take(dim);
  if (place !== weights.length) throw new Error(`${weights.length} weights for a network that takes ${place}`);

  function linear(x, W, bias, to) {
    const y = new Float32Array(to), from = x.length;
    for (let o = 0; o < to; o++) {
      let sum = bias ? bias[o] : 0;
      for (let i = 0, w = o * from; i < from; i++, w++) sum += W[w] * x[i];
      y[o] = sum;
    }
    return y;
  }
  function norm(x, gain, bias) {
    const mean = x.reduce((s, v) => s + v, 0) / dim;
    const std = Math.sqrt(x.reduce((s, v) => s + (v - mean) ** 2, 0) / dim + 1e-5);
    return x.map((v, i) => ((v - mean) / std) * gain[i] + bias[i]);
  }
  const gelu = (v) => 0.5 * v * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (v + 0.044715 * v ** 3)));
  function softmax(scores) {
    const top = Math.max(...scores), e = scores.map((s) => Math.exp(s - top)), sum = e.reduce((s, v) => s + v, 0);
    return e.map((v) => v / sum);
  }

  return (tokens) => {
    const size = dim / heads, maps = [];
    let rows = [start, ...tokens.map((t) => token.subarray(t * dim, (t + 1) * dim))]
      .map((row, t) => row.map((v, i) => v + position[t * dim + i]));
    for (const block of blocks) {
      const qkv = rows.map((row) => linear(norm(row, block.g1, block.b1), block.qkv, block.qkvB, 3 * dim));
      const layer = Array.from({ length: heads }, () => []), seen = rows.map(() => new Float32Array(dim));
      for (let h = 0; h < heads; h++)
        for (let t = 0; t < rows.length; t++) {
          const scores = [];
          for (let s = 0; s <= t; s++) {
            let sum = 0;
            for (let i = h * size; i < (h + 1) * size; i++) sum += qkv[t][i] * qkv[s][dim + i];
            scores.push(sum / Math.sqrt(size));
          }
          const look = softmax(scores);
          layer[h].push(look);
          look.forEach((w, s) => { for (let i = h * size; i < (h + 1) * size; i++) seen[t][i] += w * qkv[s][2 * dim + i]; });
        }
      maps.push(layer);
      rows = rows.map((row, t) => {
        const added = linear(seen[t], block.out, block.outB, dim), middle = row.map((v, i) => v + added[i]);
        const hidden = linear(norm(middle, block.g2, block.b2), block.up, block.upB, 4 * dim).map(gelu);
        const more = linear(hidden, block.down, block.downB, dim);
        return middle.map((v, i) => v + more[i]);
      });
    }
    const p = softmax(Array.from(linear(norm(rows.at(-1), g, b), token, null, levels)));
    return { maps, p };
  };
}

const visible = (c) => ({ " ": "␣", "\n": "⏎", "\t": "⇥" })[c] ?? c;

function render({ model, el }) {
  const shape = model.get("shape"), alphabet = model.get("alphabet");
  const run = network(fromHalf(model.get("weights")), { ...shape, levels: alphabet.length });
  el.classList.add("genlab-attention");
  const root = element(el, "div", {}, `max-width:680px;font:13px sans-serif;color:${INK};background:#fff;padding:4px`);
  const box = element(root, "input", {}, "width:100%;box-sizing:border-box;font:15px monospace;padding:4px");
  Object.assign(box, { maxLength: shape.length - 1, value: model.get("sentence") });
  box.setAttribute("aria-label", "A sentence");
  const columns = element(root, "div", {}, "display:flex;flex-wrap:wrap;gap:14px;margin-top:8px");
  const left = element(columns, "div", {}, "flex:0 0 auto"), right = element(columns, "div", {}, "flex:1 1 300px;min-width:0");
  element(left, "div", { textContent: "heads, a row for each layer" }, `color:${FAINT};margin-bottom:2px`);
  const thumbs = element(left, "div", {}, `display:grid;grid-template-columns:repeat(${shape.heads}, 62px);gap:5px`);
  const line = element(right, "div", {}, "font:16px monospace;line-height:1.9;word-break:break-all");
  line.setAttribute("role", "group");
  line.setAttribute("aria-label", "The sentence; the letter in the frame looks back at the shaded ones");
  const words = element(right, "div", {}, `color:${FAINT};margin-top:4px`);
  words.setAttribute("role", "status");
  const next = element(right, "div", {}, "margin-top:4px");
  const pictures = [];
  for (let layer = 0; layer < shape.depth; layer++)
    for (let head = 0; head < shape.heads; head++) {
      const button = element(thumbs, "button", {}, "padding:0;border:2px solid #fff;background:#fff;line-height:0;cursor:pointer");
      button.setAttribute("aria-label", `layer ${layer + 1}, head ${head + 1}`);
      const canvas = element(button, "canvas", {}, "width:56px;height:56px;image-rendering:pixelated");
      button.addEventListener("click", () => set({ head: [layer, head] }));
      pictures.push({ button, canvas, layer, head });
    }
  let found = null, letters = [], shownFor = null;

  function compute() {
    const sentence = [...model.get("sentence")].filter((c) => alphabet.includes(c)).slice(0, shape.length - 1).join("");
    if (sentence === shownFor) return;
    shownFor = sentence;
    letters = ["⊢", ...sentence];
    found = run([...sentence].map((c) => alphabet.indexOf(c)));
    for (const { canvas, layer, head } of pictures) {
      const n = letters.length, context = canvas.getContext("2d");
      canvas.width = canvas.height = n;
      const image = context.createImageData(n, n);
      found.maps[layer][head].forEach((row, t) => {
        for (let s = 0; s < n; s++) {
          const shade = s <= t ? Math.sqrt(row[s]) : 0, at = 4 * (t * n + s);
          image.data.set([255 - 255 * shade, 255 - 141 * shade, 255 - 77 * shade, 255], at);
        }
      });
      context.putImageData(image, 0, 0);
    }
  }

  function draw() {
    compute();
    if (document.activeElement !== box) box.value = model.get("sentence");
    const [layer, head] = model.get("head"), last = letters.length - 1;
    const chosen = model.get("letter") < 0 ? last : Math.min(model.get("letter"), last);
    const row = found.maps[layer][head][chosen];
    const focused = line.contains(document.activeElement);
    line.replaceChildren();
    letters.forEach((c, s) => {
      const frame = s === chosen ? VERMILLION : "transparent", shade = s <= chosen ? row[s] : 0;
      const span = element(line, "span", { textContent: visible(c) }, `padding:1px 2px;border-bottom:3px solid ${frame};cursor:pointer;background:rgba(${BLUE}, ${shade.toFixed(3)});` +
        `color:${s > chosen ? FAINT : shade > 0.55 ? "#fff" : INK}`);
      span.addEventListener("click", () => { set({ letter: s }); line.querySelector("[tabindex='0']").focus(); });
      span.tabIndex = s === chosen ? 0 : -1;
      if (s === chosen && focused) span.focus();
    });
    const best = row.map((w, s) => [w, s]).sort((a, b) => b[0] - a[0]).slice(0, 3);
    words.textContent = `layer ${layer + 1}, head ${head + 1}: “${visible(letters[chosen])}” looks at ` +
      best.map(([w, s]) => `“${visible(letters[s])}” ${(chosen - s || "itself") === "itself" ? "(itself)" : `${chosen - s} back`} ${(100 * w).toFixed(0)} %`).join(", ");
    const likely = found.p.map((p, i) => [p, i]).sort((a, b) => b[0] - a[0]).slice(0, 6);
    next.textContent = "next letter: " + likely.map(([p, i]) => `${visible(alphabet[i])} ${(100 * p).toFixed(0)} %`).join(" · ");
    for (const picture of pictures) {
      const on = picture.layer === layer && picture.head === head;
      picture.button.style.borderColor = on ? VERMILLION : "#E6E6E6";
      picture.button.setAttribute("aria-pressed", on);
    }
    el.dataset.found = JSON.stringify({ row, p: found.p, chosen });
  }

  function set(values) {
    for (const [name, value] of Object.entries(values)) model.set(name, value);
    model.save_changes();
    draw();
  }
  box.addEventListener("input", () => set({ sentence: box.value, letter: -1 }));
  box.addEventListener("keydown", (event) => event.stopPropagation());
  line.addEventListener("keydown", (event) => {
    const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (!by) return;
    event.preventDefault();
    event.stopPropagation();
    const now = model.get("letter") < 0 ? letters.length - 1 : model.get("letter");
    set({ letter: Math.min(letters.length - 1, Math.max(0, now + by)) });
  });
  model.on("change:sentence change:head change:letter", draw);
  draw();
  return () => model.off?.("change:sentence change:head change:letter", draw);
}

export default { render };
