// The tab "How it works": what the server tells of a run (state.explained), below the reel, and
// where a clicked voxel came from. stage.js comes after it, and calls `explain` for every state.
const panel = () => document.getElementById('explain');
let level = null, explained = '', looked = '';  // the level that is looked at; what is drawn, of which run
const known = new Map();  // places of takes, by address
// Patches come from the clip, or from the style beside it.
const byMotion = () => styled() && state.structure !== 'colours';
const styled = () => ['analogy', 'sketch'].includes(state.task);
const origins = () => styled() ? 'style' : 'clip';

const note = (title, ...text) => el('div', {class: 'note'}, el('h3', {}, title), el('p', {}, ...text));

// A picture with a rectangle at [t, y, x] in a frame of size [t, h, w]; `place` of a smaller picture.
function picture(title, sub, address, [, tall, wide], at, patch, place) {
  const [, y, x] = at || [], [, h, w] = patch || [];
  return el('figure', {class: 'shot'},
    el('div', {class: 'frame', style: `aspect-ratio: ${wide} / ${tall}`},
      el('img', {src: address, alt: title, style: place}),
      at && el('i', {class: 'box', style: box(x, y, w, h, wide, tall)})),
    el('figcaption', {}, el('b', {}, title), el('span', {}, sub)));
}

function box(x, y, w, h, wide, tall) {
  const share = (n, of) => `${100 * n / of}%`;
  return `left: ${share(x, wide)}; top: ${share(y, tall)}; width: ${share(w, wide)}; height: ${share(h, tall)}`;
}

let watched = null;
function explain() {
  if (!panel()) return;
  if (watched !== panel()) {  // drawn when its tab opens, and not before
    watched = panel();
    new MutationObserver(explain).observe(watched, {attributeFilter: ['class']});
  }
  if (!panel().classList.contains('open')) return;
  const told = state.explained, run = state.source?.video;
  if (run !== looked) { looked = run; level = null; known.clear(); }
  if (!told?.errors?.length) {
    explained = '';
    panel().replaceChildren(note('Nothing to show yet',
      'Press the button above: the pyramid, the search and the vote of your own run appear here while it works.',
      state.example ? ' (The result above was made beforehand.)' : ''));
    return;
  }
  const levels = told.levels, busy = state.phase === 'running';
  // Of a run that goes on, where it is; of one that is over, a level with weights.
  const chosen = levels[Math.min(level ?? (busy ? Infinity : Math.floor(0.45 * levels.length)), levels.length - 1)];
  const drawn = [run, told.errors.length, levels.length, levels.indexOf(chosen), traceable(), view,
    panel().clientWidth].join();
  if (drawn === explained) return;
  explained = drawn;
  const before = panel().querySelector('.pyramid'), focused = before?.contains(document.activeElement);
  const scrolled = before?.scrollLeft || 0;
  panel().replaceChildren(...[traceable() && origin(), ...chosen ? [
    pyramid(levels, chosen), search(chosen), weights(chosen, levels[0]),
  ] : [], costs(told.errors)].filter(Boolean));
  const on = panel().querySelector('.level[aria-pressed=true]'), row = on?.parentNode;
  if (!on) return;
  const left = on.offsetLeft - row.offsetLeft;  // the chosen level stays in sight
  row.scrollLeft = Math.min(left, Math.max(scrolled, left + on.offsetWidth + 3 - row.clientWidth));
  if (focused) on.focus({preventScroll: true});
}
addEventListener('resize', () => explain());

// The first guess, on the smallest level.
function beginning() {
  const [length, ...size] = state.size || [], [frames, ...own] = state.source?.size || [];
  if (byMotion() && state.task === 'analogy') return 'your clip, of which only the motion counts at first';
  if (byMotion()) return 'your sketch, of which only the strokes count at first';
  if (styled()) return 'the smallest level of your clip itself';
  if (state.task === 'inpaint') return 'the clip with your paint on it, and only the painted region is made anew';
  if ((state.task || 'generate') === 'generate') return 'that level with noise added, so that things end up elsewhere';
  const shape = String(size) === String(own) ? '' : ' in its new shape';
  const time = length > frames ? ' going on for longer, with jumps where they show least'
    : length < frames ? ' pressed into less time' : shape ? '' : ', the end of a loop led into its start';
  return `the clip${shape}${time}, without noise`;
}

