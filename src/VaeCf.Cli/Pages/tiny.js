'use strict';
// A tiny Mult-VAE of one user: the step of the library in plain loops, for numbers that the reader moves. What it
// starts from, formulas, code and kernels are the library's; a test holds its numbers to the library's to 1e-9.
const Tiny = (() => {
  const data = JSON.parse(document.getElementById('tiny').textContent);
  const items = JSON.parse(document.getElementById('items').textContent);
  const shapes = new Map(data.parameters.map(p => [p.name, [p.rows, p.columns]]));
  const latent = data.settings.latent;
  const [beta1, beta2, epsilonOfAdam, rate] = [0.9, 0.999, 1e-8, data.settings.learning_rate];
  const sum = values => values.reduce((total, value) => total + value, 0);
  const norm = values => Math.sqrt(sum(values.map(value => value * value)));
  const isWeight = name => name.endsWith('.weight');

  /** The state that the page begins with. */
  function start() {
    const clicked = data.history.map(Number), mask = data.noise.find(noise => noise.name === 'dropout_x').numbers;
    return {
      x: items.map((_, item) => Number(clicked.includes(item))),
      mask: items.map((_, item) => clicked.includes(item) ? mask[clicked.indexOf(item)] : 1),
      keep: data.settings.keep_probability,
      epsilon: [...data.noise.find(noise => noise.name === 'epsilon').numbers],
      beta: data.loss.beta,
      annealSteps: 0,
      weightDecay: 0,
      updates: 0,
      weights: Object.fromEntries(data.parameters.map(p => [p.name, [...p.numbers]])),
      m: Object.fromEntries(data.parameters.map(p => [p.name, p.numbers.map(() => 0)])),
      v: Object.fromEntries(data.parameters.map(p => [p.name, p.numbers.map(() => 0)])),
      mistakes: {},
    };
  }

  // y = x W + b for one row x, W [in, out].
  const linear = (x, w, b) => b.map((bias, o) => bias + sum(x.map((value, k) => value * w[k * b.length + o])));
  // The outer product of two rows: the gradient of W for one user.
  const outer = (x, dy) => x.flatMap(value => dy.map(d => value * d));
  // dx = dy W'.
  const back = (dy, w, inputs) => Array.from({ length: inputs }, (_, k) =>
    sum(dy.map((d, o) => d * w[k * dy.length + o])));

  /** beta of the next update: its cap, or on the way there. */
  function betaOf(state) {
    if (state.annealSteps === 0) return state.beta;
    const risen = state.updates / state.annealSteps;
    return state.mistakes.uncapped ? risen : Math.min(state.beta, risen);
  }

  /** x over its norm, and x~ after dropout. */
  function input(state, drops) {
    const length = norm(state.x);
    const normalised = state.mistakes.unnormalised ? state.x
      : state.x.map(value => length === 0 && !state.mistakes.nan ? value : value / length);
    return [normalised, drops && !state.mistakes.undropped
      ? normalised.map((value, item) => value * state.mask[item] / state.keep) : normalised];
  }

  function encode(state, x) {
    const w = state.weights, h = linear(x, w['encoder.0.weight'], w['encoder.0.bias']).map(Math.tanh),
      head = linear(h, w['encoder.1.weight'], w['encoder.1.bias']);
    return [h, head.slice(0, latent), head.slice(latent)];
  }

  // The output layer's W is [items, in].
  function decode(state, z) {
    const w = state.weights, h = linear(z, w['decoder.0.weight'], w['decoder.0.bias']).map(Math.tanh);
    return [h, w['decoder.1.bias'].map((bias, item) =>
      bias + sum(h.map((value, k) => value * w['decoder.1.weight'][item * h.length + k])))];
  }

  const sample = (state, mu, logvar) => {
    const epsilon = state.epsilon.map(value => state.mistakes.quiet ? value * 0.01 : value);
    return [epsilon, mu.map((mean, d) => mean + epsilon[d] * Math.exp(logvar[d] / 2))];
  };

  /** The whole step: its terms, and every array by the library's names. */
  function step(state) {
    const w = state.weights, mistakes = state.mistakes, beta = betaOf(state), x = state.x;
    const [normalised, xt] = input(state, true), [h, mu, logvar] = encode(state, xt);
    const [epsilon, z] = sample(state, mu, logvar), [h2, f] = decode(state, z);

    const klScale = mistakes.averaged ? 1 / latent : 1;
    const kl = -0.5 * klScale * sum(mu.map((mean, d) => 1 + logvar[d] - mean * mean - Math.exp(logvar[d])));
    const count = sum(x), highest = Math.max(...f), exps = f.map(value => Math.exp(value - highest));
    const p = exps.map(value => value / sum(exps));
    const reconstruction = count * (highest + Math.log(sum(exps))) - sum(f.map((value, item) => value * x[item]));
    const l2 = state.weightDecay / 2 * sum(Object.keys(w).filter(isWeight).map(name => norm(w[name]) ** 2));

    const df = p.map((share, item) => count * share - x[item]);
    const dh2 = h2.map((_, k) => sum(df.map((d, item) => d * w['decoder.1.weight'][item * h2.length + k])));
    const da2 = dh2.map((d, k) => d * (1 - h2[k] * h2[k]));
    const dz = back(da2, w['decoder.0.weight'], latent);
    const ofKl = { mu: mu.map(mean => beta * klScale * mean),
      logvar: logvar.map(value => beta * klScale * (Math.exp(value) - 1) / 2) };
    const ofData = { mu: dz, logvar: dz.map((d, i) => d * epsilon[i] * Math.exp(logvar[i] / 2) / 2) };
    const dmu = ofData.mu.map((d, i) => d + ofKl.mu[i]), dlogvar = ofData.logvar.map((d, i) => d + ofKl.logvar[i]);
    const dhead = [...dmu, ...dlogvar];
    const da = back(dhead, w['encoder.1.weight'], h.length).map((d, k) => d * (1 - h[k] * h[k]));
    const decayed = (name, gradient) => mistakes.unadded ? gradient
      : gradient.map((g, i) => g + state.weightDecay * w[name][i]);

    return {
      x, xt, mu, logvar, epsilon, z, f, p, df, count, beta, reconstruction, kl, l2, ofData, ofKl,
      loss: reconstruction + beta * kl + (mistakes.unadded ? 0 : l2),
      forward: {
        'x / norm': normalised.filter((_, item) => x[item] > 0), 'x~': xt.filter((_, item) => x[item] > 0),
        'h encoder.0': h, mu, logvar, z, 'h decoder.0': h2, f, reconstruction: [reconstruction], KL: [kl],
      },
      gradients: {
        'd f': df, 'd decoder.1.weight': decayed('decoder.1.weight', outer(df, h2)), 'd decoder.1.bias': df,
        'd a decoder.0': da2, 'd decoder.0.weight': decayed('decoder.0.weight', outer(z, da2)),
        'd decoder.0.bias': da2, 'd z': dz, 'd mu': dmu, 'd logvar': dlogvar,
        'd encoder.1.weight': decayed('encoder.1.weight', outer(h, dhead)), 'd encoder.1.bias': dhead,
        'd a encoder.0': da, 'd encoder.0.weight': decayed('encoder.0.weight', outer(xt, da)), 'd encoder.0.bias': da,
      },
    };
  }

  /** An update of Adam by the gradients of a step. */
  function update(state) {
    if (state.mistakes.partial) return;
    const { gradients } = step(state), t = ++state.updates;
    for (const [name, weights] of Object.entries(state.weights)) {
      const [m, v] = [state.m[name], state.v[name]];
      gradients[`d ${name}`].forEach((g, i) => {
        m[i] = beta1 * m[i] + (1 - beta1) * g;
        v[i] = beta2 * v[i] + (1 - beta2) * g * g;
        weights[i] -= rate * m[i] / (1 - beta1 ** t) / (Math.sqrt(v[i] / (1 - beta2 ** t)) + epsilonOfAdam);
      });
    }
  }

  /** The slope of the loss in one weight, a central difference. */
  function slope(state, name, entry) {
    const h = 1e-5, at = moved => {
      const weights = [...state.weights[name]];
      weights[entry] += moved;
      return step({ ...state, weights: { ...state.weights, [name]: weights } }).loss;
    };
    return (at(h) - at(-h)) / (2 * h);
  }

  /** What would be recommended: items by logits, the best first; no dropout, the mean for the sample. */
  function rank(state) {
    const [, mu, logvar] = encode(state, input(state, false)[1]);
    const [, f] = decode(state, state.mistakes.sampled ? sample(state, mu, logvar)[1] : mu);
    const scores = f.map((value, item) => state.x[item] === 0 ? value : state.mistakes.zeroed ? 0 : -Infinity);
    return items.map((_, item) => item).filter(item => scores[item] !== -Infinity)
      .sort((a, b) => scores[b] - scores[a]).map(item => ({ item, score: scores[item] }));
  }

  return { data, items, shapes, latent, norm, start, step, update, slope, rank, betaOf };
})();
