// Digits on their way out of noise: x above, the network's guess of x_0 below, for several samplers that started from
// the same noise. Frames are bytes, film after film, step after step, x before the guess; no kernel is asked.

const INK = "#333333", FAINT = "#767676", SCALE = 3, GAP = 6;

// Where a frame of a film begins: films have counts[f] + 1 steps, of 2 · images tiles each.
export function frameAt({ counts, images, side }, film, step) {
  const before = counts.slice(0, film).reduce((sum, count) => sum + count + 1, 0);
  return (before + step) * 2 * images * side * side;
}

function render({ model, el }) {
  el.classList.add("genlab-denoise");
  const view = model.get("frames"), bytes = new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
  const names = model.get("names"), counts = model.get("counts"), images = model.get("images"), side = model.get("side");
  const signals = model.get("signals"), sizes = { counts, images, side };
  const tile = side * SCALE, width = images * (tile + GAP) - GAP, height = 2 * tile + GAP;
  let timer = null;

  const root = element(el, "div", {}, `font:13px sans-serif;color:${INK};background:#fff;max-width:${Math.max(width, 420)}px`);
  const choice = element(root, "div", {}, "display:flex;flex-wrap:wrap;gap:4px 16px;margin-bottom:6px");
  choice.setAttribute("role", "radiogroup");
  choice.setAttribute("aria-label", "sampler");
  const group = `sampler-${Math.random()}`;
  const radios = names.map((text, f) => {
    const label = element(choice, "label");
    const radio = element(label, "input", { type: "radio", name: group, value: f });
    label.append(" " + text);
    radio.addEventListener("change", () => { model.set("film", f); model.save_changes(); });
    return radio;
  });
  const row = element(root, "div", {}, "display:flex;gap:10px;align-items:center;margin-bottom:6px");
  const button = element(row, "button", { textContent: "Play" });
  const slider = element(row, "input", { type: "range", min: 0, step: 1 }, "flex:1");
  slider.setAttribute("aria-label", "step");
  const canvas = element(root, "canvas", { width, height }, "max-width:100%;image-rendering:pixelated;display:block");
  canvas.setAttribute("role", "img");
  const words = element(root, "div", {}, `color:${FAINT};margin-top:4px`);
  words.setAttribute("role", "status");

  function draw() {
    const film = model.get("film"), last = counts[film], step = Math.min(model.get("step"), last);
    const context = canvas.getContext("2d"), start = frameAt(sizes, film, step);
    context.fillStyle = "#fff";
    context.fillRect(0, 0, width, height);
    let sum = 0;
    for (let t = 0; t < 2 * images; t++) {
      const image = context.createImageData(tile, tile);
      for (let r = 0; r < tile; r++)
        for (let c = 0; c < tile; c++) {
          const grey = bytes[start + t * side * side + Math.floor(r / SCALE) * side + Math.floor(c / SCALE)];
          image.data.set([grey, grey, grey, 255], 4 * (r * tile + c));
          sum += grey;
        }
      context.putImageData(image, (t % images) * (tile + GAP), t < images ? 0 : tile + GAP);
    }
    slider.max = last;
    slider.value = step;
    radios.forEach((radio, f) => { radio.checked = f === film; });
    const share = 100 * signals[film][step];
    words.textContent = `step ${step} of ${last}: ${share.toFixed(share < 10 ? 1 : 0)} % of the variance is signal. Above: x. Below: `
      + (step < last ? "the guess of x₀ that the next step uses." : "the sample.");
    canvas.setAttribute("aria-label", `${names[film]}, ${words.textContent}`);
    el.dataset.denoise = JSON.stringify({ film, step, last, mean: sum / (2 * images * tile * tile) });
  }

  const stop = () => { clearInterval(timer); timer = null; button.textContent = "Play"; };
  button.addEventListener("click", () => {
    if (timer) return stop();
    if (model.get("step") >= counts[model.get("film")]) model.set("step", 0);
    button.textContent = "Stop";
    timer = setInterval(() => {
      if (!el.isConnected || model.get("step") >= counts[model.get("film")]) { stop(); model.save_changes(); return; }
      model.set("step", model.get("step") + 1);
    }, 350);
  });
  slider.addEventListener("input", () => { stop(); model.set("step", Number(slider.value)); model.save_changes(); });
  model.on("change:step", draw);
  model.on("change:film", draw);
  draw();
}

export default { render };
