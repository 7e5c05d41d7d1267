// The tab "How it works": what the server tells of a run (state.explained), below the reel, and
// where a clicked voxel came from. stage.js comes after it, and calls `explain` for every state.
const panel = () => document.getElementById('explain');
let level = null, explained = '', looked = '';  // the level that is looked at; what is drawn, of which run
const known = new Map();  // places of takes, by address
const isStyle = one => (one.title ?? one.querySelector('b').textContent) === 'Style';

const times = ([t, h, w]) => `${t} × ${h} × ${w}`;
const note = (title, ...text) => el('div', {class: 'note'}, el('h3', {}, title), el('p', {}, ...text));

// A picture with a rectangle at [t, y, x] in a frame of size [t, h, w].
function picture(title, sub, address, [, tall, wide], at, patch) {
  const [, y, x] = at || [], [, h, w] = patch || [];
  return el('figure', {class: 'shot'},
    el('div', {class: 'frame', style: `aspect-ratio: ${wide} / ${tall}`},
      el('img', {src: address, alt: title}),
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
  const drawn = `${state.source?.video} ${told.errors.length} ${levels.length} ${levels.indexOf(chosen)} ${!!state.takes?.[0]?.places}`;
  if (drawn === explained) return;
  explained = drawn;
  const rows = [pyramid(levels, chosen), chosen && search(chosen), chosen?.missing && weights(chosen),
    costs(told.errors), origin()];
  panel().replaceChildren(...rows.filter(Boolean));
}

function pyramid(levels, chosen) {
  if (!levels.length) return null;
  const widest = Math.max(levels.at(-1).source[2], state.source?.size?.[2] || 0);
  const steps = levels.map((one, k) => el('button', {
      type: 'button', class: 'level', 'aria-pressed': one === chosen, 'aria-label': `Level ${one.level}`,
      style: `--share: ${one.source[2] / widest}`, onclick: () => { level = k; explain(); },
    }, el('img', {src: one.value, alt: ''}), el('span', {}, one.level)));
  return el('section', {},
    note('A pyramid', `The ${state.extras?.some(isStyle) ? 'style' : 'clip'} is made smaller in space and time, `,
      `level by level. Work begins at the smallest one${state.task === 'generate' ? ', with noise added' : ''}, and each `,
      'level starts from the enlarged result of the one before. Each picture is the frame in which a match was ',
      'found. Choose a level to look at.'),
    el('div', {class: 'pyramid'}, ...steps));
}

function search(one) {
  const {at, match, patch, shape, source} = one, middle = Math.floor(patch[0] / 2);
  return el('section', {},
    note(`Level ${one.level}: query, key, value`,
      `Every patch of ${times(patch)} (frames × height × width) of the guess, the query, looks for the patch `,
      'of the source that is most like it, the key. In its place comes the value: the same patch at full ',
      'sharpness. Where patches overlap, the median wins. The frame marks one query and its match.'),
    el('div', {class: 'shots'},
      picture('Query', `frame ${at[0] + middle + 1} of ${shape[0]}`, one.query, shape, at, patch),
      picture('Key', `frame ${match[0] + middle + 1} of ${source[0]}`, one.key, source, match, patch),
      picture('Value', `${source[2]} × ${source[1]}`, one.value, source, match, patch),
      picture('After the vote', `${shape[2]} × ${shape[1]}`, one.guess, shape, at, patch)));
}

function weights(one) {
  const [t, h, w] = one.patch, [, tall, wide] = one.source;
  return el('section', {},
    note('Completeness', 'Patches of the source that the guess does not contain yet are preferred in the ',
      'search. Bright: missing, so preferred. Dark: there already. Fine levels have no weights: what ',
      'appears is decided before.'),
    el('div', {class: 'shots'},
      picture('Source', `level ${one.level}`, one.value, one.source),
      picture('Weights', 'bright is preferred', one.missing, [1, tall - h + 1, wide - w + 1])));
}

// Mean squared error by pass, on a logarithmic axis; a line per level.
function costs(errors) {
  const W = 720, H = 220, left = 64, bottom = 26, values = errors.map(e => Math.max(e[2], 1e-6));
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
  const levels = [...new Set(errors.map(e => e[0]))];
  levels.forEach((one, n) => {
    const mine = errors.map((e, k) => [e[0], k]).filter(e => e[0] === one).map(e => e[1]);
    parts.push(svg('polyline', {points: mine.map(k => `${x(k)},${y(values[k])}`).join(' ')}),
      ...mine.map(k => svg('circle', {cx: x(k), cy: y(values[k]), r: 2.5})));
    if (levels.length < 10 || n % 2 === 0)
      parts.push(svg('text', {x: x((mine[0] + mine.at(-1)) / 2), y: H - 8, 'text-anchor': 'middle'}, one));
  });
  return el('section', {},
    note('The error, pass by pass', 'Mean squared difference between queries and the keys they found; a line per ',
      'level, with its number below. It falls from level to level, and within a level as patches that overlap ',
      'come to agree. On levels with weights it may rise: what is missing gets in though it fits less well.'),
    svg('svg', {class: 'costs', viewBox: `0 0 ${W} ${H}`, role: 'img', 'aria-label': 'Error by pass'}, ...parts));
}

function origin() {
  return state.takes?.some(t => t.places) ? el('section', {class: 'origin'},
    note('Where a pixel came from', 'Click on a take in the reel above: the frame around the pixel shows a patch of it, ',
      'and the source turns to the moment and place that the patch was copied from. “Where it came from” ',
      'shows the same for all pixels at once, as colours.')) : null;
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
  if (!view || state.takes?.[number] !== take) return;
  const spot = gate.getBoundingClientRect();
  const within = (share, n) => Math.min(n - 1, Math.max(0, Math.floor(share * n)));
  const t = within(video.currentTime / video.duration, T);
  const y = within((event.clientY - spot.top) / spot.height, H), x = within((event.clientX - spot.left) / spot.width, W);
  const from = [0, 1, 2].map(k => view.getInt16(2 * (3 * ((t * H + y) * W + x) + k), true));
  playing = false;
  run();
  unmark();
  mark(gate, video, [t, y * step, x * step], [T, H * step, W * step]);
  // Patches come from the clip, or from the style beside it.
  const cells = [...root().querySelectorAll('.cell.source, .cell.beside')];
  const origin = cells.find(isStyle) || cells[0];
  const its = origin.querySelector('video');
  if (its) mark(origin.querySelector('.gate'), its, from, source);
  root().querySelector('.reel > footer').before(el('p', {class: 'traced'},
    `Take ${take.number}, frame ${t + 1}, column ${x * step + 1}, row ${y * step + 1}: `
    + `from frame ${from[0] + 1}, column ${from[2] + 1}, row ${from[1] + 1} of the ${isStyle(origin) ? 'style' : 'source'}.`));
}

// A patch's frame around a voxel, in a video that turns to its moment.
function mark(gate, video, [t, y, x], [frames, tall, wide]) {
  video.pause();
  video.currentTime = Math.min(video.duration - 0.001, video.duration * (t + 0.5) / frames);
  const patch = state.explained?.levels?.at(-1)?.patch || [3, 7, 7], [, h, w] = patch;
  gate.append(el('i', {class: 'box', style: box(x + .5 - w / 2, y + .5 - h / 2, w, h, wide, tall)}));
}
document.addEventListener('click', trace);
