// A small Tacotron 2, and Griffin and Lim's phases, in plain JavaScript: what genlab.models.tacotron and genlab.audio do,
// with the batch norms already worked into the convolutions. `genlab.display.modules.source` puts it before speak.js.

export function voice(weights, s) {
  let place = 0;
  const take = (count) => weights.subarray(place, (place += count));
  const linear = (inside, outside, bias = true) => ({ inside, outside, w: take(inside * outside), b: bias ? take(outside) : null });
  const lstm = (inside, dim) => ({ inside, dim, wi: take(4 * dim * inside), wh: take(4 * dim * dim), b: take(4 * dim) });
  const conv = (inside, outside, width) => ({ inside, outside, width, w: take(inside * outside * width), b: take(outside) });
  const embedding = take(s.vocab * s.embedding), read = [];
  for (let k = 0; k < 3; k++) read.push(conv(k ? s.encoder : s.embedding, s.encoder, 5));
  const there = lstm(s.encoder, s.encoder / 2), back = lstm(s.encoder, s.encoder / 2);
  const prenet = [linear(s.bands, s.prenet), linear(s.prenet, s.prenet)];
  const listen = lstm(s.prenet + s.encoder, s.decoder);
  const query = linear(s.decoder, s.attention, false), key = linear(s.encoder, s.attention, false);
  const location = take(s.filters * 2 * s.width), position = linear(s.filters, s.attention, false), score = take(s.attention);
  const speak = lstm(s.decoder + s.encoder, s.decoder);
  const frame = linear(s.decoder + s.encoder, s.bands * s.frames), stop = linear(s.decoder + s.encoder, 1);
  const post = [];
  for (let k = 0; k < 5; k++) post.push(conv(k ? s.postnet : s.bands, k < 4 ? s.postnet : s.bands, 5));
  if (place !== weights.length) throw new Error(`${weights.length} weights for a network that takes ${place}`);

  function apply({ inside, outside, w, b }, x) {
    const y = new Float64Array(outside);
    for (let o = 0; o < outside; o++) {
      let sum = b ? b[o] : 0;
      for (let i = 0, at = o * inside; i < inside; i++) sum += w[at + i] * x[i];
      y[o] = sum;
    }
    return y;
  }
  function turn({ inside, dim, wi, wh, b }, x, [h, c]) {  // gates in torch's order: in, forget, new, out
    const gates = new Float64Array(4 * dim);
    for (let o = 0; o < 4 * dim; o++) {
      let sum = b[o];
      for (let i = 0, at = o * inside; i < inside; i++) sum += wi[at + i] * x[i];
      for (let i = 0, at = o * dim; i < dim; i++) sum += wh[at + i] * h[i];
      gates[o] = sum;
    }
    const next = new Float64Array(dim), cell = new Float64Array(dim);
    for (let d = 0; d < dim; d++) {
      cell[d] = sigmoid(gates[dim + d]) * c[d] + sigmoid(gates[d]) * Math.tanh(gates[2 * dim + d]);
      next[d] = sigmoid(gates[3 * dim + d]) * Math.tanh(cell[d]);
    }
    return [next, cell];
  }
  const zeros = (dim) => [new Float64Array(dim), new Float64Array(dim)];
  function slide({ inside, outside, width, w, b }, rows, act) {  // rows: one for each place
    const half = width >> 1;
    return rows.map((_, n) => {
      const y = new Float64Array(outside);
      for (let o = 0; o < outside; o++) {
        let sum = b[o];
        for (let k = 0; k < width; k++) {
          const row = rows[n + k - half];
          if (row) for (let i = 0; i < inside; i++) sum += w[(o * inside + i) * width + k] * row[i];
        }
        y[o] = act(sum);
      }
      return y;
    });
  }
  const join = (...parts) => {
    const whole = new Float64Array(parts.reduce((sum, part) => sum + part.length, 0));
    let at = 0;
    for (const part of parts) { whole.set(part, at); at += part.length; }
    return whole;
  };
  function encode(letters) {
    let rows = letters.map((letter) => embedding.subarray(letter * s.embedding, (letter + 1) * s.embedding));
    for (const layer of read) rows = slide(layer, rows, (v) => Math.max(0, v));
    const run = (layer, order) => {
      let state = zeros(layer.dim);
      const out = [];
      for (const n of order) out[n] = (state = turn(layer, rows[n], state))[0];
      return out;
    };
    const order = rows.map((_, n) => n), forward = run(there, order), backward = run(back, order.slice().reverse());
    return order.map((n) => join(forward[n], backward[n]));
  }
  function attend(hidden, memory, keys, last, total) {
    const q = apply(query, hidden), half = s.width >> 1;
    const scores = memory.map((_, n) => {
      const features = new Float64Array(s.filters);
      for (let f = 0; f < s.filters; f++)
        for (let k = 0; k < s.width; k++) {
          const m = n + k - half;
          if (m < 0 || m >= memory.length) continue;
          features[f] += location[(f * 2) * s.width + k] * last[m] + location[(f * 2 + 1) * s.width + k] * total[m];
        }
      const p = apply(position, features);
      let sum = 0;
      for (let a = 0; a < s.attention; a++) sum += score[a] * Math.tanh(q[a] + keys[n][a] + p[a]);
      return sum;
    });
    const most = Math.max(...scores), powers = scores.map((v) => Math.exp(v - most)), sum = powers.reduce((a, b) => a + b, 0);
    return powers.map((v) => v / sum);
  }

  // Letters as whole numbers -> frames, weights, and whether the network itself ended. forced: step -> letter.
  return (letters, { forced = {}, stopping = true, dropout = true, most = 100, seed = 0 } = {}) => {
    const random = randomFrom(seed + 1), memory = encode(letters), keys = memory.map((row) => apply(key, row));
    let heard = zeros(s.decoder), spoken = zeros(s.decoder), context = new Float64Array(s.encoder), last = memory.map(() => 0);
    let total = last.slice(), fed = new Float64Array(s.bands), ended = false;
    const before = [], weights_ = [];
    for (let t = 0; t < most && !ended; t++) {
      let x = fed;
      for (const layer of prenet) x = apply(layer, x).map((v) => Math.max(0, v) * (dropout ? (random.uniform() < 0.5 ? 0 : 2) : 1));
      heard = turn(listen, join(x, context), heard);
      last = t in forced ? memory.map((_, n) => (n === Math.min(forced[t], memory.length - 1) ? 1 : 0)) : attend(heard[0], memory, keys, last, total);
      total = total.map((v, n) => v + last[n]);
      context = context.map((_, d) => memory.reduce((sum, row, n) => sum + last[n] * row[d], 0));
      weights_.push(last);
      const both = join(heard[0], context);
      spoken = turn(speak, both, spoken);
      const out = join(spoken[0], context), frames = apply(frame, out);
      for (let r = 0; r < s.frames; r++) before.push(frames.slice(r * s.bands, (r + 1) * s.bands));
      fed = before[before.length - 1];
      ended = stopping && apply(stop, out)[0] > 0;
    }
    let change = before;
    post.forEach((layer, k) => { change = slide(layer, change, k < 4 ? Math.tanh : (v) => v); });
    return { mel: before.map((row, t) => row.map((v, b) => v + change[t][b])), weights: weights_, ended };
  };
}

