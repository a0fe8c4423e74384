// Type a number, hear it, and see which letter the attention is at; drag the attention elsewhere and hear what becomes of it.
// The network, Griffin and Lim's phases and the sound are made here; voice.js holds the first two.

const INK = "#333333", FAINT = "#767676", BLUE = [0, 114, 178], VERMILLION = "#D55E00";
const WORDS = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"];
const LEFT = 58, ACROSS = 640, ROW = 11, MEL = 96;

// "314" and "three one four" alike; what the alphabet has not is left out.
export function lettersOf(typed, alphabet) {
  const spelled = typed.toLowerCase().replace(/[0-9]/g, (digit) => ` ${WORDS[+digit]} `).replace(/\s+/g, " ").trim();
  return [...spelled].filter((c) => alphabet.includes(c)).slice(0, 60).join("");
}

// 16 bits, one channel.
export function wavOf(samples, rate) {
  const view = new DataView(new ArrayBuffer(44 + 2 * samples.length));
  const text = (at, word) => [...word].forEach((c, k) => view.setUint8(at + k, c.charCodeAt(0)));
  text(0, "RIFF"); view.setUint32(4, 36 + 2 * samples.length, true); text(8, "WAVEfmt ");
  view.setUint32(16, 16, true); view.setUint16(20, 1, true); view.setUint16(22, 1, true);
  view.setUint32(24, rate, true); view.setUint32(28, 2 * rate, true);
  view.setUint16(32, 2, true); view.setUint16(34, 16, true); text(36, "data"); view.setUint32(40, 2 * samples.length, true);
  const loudest = samples.reduce((most, v) => Math.max(most, Math.abs(v)), 1);
  samples.forEach((v, k) => view.setInt16(44 + 2 * k, Math.round((32767 * v) / loudest), true));
  return new Blob([view], { type: "audio/wav" });
}

