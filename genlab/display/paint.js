// A transposed convolution, one input pixel at a time: each pixel presses a stamp of kernel × kernel onto the output,
// `stride` pixels from the last. Drawn is how often each output pixel was painted. Computed here, so it lives on a
// plain page as well.

const INK = "#333333", FAINT = "#767676", BLUE = "#0072B2", VERMILLION = "#D55E00";

// How many of the first `steps` input pixels, row by row, paint each output pixel: rows of the output.
export function counts(size, kernel, stride, steps) {
  const side = (size - 1) * stride + kernel, out = Array.from({ length: side }, () => new Array(side).fill(0));
  for (let step = 0; step < steps; step++) {
    const top = Math.floor(step / size) * stride, left = (step % size) * stride;
    for (let i = 0; i < kernel; i++) for (let j = 0; j < kernel; j++) out[top + i][left + j] += 1;
  }
  return out;
}

// The pixels that no border touches: the same range along both axes; empty where the kernel is too large for that.
export function inside(size, kernel, stride) {
  const side = (size - 1) * stride + kernel, edge = Math.max(kernel - stride, 0);
  return [edge, side - edge];
}

function render({ model, el }) {
  const size = model.get("size"), room = 320, small = 112;
  el.classList.add("genlab-paint");
  const root = element(el, "div", {}, `display:flex;flex-wrap:wrap;gap:22px;align-items:flex-start;font:13px sans-serif;color:${INK};background:#fff`);
  const left = element(root, "div", {}, "flex:0 1 250px;display:flex;flex-direction:column;gap:9px");
  const slider = (label, name, most) => {
    const line = element(left, "label", {}, "display:flex;gap:8px;align-items:center;justify-content:space-between");
    line.append(label);
    const input = element(line, "input", { type: "range", min: name === "step" ? 0 : 1, max: most, step: 1 }, "width:120px");
    input.setAttribute("aria-label", label);
    const shown = element(line, "output", {}, "width:2.2em");
    input.addEventListener("input", () => set({ [name]: Number(input.value) }));
    return { input, shown };
  };
  const kernel = slider("kernel", "kernel", 7), stride = slider("stride", "stride", 4), step = slider("pixels pressed", "step", size * size);
  const buttons = element(left, "div", {}, "display:flex;gap:8px");
  const button = (text, act) => element(buttons, "button", { type: "button", textContent: text }, "font:13px sans-serif").addEventListener("click", act);
  button("Next pixel", () => set({ step: Math.min(model.get("step") + 1, size * size) }));
  button("All", () => set({ step: size * size }));
  button("None", () => set({ step: 0 }));
  element(left, "div", { textContent: `Input, ${size} by ${size}` }, `color:${FAINT};margin-top:4px`);
  const input = shape(left, "svg", { viewBox: `0 0 ${small} ${small}`, width: small, height: small, tabindex: 0, role: "application",
    "aria-label": "The input: choose the pixel that presses its stamp, by pointer or arrow keys" });
  input.style.cssText = "display:block;touch-action:none;cursor:pointer;background:#fff";
  const words = element(left, "div", {}, "min-height:3.6em");
  words.setAttribute("role", "status");
  const output = shape(root, "svg", { viewBox: `0 0 ${room + 2} ${room + 46}`, width: room + 2, height: room + 46, role: "img" });
  output.style.cssText = "display:block;max-width:100%;height:auto;background:#fff";

  const fill = (count, most) => count === 0 ? "#FFFFFF" : `hsl(202 ${55 + 25 * count / most}% ${92 - 62 * count / most}%)`;

  function draw() {
    const [k, s, n] = ["kernel", "stride", "step"].map((name) => model.get(name));
    const out = counts(size, k, s, n), full = counts(size, k, s, size * size), side = out.length, cell = room / side;
    const most = Math.max(...full.flat()), cells = small / size;
    for (const [part, value] of [[kernel, k], [stride, s], [step, n]]) [part.input.value, part.shown.value] = [value, value];
    input.replaceChildren();
    for (let i = 0; i < size * size; i++)
      shape(input, "rect", { x: (i % size) * cells + 1, y: Math.floor(i / size) * cells + 1, width: cells - 2, height: cells - 2,
        fill: i < n ? BLUE : "#FFFFFF", stroke: i === n - 1 ? VERMILLION : "#BDBDBD", "stroke-width": i === n - 1 ? 3 : 1 });
    output.replaceChildren();
    out.forEach((row, i) => row.forEach((count, j) => {
      shape(output, "rect", { x: 1 + j * cell, y: 1 + i * cell, width: cell, height: cell, fill: fill(count, most), stroke: "#E6E6E6" });
      if (cell >= 15 && count) shape(output, "text", { x: 1 + (j + 0.5) * cell, y: 1 + (i + 0.5) * cell + 4, "text-anchor": "middle",
        "font-size": 11, fill: count / most > 0.5 ? "#FFFFFF" : INK }, String(count));
    }));
    if (n) shape(output, "rect", { x: 1 + ((n - 1) % size) * s * cell, y: 1 + Math.floor((n - 1) / size) * s * cell, width: k * cell,
      height: k * cell, fill: "none", stroke: VERMILLION, "stroke-width": 3 });
    shape(output, "text", { x: 1, y: room + 18, "font-size": 12.5, fill: FAINT }, `Output, ${side} by ${side}: how often each pixel was painted`);
    const [from, to] = inside(size, k, s), middle = full.slice(from, to).flatMap((row) => row.slice(from, to));
    const low = middle.length ? Math.min(...middle) : null, high = middle.length ? Math.max(...middle) : null;
    const verdict = !middle.length ? "The stamps are so large that every pixel is near a border."
      : low === high ? `Away from the borders every pixel is painted ${low} time${low === 1 ? "" : "s"}.`
      : `Away from the borders pixels are painted ${low} to ${high} times${low === 0 ? ": some never" : ""}.`;
    words.textContent = n < size * size ? `${n} of ${size * size} pixels have pressed their stamp.` : verdict;
    output.setAttribute("aria-label", `Painted by ${n} pixels. ${verdict}`);
    el.dataset.paint = JSON.stringify({ counts: out, side, low, high, step: n });
  }

  function set(values) {
    for (const [name, value] of Object.entries(values)) model.set(name, value);
    model.save_changes();
    draw();
  }

  let dragging = false;
  const move = (event) => {
    const box = input.getBoundingClientRect();
    const at = (u, length) => clamp(Math.floor((u / length) * size), 0, size - 1);
    set({ step: at(event.clientY - box.top, box.height) * size + at(event.clientX - box.left, box.width) + 1 });
  };
  input.addEventListener("pointerdown", (event) => {
    event.preventDefault();
    event.stopPropagation();
    input.setPointerCapture(event.pointerId);
    input.focus();
    dragging = true;
    move(event);
  });
  input.addEventListener("pointermove", (event) => dragging && move(event));
  for (const name of ["pointerup", "pointercancel"]) input.addEventListener(name, () => { dragging = false; });
  input.addEventListener("mousedown", (event) => event.stopPropagation()); // the notebook would take the focus
  input.addEventListener("keydown", (event) => {
    const change = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -size, ArrowDown: size }[event.key];
    if (!change) return;
    event.preventDefault();
    event.stopPropagation();
    set({ step: clamp(model.get("step") + change, 0, size * size) });
  });
  model.on("change:kernel change:stride change:step", draw);
  draw();
  return () => model.off?.("change:kernel change:stride change:step", draw);
}

export default { render };
