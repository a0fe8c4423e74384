// What comes next? Counted in a text, from as many of the last letters as the reader asks for; and a distribution that
// temperature, top-k and nucleus restrict. Everything shown is computed here; no kernel is asked.

const INK = "#333333", FAINT = "#767676", BLUE = "#0072B2", GREY = "#BBBBBB", VERMILLION = "#D55E00";
const SHOWN = 14;

export const visible = (c) => ({ " ": "␣", "\n": "⏎", "\t": "⇥" })[c] ?? c;

// p(x | last `order` letters) by counting, mixed with shorter contexts (Witten and Bell); and how often the context occurred.
export function counted(text, alphabet, prompt, order) {
  const place = new Map([...alphabet].map((c, i) => [c, i]));
  let p = new Array(alphabet.length).fill(1 / alphabet.length), seen = text.length;
  for (let m = 0; m <= Math.min(order, prompt.length); m++) {
    const context = m ? prompt.slice(-m) : "", counts = new Map();
    let n = 0;
    for (let at = text.indexOf(context); at >= 0 && at + m < text.length; at = text.indexOf(context, at + 1)) {
      counts.set(text[at + m], (counts.get(text[at + m]) ?? 0) + 1);
      n += 1;
    }
    if (m === Math.min(order, prompt.length)) seen = n;
    if (!n) continue;
    p = p.map((value) => (counts.size * value) / (n + counts.size));
    for (const [c, count] of counts) p[place.get(c)] += count / (n + counts.size);
  }
  return { p, seen };
}

// Temperature, then top-k, then the nucleus of what is left: probabilities in the order of the logits.
export function restricted(logits, { temperature, topK, topP }) {
  const top = Math.max(...logits);
  const weights = logits.map((l) => Math.exp((l - top) / temperature));
  const order = logits.map((_, i) => i).sort((a, b) => logits[b] - logits[a]).slice(0, topK);
  const total = order.reduce((sum, i) => sum + weights[i], 0);
  const kept = new Set();
  let sum = 0;
  for (const i of order) {
    if (kept.size && sum >= topP * total) break;
    kept.add(i);
    sum += weights[i];
  }
  return logits.map((_, i) => (kept.has(i) ? weights[i] / sum : 0));
}

export const entropy = (p) => -p.reduce((sum, q) => sum + (q > 0 ? q * Math.log2(q) : 0), 0);

function slider(parent, label, min, max, step, value, act, shown = String) {
  const row = element(parent, "label", {}, "display:flex;gap:8px;align-items:center;margin:2px 0");
  element(row, "span", { textContent: label }, "flex:0 0 150px");
  const input = element(row, "input", {}, "flex:1 1 180px;min-width:120px");
  const word = element(row, "output", {}, "flex:0 0 60px");
  Object.assign(input, { type: "range", min, max, step, value });
  input.setAttribute("aria-label", label);
  word.textContent = shown(value);
  input.addEventListener("input", () => { word.textContent = shown(+input.value); act(+input.value); });
  input.addEventListener("keydown", (event) => event.stopPropagation());
  return (now) => { input.value = now; word.textContent = shown(now); };
}

// Bars of the most probable tokens; `before`, in grey, is what they were without restriction.
function bars(parent, names, p, before) {
  parent.replaceChildren();
  const order = p.map((_, i) => i).sort((a, b) => (before ?? p)[b] - (before ?? p)[a]).slice(0, SHOWN);
  const high = Math.max(...p, ...(before ?? []));
  for (const i of order) {
    const row = element(parent, "div", {}, "display:flex;align-items:center;gap:6px;height:17px");
    element(row, "code", { textContent: visible(names[i]) }, `flex:0 0 26px;text-align:right;color:${p[i] > 0 ? INK : FAINT}`);
    const track = element(row, "div", {}, "position:relative;flex:1 1 auto;height:12px");
    if (before) element(track, "div", {}, `position:absolute;height:12px;width:${(100 * before[i]) / high}%;background:${GREY}`);
    element(track, "div", {}, `position:absolute;top:${before ? 3 : 0}px;height:${before ? 6 : 12}px;width:${(100 * p[i]) / high}%;background:${BLUE}`);
    element(row, "span", { textContent: p[i] ? `${(100 * p[i]).toFixed(1)} %` : "–" }, "flex:0 0 52px;text-align:right;font-variant-numeric:tabular-nums");
  }
}

function frame(el) {
  el.classList.add("genlab-letters");
  return element(el, "div", {}, `max-width:640px;font:13px sans-serif;color:${INK};background:#fff;padding:4px`);
}

