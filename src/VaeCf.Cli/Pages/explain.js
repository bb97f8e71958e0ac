// What the reader sees and moves; Tiny computes.
(() => {
  const byId = id => document.getElementById(id);
  const { data, items, shapes, latent } = Tiny;
  const short = value => (Math.round(value * 1e4) / 1e4 + 0).toFixed(4);
  const plain = value => String(Math.round(value * 1e6) / 1e6);
  let state = Tiny.start(), shown = {};

  /** An element with text, classes and children. */
  function make(tag, properties = {}, ...children) {
    const element = Object.assign(document.createElement(tag), properties);
    element.append(...children);
    return element;
  }

  // A table whose first column are the heads of the rows; a cell is a text or an element. What is below a row stands
  // across all columns.
  function table(place, heads, rows, name) {
    const cell = (content, column) => content instanceof Element ? content
      : make(column === 0 ? 'th' : 'td', column === 0 ? { scope: 'row', className: 'text' } : {}, content);
    byId(place).replaceChildren(make('table', { className: name ?? '' },
      make('thead', {}, make('tr', {}, ...heads.map((head, column) => head === '' ? make('td') :
        make('th', { scope: 'col', className: column === 0 || name === 'arrays' ? 'text' : '' }, head)))),
      make('tbody', {}, ...rows.flatMap(({ cells, changed, below }) => [
        make('tr', { className: changed ? 'changed' : '' }, ...cells.map(cell)),
        ...below ? [make('tr', { className: 'below' },
          make('td', { className: 'text', colSpan: heads.length }, ...below))] : []]))));
  }

  // A number with a bar under it, from the middle where it may be below 0.
  function bar(value, most, isSigned) {
    const length = Math.min(1, Math.abs(value) / most) * (isSigned ? 50 : 100), line = make('i');
    line.style.width = `${length}%`;
    line.style.left = isSigned ? `${value < 0 ? 50 - length : 50}%` : '0';
    line.className = value < 0 ? 'less' : '';
    return make('td', { className: 'bar' }, short(value), line);
  }

  const mistakes = [
    ['quiet', 'Noise with a standard deviation of 0.01', 'epsilon is drawn from N(0, 0.01²). z is all but mu, so the '
      + 'decoder never sees a code beside mu, and the clicks no longer tell logvar anything.'],
    ['averaged', 'The KL averaged over the latent units', 'The KL is a sum over them. A mean is smaller by their '
      + 'number, 200 in the paper: beta is then 200 times too small.'],
    ['sampled', 'Sampling z at prediction', 'A prediction takes the mean, z = mu. With a sample in its place the list '
      + 'changes whenever the user asks: move an epsilon and look at the ranking.'],
    ['undropped', 'Input dropout off', 'The model sees every click that it has to predict, and learns to copy. In two '
      + 'hundred units it can.'],
    ['uncapped', 'beta not capped', 'beta = updates / anneal steps goes on rising beyond the cap. Set the anneal '
      + 'steps, train, and watch beta.'],
    ['zeroed', 'Seen films masked by a logit of 0', 'What the user has seen is to be left out of the ranking. With a '
      + 'logit of 0 it is in it, above every film whose logit is below 0.'],
    ['unnormalised', 'No L2 normalisation', 'x goes in as it is: a user of many clicks drives every tanh to its end, '
      + 'where it has no slope. Click all films and look at h and da.'],
    ['partial', 'The last, partial batch dropped', 'This user is alone, in batches of two: the batch is not full, and '
      + 'is left out. Press the button: nothing is learnt.'],
    ['unadded', 'An L2 term that is built but not added', 'The term is computed and shown, but it is neither in the '
      + 'loss nor in the gradients: weights are free to grow. Give it a strength to see it.'],
    ['dense', 'The clicks made dense', 'The same numbers, at the price of a product with every film, clicked or not. '
      + 'With 20,108 films and 73 clicks of a user, as in ML-20M, that is 275 times as many.'],
    ['batched', 'A measure that changes with the batch size', 'A measure is a mean over users. Where it is a mean over '
      + 'batches of their means, the users of a small batch count more.'],
    ['nan', 'NaN for an empty row', 'The norm of a user without clicks is 0, and 0 / 0 is not a number; one such user '
      + 'spoils every weight. Unclick all films.'],
  ];

  // What a mistake changes, beside the same state without it.
  function effect(key) {
    const right = { ...state, mistakes: { ...state.mistakes, [key]: false } };
    const [a, b] = [Tiny.step(right), Tiny.step(state)];
    const hidden = shapes.get('encoder.0.weight')[1];
    switch (key) {
      case 'sampled': case 'zeroed': {
        const names = of => Tiny.rank(of).map(one => items[one.item]).join(', ');
        return `Ranked: ${names(state)}; in place of: ${names(right)}.`;
      }
      case 'partial': return 'An update of Adam now changes no weight.';
      case 'dense': return `The first layer multiplies ${items.length * hidden} times in place of ${a.count * hidden}.`;
      case 'batched': {
        const recall = [1, 1, 0], mean = values => values.reduce((sum, value) => sum + value, 0) / values.length;
        return `Three users with Recall ${recall.join(', ')}: ${plain(mean(recall))}. In batches of two: `
          + `${plain(mean([mean(recall.slice(0, 2)), mean(recall.slice(2))]))}.`;
      }
      default: {
        const size = of => short(Tiny.norm(of.gradients['d encoder.1.weight']));
        return `Loss ${short(b.loss)} in place of ${short(a.loss)}; norm of d encoder.1.weight ${size(b)} in place of `
          + `${size(a)}; beta ${plain(b.beta)} in place of ${plain(a.beta)}.`;
      }
    }
  }

  // The rows of arrays, each with its formula, code and kernels below it.
  function arrays(place, described, numbers) {
    const rows = described.map(({ name, formula, code, kernel }) => {
      const columns = shapes.get(name.slice(2))?.[1] ?? numbers[name].length, lines = [];
      for (let first = 0; first < numbers[name].length; first += columns)
        lines.push(numbers[name].slice(first, first + columns).map(value => short(value).padStart(8)).join(' '));
      const text = lines.join('\n'), changed = shown[name] !== undefined && shown[name] !== text;
      shown[name] = text;
      const links = kernel.split(', ').flatMap(one => [' ', make('a', { href: `#kernel-${one}` }, one)]);
      return { changed, cells: [name, make('td', { className: 'numbers' }, text)],
        below: [formula, make('br'), make('code', {}, code), make('br'), ...links.slice(1)] };
    });
    table(place, ['array', 'numbers'], rows, 'arrays');
  }

  function lossBar(s) {
    const parts = [['reconstruction', s.reconstruction], ['beta KL', s.beta * s.kl], ['L2', s.l2]];
    byId('bar').setAttribute('aria-label', parts.map(([name, value]) => `${name} ${short(value)}`).join(', '));
    const total = parts.reduce((sum, part) => sum + part[1], 0);
    byId('bar').replaceChildren(...parts.flatMap(([name, value], i) => {
      if (!(value > 0)) return [];
      const part = make('span', { className: `part${i}` }, value / total > 0.12 ? `${name} ${short(value)}` : '');
      part.style.width = `${100 * value / total}%`;
      return [part];
    }));
    byId('legend').replaceChildren(...parts.flatMap(([name, value], i) =>
      [make('span', {}, make('span', { className: `key part${i}` }), `${name} ${short(value)}`), ' ']));
  }

  // Everything that follows from the state.
  function show() {
    const s = Tiny.step(state), [name, entry] = byId('which').value.split(' ');
    byId('summary').textContent = `Loss ${short(s.loss)} = reconstruction ${short(s.reconstruction)} + beta `
      + `${plain(s.beta)} x KL ${short(s.kl)} + L2 ${short(s.l2)}; after ${state.updates} `
      + `update${state.updates === 1 ? '' : 's'} of Adam.`;
    lossBar(s);
    table('films', ['film', 'x', 'x~', 'f', 'p', 'N p', 'df'], items.map((item, i) => ({ cells: [item, `${s.x[i]}`,
      short(s.xt[i]), short(s.f[i]), short(s.p[i]), bar(s.count * s.p[i], Math.max(1, s.count), false),
      bar(s.df[i], Math.max(1, s.count), true)] })), 'films');
    table('code', ['', ...s.mu.map((_, d) => `unit ${d}`)], Object.entries({
      mu: s.mu, sigma: s.logvar.map(value => Math.exp(value / 2)), epsilon: s.epsilon, z: s.z, dz: s.gradients['d z'],
      'dmu, of the clicks': s.ofData.mu, 'dmu, of the KL': s.ofKl.mu, 'dlogvar, of the clicks': s.ofData.logvar,
      'dlogvar, of the KL': s.ofKl.logvar,
    }).map(([name, values]) => ({ cells: [name, ...values.map(short)] })));
    byId('ranking').replaceChildren(...Tiny.rank(state).map(one =>
      make('li', {}, `${items[one.item]}, ${short(one.score)}`)));
    arrays('forward', data.forward, s.forward);
    arrays('backward', data.gradients, s.gradients);
    byId('slope').textContent = `Its gradient is ${s.gradients[`d ${name}`][entry].toFixed(6)}; the slope of the loss, `
      + `moved by 0.00001 to either side, ${Tiny.slope(state, name, Number(entry)).toFixed(6)}.`;
    for (const [key] of mistakes) {
      byId(`effect-${key}`).textContent = state.mistakes[key] ? effect(key) : '';
      byId(`effect-${key}`).parentElement.classList.toggle('on', Boolean(state.mistakes[key]));
    }
  }

  // Puts the state into the controls.
  function fill() {
    for (const [id, value] of [['keep', state.keep], ['beta', state.beta], ['annealSteps', state.annealSteps],
      ['weightDecay', state.weightDecay], ...state.epsilon.map((value, d) => [`epsilon${d}`, value])])
      set(id, value);
    items.forEach((_, i) => {
      byId(`click${i}`).checked = state.x[i] === 1;
      byId(`drop${i}`).checked = state.mask[i] === 0;
    });
    fillWeight();
    for (const [key] of mistakes) byId(`mistake-${key}`).checked = Boolean(state.mistakes[key]);
  }

  function fillWeight() {
    const [name, entry] = byId('which').value.split(' ');
    set('weight', state.weights[name][entry]);
  }

  function set(id, value) {
    byId(id).value = value;
    document.querySelector(`output[for=${id}]`).textContent =
      id === 'annealSteps' && value === 0 ? 'off' : id === 'weight' ? short(value) : plain(value);
  }

  function on(id, event, act) {
    byId(id).addEventListener(event, () => {
      act(byId(id));
      show();
    });
  }

  // A slider that writes a number to the state.
  const slide = (id, write) => on(id, 'input', input => {
    write(Number(input.value));
    set(id, Number(input.value));
  });

  items.forEach((item, i) => {
    byId('clicks').append(make('div', { className: 'click' },
      make('label', {}, make('input', { type: 'checkbox', id: `click${i}` }), item),
      make('label', {}, make('input', { type: 'checkbox', id: `drop${i}`, ariaLabel: `${item} dropped` }), 'dropped')));
    on(`click${i}`, 'change', box => { state.x[i] = Number(box.checked); });
    on(`drop${i}`, 'change', box => { state.mask[i] = Number(!box.checked); });
  });
  for (let d = 0; d < latent; d++) {
    const output = make('output');
    output.setAttribute('for', `epsilon${d}`);
    byId('epsilons').append(make('label', { className: 'row' }, `epsilon ${d}`,
      make('input', { type: 'range', id: `epsilon${d}`, min: -3, max: 3, step: 0.1 }), output));
    slide(`epsilon${d}`, value => { state.epsilon[d] = value; });
  }
  for (const [name, [rows, columns]] of shapes)
    for (let i = 0; i < rows * columns; i++)
      byId('which').append(make('option', { value: `${name} ${i}` },
        rows === 1 ? `${name} ${i}` : `${name} ${Math.floor(i / columns)}, ${i % columns}`));
  for (const [key, title, why] of mistakes) {
    byId('mistakes').append(make('div', { className: 'mistake' },
      make('label', {}, make('input', { type: 'checkbox', id: `mistake-${key}` }), title), make('p', {}, why),
      make('p', { id: `effect-${key}`, role: 'status' })));
    on(`mistake-${key}`, 'change', box => { state.mistakes[key] = box.checked; });
  }
  for (const id of ['keep', 'beta', 'annealSteps', 'weightDecay']) slide(id, value => { state[id] = value; });
  slide('weight', value => {
    const [name, entry] = byId('which').value.split(' ');
    state.weights[name][entry] = value;
  });
  on('which', 'change', fillWeight);
  on('once', 'click', () => { Tiny.update(state); fillWeight(); });
  on('often', 'click', () => { for (let i = 0; i < 20; i++) Tiny.update(state); fillWeight(); });
  on('again', 'click', () => { state = Tiny.start(); fill(); });
  fill();
  show();
  Tiny.state = () => state;
})();
