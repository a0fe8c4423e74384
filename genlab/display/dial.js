// A wheel of labels around images that several models make of one code: turn it, and each model is asked for a bit of
// both labels beside the hand. All frames come with the widget.

const INK = "#333333", FAINT = "#767676", VERMILLION = "#D55E00", SIDE = 28, ZOOM = 4, WHEEL = 240;

function render({ model, el }) {
  const raw = model.get("frames"), frames = new Uint8Array(raw.buffer ?? raw, raw.byteOffset ?? 0, raw.byteLength);
  const names = model.get("names"), count = model.get("classes"), stops = model.get("stops"), codes = model.get("codes");
  el.classList.add("genlab-dial");
  const root = element(el, "div", {}, `display:flex;flex-wrap:wrap;gap:18px;align-items:center;font:13px sans-serif;color:${INK};background:#fff`);
  const wheel = element(root, "canvas", { width: WHEEL, height: WHEEL, tabIndex: 0 }, "touch-action:none;cursor:grab;max-width:100%");
  wheel.setAttribute("role", "slider");
  wheel.setAttribute("aria-label", "Label");
  wheel.setAttribute("aria-valuemin", 0);
  wheel.setAttribute("aria-valuemax", count);
  const views = names.map((name) => {
    const box = element(root, "div");
    element(box, "div", { textContent: name }, "margin-bottom:4px");
    const canvas = element(box, "canvas", { width: SIDE * ZOOM, height: SIDE * ZOOM }, "image-rendering:pixelated");
    canvas.setAttribute("role", "img");
    return canvas;
  });
  const side = element(root, "div", {}, "width:150px");
  const another = element(side, "button", { textContent: "Another z" });
  another.addEventListener("click", () => move(model.get("place"), (model.get("code") + 1) % codes));
  const words = element(side, "div", {}, "margin-top:6px");
  words.setAttribute("role", "status");
  const total = count * stops;

  function paint(context, bytes, x, y, zoom) {
    const image = context.createImageData(SIDE * zoom, SIDE * zoom);
    for (let v = 0; v < SIDE * zoom; v++)
      for (let u = 0; u < SIDE * zoom; u++) {
        const grey = bytes[Math.floor(v / zoom) * SIDE + Math.floor(u / zoom)];
        image.data.set([grey, grey, grey, 255], 4 * (v * SIDE * zoom + u));
      }
    context.putImageData(image, x, y);
  }
  const frame = (m, code, place) => {
    const at = ((m * codes + code) * total + place) * SIDE * SIDE;
    return frames.subarray(at, at + SIDE * SIDE);
  };

  function draw() {
    const place = model.get("place"), code = model.get("code"), context = wheel.getContext("2d"), middle = WHEEL / 2;
    context.fillStyle = "#fff";
    context.fillRect(0, 0, WHEEL, WHEEL);
    for (let c = 0; c < count; c++) {
      const angle = 2 * Math.PI * c / count - Math.PI / 2, r = middle - 22;
      paint(context, frame(0, code, c * stops), Math.round(middle + r * Math.cos(angle) - SIDE / 2), Math.round(middle + r * Math.sin(angle) - SIDE / 2), 1);
      context.fillStyle = FAINT;
      context.font = "12px sans-serif";
      context.textAlign = "center";
      context.textBaseline = "middle";
      context.fillText(c, middle + (r - 26) * Math.cos(angle), middle + (r - 26) * Math.sin(angle));
    }
    const angle = 2 * Math.PI * place / total - Math.PI / 2, end = [middle + 58 * Math.cos(angle), middle + 58 * Math.sin(angle)];
    context.strokeStyle = context.fillStyle = VERMILLION;
    context.lineWidth = 3;
    context.beginPath();
    context.moveTo(middle, middle);
    context.lineTo(...end);
    context.stroke();
    context.beginPath();
    context.arc(...end, 6, 0, 7);
    context.fill();
    const low = Math.floor(place / stops), share = (place % stops) / stops;
    words.textContent = `z number ${code + 1} of ${codes}; ` + (share ? `${Math.round(100 * (1 - share))} % of a ${low}, ${Math.round(100 * share)} % of a ${(low + 1) % count}` : `a ${low}`);
    wheel.setAttribute("aria-valuenow", (place / stops).toFixed(2));
    wheel.setAttribute("aria-valuetext", words.textContent);
    const middles = views.map((view, m) => {
      const bytes = frame(m, code, place);
      paint(view.getContext("2d"), bytes, 0, 0, ZOOM);
      view.setAttribute("aria-label", `What ${names[m]} makes: ${words.textContent}`);
      return bytes.reduce((sum, v) => sum + v, 0);
    });
    el.dataset.dial = JSON.stringify({ place, code, ink: middles, text: words.textContent });
  }

  function move(place, code) {
    model.set("place", ((place % total) + total) % total);
    model.set("code", code);
    model.save_changes();
    draw();
  }

  let held = false;
  const turn = (event) => {
    const box = wheel.getBoundingClientRect(), x = event.clientX - box.left - box.width / 2, y = event.clientY - box.top - box.height / 2;
    move(Math.round((Math.atan2(y, x) + Math.PI / 2) / (2 * Math.PI) * total), model.get("code"));
  };
  wheel.addEventListener("pointerdown", (event) => {
    event.preventDefault();
    event.stopPropagation();
    wheel.focus();
    wheel.setPointerCapture(event.pointerId);
    held = true;
    turn(event);
  });
  wheel.addEventListener("pointermove", (event) => { if (held) turn(event); });
  for (const name of ["pointerup", "pointercancel"]) wheel.addEventListener(name, () => { held = false; });
  wheel.addEventListener("mousedown", (event) => event.stopPropagation()); // the notebook would take the focus
  wheel.addEventListener("keydown", (event) => {
    const way = { ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1, PageUp: stops, PageDown: -stops }[event.key];
    if (!way) return;
    event.preventDefault();
    event.stopPropagation();
    move(model.get("place") + way, model.get("code"));
  });
  model.on("change:place change:code", draw);
  draw();
}

export default { render };
