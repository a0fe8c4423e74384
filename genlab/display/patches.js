// What one verdict of a PatchGAN sees: a map of logits on the right, and the patch of one of them on the left.

const INK = "#333333", FAINT = "#767676", BLUE = "#0072B2", VERMILLION = "#D55E00";

// Layers of stride 2 and two of stride 1, all 4×4 with padding 1; with none of stride 2, three of 1×1.
export function arithmetic(layers, n) {
  const stack = layers ? [...Array(layers).fill([4, 2, 1]), [4, 1, 1], [4, 1, 1]] : Array(3).fill([1, 1, 0]);
  let field = 1, step = 1, start = 0, count = n;
  for (const [k, s, p] of stack) {
    start -= p * step;
    field += (k - 1) * step;
    step *= s;
    count = Math.max(0, Math.floor((count + 2 * p - k) / s) + 1);
  }
  return { field, step, start, count };
}

function render({ model, el }) {
  const size = model.get("size"), scale = Math.floor(256 / size), images = model.get("images"), side = size * scale;
  el.classList.add("genlab-patches");
  const root = element(el, "div", {}, `font:13px sans-serif;color:${INK};background:#fff`);
  const label = element(root, "label", {}, "display:flex;gap:10px;align-items:center;margin-bottom:8px");
  element(label, "span", { textContent: "Layers of stride 2" });
  const slider = element(label, "input", { type: "range", min: 0, max: model.get("most"), step: 1, value: model.get("layers") });
  slider.setAttribute("aria-label", "Layers of stride 2");
  const row = element(root, "div", {}, "display:flex;flex-wrap:wrap;gap:16px");
  function picture(title) {
    const column = element(row, "div");
    element(column, "div", { textContent: title }, "margin-bottom:4px");
    const svg = shape(column, "svg", { width: side, height: side, viewBox: `0 0 ${side} ${side}` });
    svg.style.cssText = "max-width:100%;border:1px solid #CFCFCF;overflow:hidden";
    return svg;
  }
  const pictures = images.map(([title, values]) => {
    const svg = picture(title);
    values.forEach((value, i) => {
      const grey = Math.round(255 * value);
      shape(svg, "rect", { x: (i % size) * scale, y: Math.floor(i / size) * scale, width: scale, height: scale, fill: `rgb(${grey},${grey},${grey})` });
    });
    return shape(svg, "rect", { fill: VERMILLION, "fill-opacity": 0.25, stroke: VERMILLION, "stroke-width": 3 });
  });
  const map = picture("The map of logits: point at one");
  map.setAttribute("tabindex", 0);
  map.setAttribute("role", "application");
  map.setAttribute("aria-label", "Map of logits. Point at one, or move with the arrow keys");
  map.style.cssText += ";touch-action:none;cursor:crosshair";
  const words = element(root, "div", {}, "margin-top:6px");
  words.setAttribute("role", "status");

  function draw() {
    const layers = model.get("layers"), { field, step, start, count } = arithmetic(layers, size);
    const [i, j] = model.get("logit").map((v) => clamp(v, 0, count - 1)), cell = side / count;
    map.replaceChildren();
    for (let a = 0; a < count; a++)
      for (let b = 0; b < count; b++)
        shape(map, "rect", { x: b * cell, y: a * cell, width: cell, height: cell, fill: a === i && b === j ? VERMILLION : "#EAF2F8",
                             stroke: BLUE, "stroke-width": count > 20 ? 0.3 : 1 });
    const top = start + i * step, left = start + j * step;
    for (const patch of pictures)
      for (const [key, value] of Object.entries({ x: left * scale, y: top * scale, width: field * scale, height: field * scale }))
        patch.setAttribute(key, value);
    words.textContent = `${count} × ${count} verdicts. Each sees ${field} × ${field} pixels of both images; neighbours lie ${step} ` +
      `pixel${step > 1 ? "s" : ""} apart.` + (field > size ? " A patch is larger than the image: each verdict may see all of it." : "");
    el.dataset.patch = JSON.stringify({ field, step, count, top, left });
  }
  function move(name, value) {
    model.set(name, value);
    model.save_changes();
    draw();
  }
  slider.addEventListener("input", () => move("layers", Number(slider.value)));
  const point = (event) => {
    const box = map.getBoundingClientRect(), { count } = arithmetic(model.get("layers"), size);
    move("logit", [event.clientY - box.top, event.clientX - box.left].map((v) => clamp(Math.floor((v / box.width) * count), 0, count - 1)));
  };
  map.addEventListener("pointermove", point);
  map.addEventListener("pointerdown", point);
  map.addEventListener("keydown", (event) => {
    const by = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] }[event.key];
    if (!by) return;
    event.preventDefault();
    event.stopPropagation();
    const { count } = arithmetic(model.get("layers"), size);
    move("logit", model.get("logit").map((v, k) => clamp(clamp(v, 0, count - 1) + by[k], 0, count - 1)));
  });
  draw();
}

export default { render };