function guessing(model, el) {
  const root = frame(el), text = model.get("text"), alphabet = [...new Set(text)].sort().join("");
  const box = element(root, "input", {}, "width:100%;box-sizing:border-box;font:15px monospace;padding:4px");
  box.value = model.get("prompt");
  box.setAttribute("aria-label", "The beginning of a sentence");
  const setOrder = slider(root, "letters it looks at", 0, 8, 1, model.get("order"), (order) => set({ order }));
  const row = element(root, "div", {}, "display:flex;gap:8px;align-items:center;margin:4px 0");
  const buttons = [["Draw a letter", 1], ["Draw forty", 40], ["Clear", 0]];
  for (const [name, count] of buttons)
    element(row, "button", { textContent: name }).addEventListener("click", () => set({ prompt: count ? write(count) : "" }));
  const words = element(root, "div", {}, `color:${FAINT};margin:2px 0`);
  words.setAttribute("role", "status");
  const chart = element(root, "div");

  function write(count) {
    let prompt = model.get("prompt");
    for (let i = 0; i < count; i++) {
      const { p } = counted(text, alphabet, prompt, model.get("order"));
      let u = Math.random();
      const drawn = p.findIndex((q) => (u -= q) < 0);
      prompt += alphabet[drawn < 0 ? 0 : drawn];
    }
    return prompt;
  }

  function draw() {
    const prompt = model.get("prompt"), order = model.get("order");
    const { p, seen } = counted(text, alphabet, prompt, order);
    if (box.value !== prompt) box.value = prompt.replaceAll("\n", "⏎");
    setOrder(order);
    bars(chart, alphabet, p);
    const context = [...prompt.slice(order ? -order : prompt.length)].map(visible).join("");
    words.textContent = order && prompt ? `“${context}” occurs ${seen} times; ${entropy(p).toFixed(2)} bits are left to guess`
      : `looking at nothing: ${entropy(p).toFixed(2)} bits are left to guess`;
    el.dataset.p = JSON.stringify(p);
  }

  function set(values) {
    for (const [name, value] of Object.entries(values)) model.set(name, value);
    model.save_changes();
    draw();
  }
  box.addEventListener("input", () => set({ prompt: box.value.replaceAll("⏎", "\n") }));
  box.addEventListener("keydown", (event) => event.stopPropagation());
  return draw;
}

function restricting(model, el) {
  const root = frame(el), names = model.get("names"), logits = model.get("logits");
  const head = element(root, "div", { textContent: model.get("prompt").replaceAll("\n", "⏎") + "▯" }, "margin:2px 0 6px;font-family:monospace;white-space:pre-wrap");
  head.setAttribute("aria-label", "The text so far");
  const plain = restricted(logits, { temperature: 1, topK: logits.length, topP: 1 });
  const put = [
    slider(root, "temperature", -2, 2, 0.05, Math.log2(model.get("temperature")), (v) => set({ temperature: 2 ** v }), (v) => (2 ** v).toFixed(2)),
    slider(root, "top-k", 1, names.length, 1, model.get("topK"), (topK) => set({ topK })),
    slider(root, "nucleus top-p", 0.05, 1, 0.01, model.get("topP"), (topP) => set({ topP }), (v) => v.toFixed(2))];
  const row = element(root, "div", {}, "display:flex;gap:8px;align-items:center;margin:4px 0");
  element(row, "button", { textContent: "Undo all" }).addEventListener("click", () => {
    set({ temperature: 1, topK: names.length, topP: 1 });
    put[0](0); put[1](names.length); put[2](1);
  });
  const words = element(row, "span", {}, `color:${VERMILLION}`);
  words.setAttribute("role", "status");
  const chart = element(root, "div");
  element(root, "div", { textContent: "grey: the model; blue: what is drawn from" }, `color:${FAINT};font-size:12px`);

  function draw() {
    const p = restricted(logits, { temperature: model.get("temperature"), topK: model.get("topK"), topP: model.get("topP") });
    bars(chart, names, p, plain);
    const kept = p.filter((q) => q > 0).length;
    words.textContent = `${kept} of ${names.length} tokens can be drawn, ${entropy(p).toFixed(2)} bits`;
    el.dataset.p = JSON.stringify(p);
  }

  function set(values) {
    for (const [name, value] of Object.entries(values)) model.set(name, value);
    model.save_changes();
    draw();
  }
  return draw;
}

function render({ model, el }) {
  const draw = model.get("text") === undefined || model.get("text") === "" ? restricting(model, el) : guessing(model, el);
  model.on("change:prompt change:order change:temperature change:topK change:topP", draw);
  draw();
  return () => model.off?.("change:prompt change:order change:temperature change:topK change:topP", draw);
}

export default { render };