// Frames of log mel bands -> magnitudes (frames × bins), by the filters' pseudo-inverse (bins × bands).
export function magnitudes(mel, inverse, { nFft, centre, spread }) {
  return mel.map((row) => {
    const energy = Array.from(row, (v) => Math.exp(v * spread + centre)), bands = energy.length;
    const out = new Float64Array(nFft / 2 + 1);
    for (let f = 0; f < out.length; f++) {
      let sum = 0;
      for (let b = 0; b < bands; b++) sum += inverse[f * bands + b] * energy[b];
      out[f] = Math.max(0, sum);
    }
    return out;
  });
}

// In place; the inverse is not divided by n.
export function fft(re, im, backwards) {
  const n = re.length;
  for (let i = 1, j = 0; i < n; i++) {
    let bit = n >> 1;
    for (; j & bit; bit >>= 1) j ^= bit;
    j ^= bit;
    if (i < j) { [re[i], re[j]] = [re[j], re[i]]; [im[i], im[j]] = [im[j], im[i]]; }
  }
  for (let size = 2; size <= n; size *= 2) {
    const half = size / 2, angle = ((backwards ? 2 : -2) * Math.PI) / size;
    for (let k = 0; k < half; k++) {
      const wr = Math.cos(angle * k), wi = Math.sin(angle * k);
      for (let i = k; i < n; i += size) {
        const j = i + half, xr = re[j] * wr - im[j] * wi, xi = re[j] * wi + im[j] * wr;
        re[j] = re[i] - xr; im[j] = im[i] - xi;
        re[i] += xr; im[i] += xi;
      }
    }
  }
}

// A wave whose spectrum is nearly so large, as genlab.audio.griffin_lim makes it.
export function griffinLim(sizes, { nFft, hop, rounds }) {
  const frames = sizes.length, bins = nFft / 2 + 1, half = nFft / 2, length = (frames - 1) * hop;
  const window_ = Float64Array.from({ length: nFft }, (_, i) => 0.5 - 0.5 * Math.cos((2 * Math.PI * i) / nFft));
  const norm = new Float64Array(length + nFft);
  for (let t = 0; t < frames; t++) for (let i = 0; i < nFft; i++) norm[t * hop + i] += window_[i] ** 2;
  let cos = sizes.map((row) => new Float64Array(bins).fill(1)), sin = sizes.map(() => new Float64Array(bins));
  const lastRe = sizes.map(() => new Float64Array(bins)), lastIm = sizes.map(() => new Float64Array(bins));
  const re = new Float64Array(nFft), im = new Float64Array(nFft);
  function inverse() {
    const padded = new Float64Array(length + nFft);
    for (let t = 0; t < frames; t++) {
      for (let f = 0; f < bins; f++) { re[f] = sizes[t][f] * cos[t][f]; im[f] = sizes[t][f] * sin[t][f]; }
      im[0] = im[half] = 0;
      for (let f = 1; f < half; f++) { re[nFft - f] = re[f]; im[nFft - f] = -im[f]; }
      fft(re, im, true);
      for (let i = 0; i < nFft; i++) padded[t * hop + i] += (re[i] / nFft) * window_[i];
    }
    return Float64Array.from({ length }, (_, i) => padded[i + half] / norm[i + half]);
  }
  for (let round = 0; round < rounds; round++) {
    const wave = inverse(), mirror = (i) => wave[i < 0 ? -i : i >= length ? 2 * (length - 1) - i : i];
    for (let t = 0; t < frames; t++) {
      for (let i = 0; i < nFft; i++) { re[i] = window_[i] * mirror(t * hop + i - half); im[i] = 0; }
      fft(re, im, false);
      for (let f = 0; f < bins; f++) {
        const a = re[f] - (0.99 / 1.99) * lastRe[t][f], b = im[f] - (0.99 / 1.99) * lastIm[t][f], size = Math.hypot(a, b);
        cos[t][f] = size > 0 ? a / size : 1; sin[t][f] = size > 0 ? b / size : 0;
        lastRe[t][f] = re[f]; lastIm[t][f] = im[f];
      }
    }
  }
  return inverse();
}