function pyramid(levels, chosen) {
  const widest = Math.max(levels.at(-1).source[2], state.source?.size?.[2] || 0);
  const steps = levels.map((one, k) => el('button', {
      type: 'button', class: 'level', 'aria-pressed': one === chosen, 'aria-label': `Level ${one.level}`,
      style: `--share: ${one.source[2] / widest}`, onclick: () => { level = k; explain(); },
    }, el('img', {src: one.value, alt: ''}), el('span', {}, one.level)));
  return el('section', {},
    note('A pyramid', `The ${origins()} is made smaller in space and time, level by level. On the smallest level the `,
      `first guess is ${beginning()}; every other one starts from the enlarged result of the level before. `,
      'Choose one to look at.'),
    el('div', {class: 'pyramid'}, ...steps));
}

function search(one) {
  const {at, match, patch: [t, h, w], patch, shape, source} = one, middle = Math.floor(t / 2);
  return el('section', {},
    note(`Level ${one.level}: query, key, value`,
      `The query, a patch of the guess (${t} frame${t > 1 ? 's' : ''} of ${w} × ${h} pixels), looks for the patch most `,
      `like it in the ${origins()}: the key. The value, that patch at full sharpness, takes its place, and where `,
      'patches overlap they vote on every pixel. ',
      byMotion() ? `The smallest level compares only ${state.task === 'sketch' ? 'strokes with motion' : 'motion'} `
        + '(in grey), the next ones motion and colours, and fine ones colours alone.'
        : state.task === 'inpaint' ? 'Patches that touch the painted region are no keys, and outside it nothing changes.' : ''),
    el('div', {class: 'shots'},
      picture('Query', `frame ${at[0] + middle + 1} of ${shape[0]}`, one.query, shape, at, patch),
      picture('Key', `frame ${match[0] + middle + 1} of ${source[0]}`, one.key, source, match, patch),
      picture('Value', `${source[2]} × ${source[1]}`, one.value, source, match, patch),
      picture('After the vote', `${shape[2]} × ${shape[1]}`, one.guess, shape, at, patch)));
}

function weights(one, first) {
  const [, h, w] = one.patch, [, tall, wide] = one.source;
  if (!one.missing) return el('section', {}, note('Completeness', first.missing
    ? 'No weights on this level: what appears is decided on the smaller ones.'
    : `Off in this run: the ${state.task === 'inpaint' ? 'filled region' : 'result'} need not contain all of the ${origins()}.`));
  return el('section', {},
    note('Completeness', `What the guess lacks of the ${origins()} is preferred in the search, so that all of it appears. `,
      'Bright: missing yet, so preferred. Dark: there already.'),
    el('div', {class: 'shots'},
      picture(styled() ? 'Style' : 'Source', `level ${one.level}`, one.value, one.source),
      // A weight is shown in the middle of its patch.
      picture('Weights', 'bright is preferred', one.missing, one.source, null, null,
        box((w - 1) / 2, (h - 1) / 2, wide - w + 1, tall - h + 1, wide, tall))));
}

// Mean squared error by pass, on a logarithmic axis; a line per level.
function costs(errors) {
  const W = Math.min(820, panel().clientWidth), H = 220, left = 58, bottom = 26, values = errors.map(e => Math.max(e[2], 1e-6));
  const low = Math.floor(Math.log10(Math.min(...values))), high = Math.ceil(Math.log10(Math.max(...values)) + 1e-9);
  const x = k => left + (k + .5) * (W - left - 8) / errors.length;
  const y = v => 8 + (H - bottom - 8) * (high - Math.log10(v)) / Math.max(1, high - low);
  const svg = (tag, given, ...inside) => {
    const node = document.createElementNS('http://www.w3.org/2000/svg', tag);
    for (const [key, value] of Object.entries(given)) node.setAttribute(key, value);
    node.append(...inside);
    return node;
  };
  const parts = [];
  for (let decade = low; decade <= high; decade++) {
    parts.push(svg('line', {class: 'grid', x1: left, x2: W, y1: y(10 ** decade), y2: y(10 ** decade)}),
      svg('text', {x: left - 8, y: y(10 ** decade) + 4, 'text-anchor': 'end'}, +(10 ** decade).toPrecision(1)));
  }
  const at = k => `${x(k)},${y(values[k])}`, levels = [...new Set(errors.map(e => e[0]))];
  const each = Math.ceil(28 * levels.length / (W - left));  // numbers have room
  parts.push(svg('polyline', {class: 'all', points: errors.map((_, k) => at(k)).join(' ')}),
    svg('text', {x: left - 8, y: H - 8, 'text-anchor': 'end'}, 'level'));
  levels.forEach((one, n) => {
    const mine = errors.map((e, k) => [e[0], k]).filter(e => e[0] === one).map(e => e[1]);
    parts.push(svg('polyline', {points: mine.map(at).join(' ')}),
      ...mine.map(k => svg('circle', {cx: x(k), cy: y(values[k]), r: 2.5})));
    if (n % each === 0)
      parts.push(svg('text', {x: x((mine[0] + mine.at(-1)) / 2), y: H - 8, 'text-anchor': 'middle'}, one));
  });
  return el('section', {},
    note('The error, pass by pass', 'How much queries differ from their keys (mean squared difference), a dot for every ',
      'pass. It falls as levels get finer and patches come to agree. ',
      byMotion() ? 'The smallest level stands apart: it compares no colours.'
        : state.explained.levels[0]?.missing ? 'Weights may raise it: what is missing gets in though it fits less well.' : ''),
    svg('svg', {class: 'costs', viewBox: `0 0 ${W} ${H}`, role: 'img', 'aria-label': 'Error by pass'}, ...parts));
}