function render({ model, el }) {
  const shape_ = model.get("shape"), alphabet = model.get("alphabet"), sound = model.get("sound");
  const speak = voice(fromHalf(model.get("weights")), shape_), inverse = fromHalf(model.get("inverse"));
  let said = null, word = "", forced = {}, dragging = null, cursor = null, url = null, film = 0;
  el.classList.add("genlab-speak");
  const root = element(el, "div", {}, `display:flex;flex-direction:column;gap:8px;font:13px sans-serif;color:${INK};background:#fff;max-width:720px`);
  const top = element(root, "div", {}, "display:flex;flex-wrap:wrap;gap:8px;align-items:center");
  const label = element(top, "label", { textContent: "Number " });
  const field = element(label, "input", { type: "text", value: model.get("text"), maxLength: 40 }, "font:15px monospace;width:12em;padding:4px");
  field.setAttribute("aria-label", "Digits, or letters of their words");
  const button = (text, title, act) => element(top, "button", { textContent: text, title, onclick: act }, "padding:5px 9px");
  button("Speak", "Say it, and play it", () => { run(); sounder.play().catch(() => {}); });
  button("Let it walk by itself", "Forget what was drawn on the map", () => { forced = {}; run(); });
  const toggle = (text, title) => {
    const box = element(top, "label", { title });
    const input = element(box, "input", { type: "checkbox", checked: true, onchange: run });
    box.append(` ${text}`);
    return input;
  };
  const stopping = toggle("stop token", "Stop when the network says so, else go on to twice the usual length");
  const noise = toggle("dropout", "Dropout in the prenet, which is on as in training");
  const sounder = element(root, "audio", { controls: true }, "width:100%;max-width:420px;height:34px");
  const canvas = element(root, "canvas", { width: ACROSS, tabIndex: 0 }, "max-width:100%;touch-action:none;cursor:crosshair");
  canvas.setAttribute("role", "application");
  canvas.setAttribute("aria-label", "Map of the attention: time to the right, letters downwards. Drag to put the attention elsewhere, or move with the arrow keys and pin with space");
  const words = element(root, "div", {}, `color:${FAINT}`);
  words.setAttribute("role", "status");

  function run() {
    word = lettersOf(field.value, alphabet);
    if (!word) { words.textContent = `Type digits, or letters of ${alphabet.trim()}.`; return; }
    const began = performance.now(), usual = Math.ceil((9 * word.length + 30) / shape_.frames);
    said = speak([...word].map((c) => alphabet.indexOf(c) + 1), {
      forced, stopping: stopping.checked, dropout: noise.checked, most: stopping.checked ? 100 : Math.min(100, 2 * usual), seed: model.get("seed") });
    const heard = said.mel.slice();
    while (heard.length < 8) heard.push(new Float64Array(shape_.bands).fill(-2.1));  // windows need something to overlap
    const wave = griffinLim(magnitudes(heard, inverse, sound), sound), took = performance.now() - began;
    if (url) URL.revokeObjectURL(url);
    url = URL.createObjectURL(wavOf(wave, sound.rate));
    sounder.src = url;
    const ended = said.ended ? `ended by itself after ${(wave.length / sound.rate).toFixed(2)} s` : "never said that it was done";
    words.textContent = `“${word}”: ${said.weights.length} steps, ${ended}. Computed here in ${took.toFixed(0)} ms.`;
    el.dataset.made = JSON.stringify({ word, steps: said.weights.length, ended: said.ended, samples: wave.length,
      places: said.weights.map((row) => row.indexOf(Math.max(...row))),
      loud: Math.sqrt(wave.reduce((sum, v) => sum + v * v, 0) / wave.length) });
    model.set("text", field.value);
    model.save_changes();
    draw();
  }

  const wide = () => (ACROSS - LEFT) / said.weights.length;
  function draw(now = null) {
    const context = canvas.getContext("2d"), high = word.length * ROW;
    canvas.height = high + 8 + MEL + 16;
    context.fillStyle = "#fff";
    context.fillRect(0, 0, canvas.width, canvas.height);
    const w = wide(), current = now === null ? -1 : said.weights[now].indexOf(Math.max(...said.weights[now]));
    said.weights.forEach((row, t) => row.forEach((value, n) => {
      const share = Math.sqrt(value);
      context.fillStyle = `rgb(${BLUE.map((v) => Math.round(255 + share * (v - 255))).join(",")})`;
      context.fillRect(LEFT + t * w, n * ROW, Math.ceil(w), ROW);
    }));
    context.font = "11px monospace";
    context.textAlign = "center";
    [...word].forEach((c, n) => {
      context.fillStyle = n === current ? VERMILLION : INK;
      context.fillText(c === " " ? "␣" : c, LEFT - 12, n * ROW + 9);
    });
    const frames = said.mel.length, bands = shape_.bands, thin = (w / shape_.frames);
    for (let t = 0; t < frames; t++)
      for (let b = 0; b < bands; b++) {
        const dark = clamp((said.mel[t][b] + 2.1) / 4.2, 0, 1), grey = Math.round(255 * (1 - dark));
        context.fillStyle = `rgb(${grey},${grey},${grey})`;
        context.fillRect(LEFT + t * thin, high + 8 + (MEL * (bands - 1 - b)) / bands, Math.ceil(thin), Math.ceil(MEL / bands));
      }
    context.fillStyle = FAINT;
    context.font = "11px sans-serif";
    context.fillText("mel", LEFT - 22, high + 8 + MEL / 2);
    context.textAlign = "left";
    context.fillText("time →", LEFT, high + 8 + MEL + 13);
    context.strokeStyle = VERMILLION;
    context.lineWidth = 2;
    for (const [t, n] of Object.entries(forced)) if (t < said.weights.length) context.strokeRect(LEFT + t * w + 1, n * ROW + 1, Math.max(2, w - 2), ROW - 2);
    if (cursor) context.strokeRect(LEFT + cursor[0] * w, cursor[1] * ROW, w, ROW);
    if (now !== null) {
      context.fillStyle = VERMILLION;
      context.fillRect(LEFT + (now + 0.5) * w, 0, 1.5, high + 8 + MEL);
    }
  }
  function follow() {  // while it plays: which letter is it at?
    cancelAnimationFrame(film);
    const turn = () => {
      if (!el.isConnected || sounder.paused) { draw(); return; }
      const frame = (sounder.currentTime * sound.rate) / sound.hop;
      draw(clamp(Math.floor(frame / shape_.frames), 0, said.weights.length - 1));
      film = requestAnimationFrame(turn);
    };
    turn();
  }
  sounder.addEventListener("play", follow);
  const cell = (event) => {
    const box = canvas.getBoundingClientRect();
    const x = ((event.clientX - box.left) * canvas.width) / box.width, y = ((event.clientY - box.top) * canvas.height) / box.height;
    return [clamp(Math.floor((x - LEFT) / wide()), 0, said.weights.length - 1), clamp(Math.floor(y / ROW), 0, word.length - 1)];
  };
  function pin(from, to) {
    const steps = Math.max(1, Math.abs(to[0] - from[0]));
    for (let s = 0; s <= steps; s++) forced[from[0] + Math.round(((to[0] - from[0]) * s) / steps)] = Math.round(from[1] + ((to[1] - from[1]) * s) / steps);
    draw();
  }
  canvas.addEventListener("pointerdown", (event) => {
    if (!said) return;
    event.preventDefault();
    canvas.focus();
    canvas.setPointerCapture(event.pointerId);
    dragging = cell(event);
    pin(dragging, dragging);
  });
  canvas.addEventListener("pointermove", (event) => {
    if (!dragging) return;
    const next = cell(event);
    pin(dragging, next);
    dragging = next;
  });
  const lift = () => { if (dragging) { dragging = null; run(); } };
  canvas.addEventListener("pointerup", lift);
  canvas.addEventListener("pointercancel", lift);
  canvas.addEventListener("keydown", (event) => {
    const step = { ArrowUp: [0, -1], ArrowDown: [0, 1], ArrowLeft: [-1, 0], ArrowRight: [1, 0] }[event.key];
    if (!said || (!step && event.key !== " ")) return;
    event.preventDefault();
    event.stopPropagation();
    cursor ??= [0, 0];
    if (step) cursor = [clamp(cursor[0] + step[0], 0, said.weights.length - 1), clamp(cursor[1] + step[1], 0, word.length - 1)];
    else { forced[cursor[0]] = cursor[1]; run(); }
    draw();
  });
  field.addEventListener("input", () => { forced = {}; cursor = null; run(); });
  field.addEventListener("keydown", (event) => event.stopPropagation());
  run();
  return () => { cancelAnimationFrame(film); if (url) URL.revokeObjectURL(url); };
}

export default { render };
