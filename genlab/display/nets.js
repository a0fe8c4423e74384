// Small perceptrons with leaky units that train in plain JavaScript: what the games on the plane share.
// `genlab.display.modules.source` puts it after common.js, before the modules that need it.

const LEAK = 0.2, BETA = [0.5, 0.99], EPS = 1e-8;

// Layers as torch stores them: weight (out, in) and bias (out), of sizes such as [2, 32, 32, 1].
export function network(sizes, flat) {
  const layers = [];
  let at = 0;
  for (let k = 1; k < sizes.length; k++) {
    const [inside, out] = [sizes[k - 1], sizes[k]];
    layers.push({ inside, out, w: Float64Array.from(flat.slice(at, at + inside * out)),
                  b: Float64Array.from(flat.slice(at + inside * out, at + inside * out + out)) });
    at += inside * out + out;
  }
  return layers.map((layer) => ({ ...layer, moments: [layer.w, layer.b].map((v) => [new Float64Array(v.length), new Float64Array(v.length)]) }));
}

export function fresh(sizes, random) {
  const flat = [];
  for (let k = 1; k < sizes.length; k++) {
    const bound = 1 / Math.sqrt(sizes[k - 1]);
    for (let i = 0; i < (sizes[k - 1] + 1) * sizes[k]; i++) flat.push((2 * random.uniform() - 1) * bound);
  }
  return network(sizes, flat);
}

// What each layer gives for one row, before and after its leak.
export function forward(net, x) {
  const values = [x];
  net.forEach(({ inside, out, w, b }, k) => {
    const last = values[k], next = new Float64Array(out);
    for (let o = 0; o < out; o++) {
      let sum = b[o];
      for (let i = 0; i < inside; i++) sum += w[o * inside + i] * last[i];
      next[o] = k < net.length - 1 && sum < 0 ? LEAK * sum : sum;
    }
    values.push(next);
  });
  return values;
}

const zeros = (net) => net.map(({ w, b }) => ({ w: new Float64Array(w.length), b: new Float64Array(b.length) }));

// Adds the gradient to `grads`, if there are any, and gives the slope in the row that went in.
export function backward(net, values, slope, grads) {
  let up = slope;
  for (let k = net.length - 1; k >= 0; k--) {
    const { inside, out, w } = net[k], below = values[k], down = new Float64Array(inside);
    for (let o = 0; o < out; o++) {
      const s = k < net.length - 1 && values[k + 1][o] < 0 ? LEAK * up[o] : up[o];
      if (grads) {
        grads[k].b[o] += s;
        for (let i = 0; i < inside; i++) grads[k].w[o * inside + i] += s * below[i];
      }
      for (let i = 0; i < inside; i++) down[i] += s * w[o * inside + i];
    }
    up = down;
  }
  return up;
}

export function adam(net, grads, rate, step, beta = BETA) {
  net.forEach((layer, k) => ["w", "b"].forEach((part, j) => {
    const [first, second] = layer.moments[j];
    for (let i = 0; i < layer[part].length; i++) {
      const g = grads[k][part][i];
      first[i] = beta[0] * first[i] + (1 - beta[0]) * g;
      second[i] = beta[1] * second[i] + (1 - beta[1]) * g * g;
      const root = Math.sqrt(second[i] / (1 - beta[1] ** step)) + EPS;
      layer[part][i] -= rate * first[i] / (1 - beta[0] ** step) / root;
    }
  }));
}

// viridis at seven places
const FIELD = [[68, 1, 84], [70, 50, 126], [54, 92, 141], [39, 127, 142], [31, 161, 135], [74, 193, 109], [253, 231, 37]];
function colour(share) {
  const at = Math.min(share, 0.9999) * 6, k = Math.floor(at), t = at - k;
  return FIELD[k].map((v, i) => Math.round(v + t * (FIELD[k + 1][i] - v)));
}

// Rounds without end behind a button that says Play or Pause: as many as fit into 30 ms, then a picture.
function endless(el, button, round, draw) {
  let timer = null;
  function pause() {
    clearTimeout(timer);
    timer = null;
    button.textContent = "Play";
  }
  function turn() {
    if (!el.isConnected) { pause(); return; }
    const end = performance.now() + 30;
    do round(); while (performance.now() < end);
    draw();
    timer = setTimeout(turn, 0);
  }
  function play() {
    button.textContent = "Pause";
    timer = setTimeout(turn, 0);
  }
  return { pause, toggle: () => (timer === null ? play() : pause()) };
}