const traceable = () => !!state.takes?.some(t => t.places);

function origin() {
  const colours = view === 'map', one = state.takes.length > 1 ? 'a take' : 'the result';
  return el('section', {class: 'origin'},
    note('Where a pixel came from', `Click on ${one} in the reel above: the ${styled() ? 'style' : 'source'} turns to the `,
      'moment and place that the patch around that pixel was copied from. ',
      state.task === 'inpaint' ? 'Outside the painted region that is the same place. ' : '',
      'The reel can show it for all pixels at once, too: equal colours are the same piece.'),
    el('button', {type: 'button', class: 'colours', 'aria-pressed': colours, onclick: () => {
      view = colours ? 'result' : 'map';
      draw(state);
      root().scrollIntoView({behavior: 'smooth', block: 'nearest'});
      panel().querySelector('.colours')?.focus({preventScroll: true});
    }}, colours ? 'Show the result again' : 'Show it as colours'));
}

// --- a click on a take

async function placesOf({file, size}) {
  if (!known.has(file)) {
    const answer = await fetch(file).catch(() => null), buffer = answer?.ok ? await answer.arrayBuffer() : null;
    if (buffer?.byteLength !== size[0] * size[1] * size[2] * 6) return null;
    known.set(file, new DataView(buffer));
  }
  return known.get(file);
}

function unmark() {
  for (const one of root()?.querySelectorAll('.gate .box, .traced') || []) one.remove();
}

async function trace(event) {
  const gate = event.target.closest?.('.cell.take .gate');
  const number = [...root().querySelectorAll('.cell.take .gate')].indexOf(gate), take = state.takes?.[number];
  const video = gate?.querySelector('video');
  if (!panel().classList.contains('open') || !take?.places || !video?.duration) return;
  const {size: [T, H, W], step, source} = take.places, view = await placesOf(take.places);
  if (!view || state.takes?.[number]?.places?.file !== take.places.file) return;
  const spot = gate.getBoundingClientRect();
  const within = (share, n) => Math.min(n - 1, Math.max(0, Math.floor(share * n)));
  const t = within(video.currentTime / video.duration, T);
  const y = within((event.clientY - spot.top) / spot.height, H), x = within((event.clientX - spot.left) / spot.width, W);
  const from = [0, 1, 2].map(k => view.getInt16(2 * (3 * ((t * H + y) * W + x) + k), true));
  playing = false;
  run();
  unmark();
  mark(gate, video, [t, y * step, x * step], [T, H * step, W * step]);
  const origin = root().querySelector(styled() ? '.cell.beside' : '.cell.source');
  const its = origin.querySelector('video');
  if (its) mark(origin.querySelector('.gate'), its, from, source);
  root().querySelector('.reel > footer').before(el('p', {class: 'traced'},
    `${gate.closest('.cell').querySelector('b').textContent}, frame ${t + 1}, column ${x * step + 1}, row ${y * step + 1}: `
    + `from frame ${from[0] + 1}, column ${from[2] + 1}, row ${from[1] + 1} of the ${styled() ? 'style' : 'source'}.`));
}

// A patch's frame around a voxel, in a video that turns to its moment.
function mark(gate, video, [t, y, x], [frames, tall, wide]) {
  video.pause();
  video.currentTime = Math.min(video.duration - 0.001, video.duration * (t + 0.5) / frames);
  const patch = state.explained?.levels?.at(-1)?.patch || [3, 7, 7], [, h, w] = patch;
  gate.append(el('i', {class: 'box', style: box(x + .5 - w / 2, y + .5 - h / 2, w, h, wide, tall)}));
}
document.addEventListener('click', trace);
