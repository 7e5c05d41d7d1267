// Draws the state that the server sends: source and takes on one reel, playing in step.
// Runs in Gradio's js_on_load, which provides `props` and `watch`, after a line that lists the `tabs`.
const root = () => document.getElementById('stage');
const el = (tag, attributes = {}, ...children) => {
  const node = document.createElement(tag);
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith('on')) node.addEventListener(key.slice(2), value);
    else if (value !== null && value !== undefined) node.setAttribute(key, value);
  }
  node.append(...children.filter(c => c !== null && c !== undefined));
  return node;
};
let state = {}, view = 'result', playing = true, strip = null, built = '';

const videos = () => [...root().querySelectorAll('.gate video')];
const frameCount = n => `${n} frame${n > 1 ? 's' : ''}`;
const seconds = s => s < 1.5 ? '1 s' : s < 90 ? `${Math.round(s)} s` : `${Math.round(s / 60)} min`;

function cell(kind, title) {
  return el('figure', {class: `cell ${kind}`},
    el('div', {class: 'gate'}, el('canvas', {hidden: ''}), el('p', {class: 'blank'})),
    el('figcaption', {}, el('b', {}, title), el('span', {class: 'meta'}), el('nav')));
}

// The frame around the cells is built once per job; later states only fill it.
function build(extras, takes) {
  const cells = 1 + extras.length + takes;
  const frames = el('div', {class: 'frames', 'data-cells': cells}, cell('source', 'Source'));
  for (const extra of extras) frames.append(cell('beside', extra.title));
  for (let k = 1; k <= takes; k++) frames.append(cell('take', takes > 1 || !extras.length ? `Take ${k}` : 'Result'));
  const switcher = el('div', {class: 'switch', role: 'group', 'aria-label': 'What to show'});
  for (const [key, text] of [['result', 'Result'], ['map', 'Where it came from']])
    switcher.append(el('button', {type: 'button', 'data-view': key, onclick: () => {
      view = key; draw(state);
    }}, text));
  const play = el('button', {type: 'button', class: 'play', 'aria-label': 'Pause',
    onclick: () => { playing = !playing; run(); }});
  const scrub = el('input', {type: 'range', min: 0, max: 1000, value: 0, class: 'scrub',
    'aria-label': 'Position', oninput: e => {
      playing = false; run();
      for (const v of videos()) if (v.duration) v.currentTime = v.duration * e.target.value / 1001;
    }});
  root().replaceChildren(el('section', {class: 'reel'},
    el('header', {}, el('h2', {class: 'title'}), switcher),
    el('div', {class: 'status', role: 'status'},
      el('div', {class: 'bar'}, el('i')), el('p', {class: 'says'}), el('p', {class: 'left'})),
    el('div', {class: 'film'}, el('div', {class: 'edge'}), frames),
    el('p', {class: 'legend'}, 'Colour is place in the source: hue runs from left to right, ',
      'light to dark from top to bottom, and colours pale as time goes on. ',
      'Equal colours are the same piece of the source.'),
    el('footer', {}, play, scrub, el('span', {class: 'clock'}),
      el('a', {class: 'settings', download: ''}, 'Settings (JSON)')),
    el('ul', {class: 'notices'})));
}

// A small menu of tabs; `choose` gets the change event.
function chooser(text, choose) {
  return el('select', {class: 'send', 'aria-label': 'Send this result to another tab', onchange: choose},
    el('option', {value: ''}, text), ...tabs.map(([value, name]) => el('option', {value}, name)));
}

function sendTo(event, take) {
  const to = event.target.value;
  event.target.value = '';
  if (to) trigger('select', {take: take.number, to, title: state.title});
}

function fill(node, media, sub, links) {
  const gate = node.querySelector('.gate'), [, tall, wide] = media?.size || state.size || [1, 9, 16];
  node.style.setProperty('--ratio', `${wide} / ${tall}`);
  let video = gate.querySelector('video');
  const source = media && media[view === 'map' && media.map ? 'map' : 'video'];
  if (!source) video?.remove();
  else if (!video || video.getAttribute('src') !== source) {
    const fresh = el('video', {src: source, loop: '', playsinline: '', preload: 'auto'});
    fresh.muted = true;
    fresh.addEventListener('canplay', () => { align(fresh); run(); }, {once: true});
    video ? video.replaceWith(fresh) : gate.append(fresh);
  }
  node.querySelector('.meta').textContent = sub;
  const nav = node.querySelector('nav');
  if (nav.dataset.for !== String(links.map(l => l[1]))) {
    nav.dataset.for = links.map(l => l[1]);
    nav.replaceChildren(...links.map(([text, where, action, choose]) => choose ? chooser(text, choose)
      : action ? el('button', {type: 'button', onclick: action, title: where}, text)
      : el('a', {href: where, download: ''}, text)));
  }
}

function reuse(seed) {
  const input = document.querySelector('#seed input'), box = document.querySelector('#random input');
  if (box?.checked) box.click();
  input.value = seed;
  input.dispatchEvent(new Event('input', {bubbles: true}));
  input.scrollIntoView({block: 'center', behavior: 'smooth'});
}

function draw(next) {
  if (!root()) return;
  const began = state.phase && next?.phase === 'queued' && state.phase !== 'queued';
  state = next || {};
  if (began && innerWidth < 980) root().scrollIntoView({behavior: 'smooth'});
  const takes = state.takes || [], key = `${state.source?.video} ${takes.length} ${takes[0]?.seed}`;
  if (!state.phase) { root().replaceChildren(); return explain(); }
  const extras = state.extras || [], shape = `${takes.length} ${extras.map(e => e.title)}`;
  if (built !== shape || !root().firstChild) { build(extras, takes.length); built = shape; }
  const [length, height, width] = state.size || [24, 9, 16];  // of a result
  const reel = root().firstChild, busy = ['queued', 'running'].includes(state.phase);
  for (const frame of document.querySelectorAll('.examples .frame'))
    frame.classList.toggle('on', frame.textContent === state.title);
  reel.dataset.phase = state.phase;
  reel.dataset.view = view;
  if (reel.dataset.job !== key) unmark();
  reel.dataset.job = key;
  reel.classList.toggle('tall', width < height);
  reel.querySelector('.title').textContent = state.title || '';
  const rate = state.fps ? ` · ${+state.fps.toFixed(2)} fps` : '';
  const count = frameCount(length);
  const size = `${count} · ${width}×${height}${rate}`;
  reel.querySelector('.edge').textContent = `VGPNN  ▸  ${size}${state.example ? '  ▸  EXAMPLE' : ''}`;

  const cells = [...reel.querySelectorAll('.cell')];
  fill(cells[0], state.source, frameCount((state.source?.size || state.size || [24])[0]), []);
  extras.forEach((extra, k) => fill(cells[1 + k], extra, extra.size ? frameCount(extra.size[0]) : '', []));
  const first = 1 + extras.length;
  takes.forEach((take, k) => {
    const links = take.gif ? [['MP4', take.video], ['GIF', take.gif]] : take.video ? [['MP4', take.video]] : [];
    const seeded = (state.task || 'generate') === 'generate';
    if (take.video && seeded) links.push(['Use seed', `Put ${take.seed} into the seed box`, () => reuse(take.seed)]);
    const node = cells[first + k], active = state.preview?.take === take.number;
    if (take.video) links.push(['Send to', '', null, event => sendTo(event, take)]);
    fill(node, {size: state.size, ...take}, seeded ? `seed ${take.seed}` : count, links);
    node.classList.toggle('active', active && !take.video);
    node.classList.toggle('done', !!take.video);
    node.querySelector('canvas').hidden = !active || !!take.video;
    node.querySelector('.blank').textContent = take.video ? '' :
      active ? '' : state.phase === 'stopped' ? 'Stopped' : state.phase === 'error' ? '' : busy ? 'Waiting' : '';
  });
  preview(cells.slice(first - 1));

  const p = state.progress, says = reel.querySelector('.says'), left = reel.querySelector('.left');
  reel.querySelector('.bar i').style.width = `${100 * (p?.fraction || 0)}%`;
  reel.querySelector('.status').hidden = !(busy || state.error || state.phase === 'stopped');
  says.classList.toggle('error', !!state.error);
  says.textContent = state.error ? state.error
    : state.phase === 'stopped' ? 'Stopped. Finished takes are kept.'
    : p ? `Take ${p.take} of ${p.takes} · level ${p.level} of ${p.levels} · pass ${p.number} of ${p.passes}`
    : state.phase === 'queued' && state.ahead ? `Waiting for ${state.ahead} other ${state.ahead > 1 ? 'jobs' : 'job'}`
      + (state.wait ? `, about ${seconds(state.wait)}` : '')
    : 'Getting ready';
  left.textContent = !busy || !state.left ? ''
    : state.phase === 'queued' && state.ahead ? `then ${seconds(state.left)} of work`
    : `${seconds(state.left)} left`;
  const mapped = takes.some(t => t.map);
  reel.querySelector('.switch').hidden = !mapped;
  if (!mapped) view = reel.dataset.view = 'result';
  reel.querySelectorAll('.switch button').forEach(b => b.setAttribute('aria-pressed', b.dataset.view === view));
  const settings = reel.querySelector('.settings');
  settings.hidden = !state.settings;
  if (state.settings) settings.href = state.settings;
  reel.querySelector('.notices').replaceChildren(
    ...[...(state.notices || []), ...(state.note ? [state.note] : [])].map(n => el('li', {}, n)));
  explain();
  run();
}

function preview(cells) {
  const p = state.preview;
  if (!p) { strip = null; return; }
  const image = new Image();
  image.onload = () => { strip = {...p, image, canvas: cells[p.take].querySelector('canvas')}; };
  image.src = p.strip;
}

// The source leads; who drifts by more than two frames is set right.
function align(video, tolerance = 0) {
  const leader = videos()[0];
  if (!leader || video === leader || !leader.duration || !video.duration) return;
  // Another length goes its own way.
  if (Math.abs(leader.duration - video.duration) > 0.2) return;
  const off = Math.abs(video.currentTime - leader.currentTime);
  if (Math.min(off, leader.duration - off) > tolerance)
    video.currentTime = Math.min(leader.currentTime, video.duration - 0.001);
}

function run() {
  if (playing) unmark();
  for (const v of videos()) playing ? v.play().catch(() => {}) : v.pause();
  const button = root().querySelector('.play');
  if (button) {
    button.setAttribute('aria-label', playing ? 'Pause' : 'Play');
    button.classList.toggle('paused', !playing);
  }
}

let last = 0;
function tick(now) {
  requestAnimationFrame(tick);
  const leader = root() && videos()[0];
  const at = leader?.duration ? leader.currentTime / leader.duration : (now / 1000) % 1;
  if (strip?.canvas) {
    const {image, count, size: [w, h], canvas} = strip, k = Math.min(count - 1, Math.floor(at * count));
    if (canvas.width !== w || canvas.height !== h) { canvas.width = w; canvas.height = h; }
    canvas.getContext('2d').drawImage(image, 0, k * h, w, h, 0, 0, w, h);
  }
  if (now - last < 250 || !leader?.duration) return;
  last = now;
  if (playing) {
    root().querySelector('.scrub').value = 1000 * at;
    for (const v of videos()) align(v, 2 / (state.fps || 24));
  }
  const frames = (state.source?.size || state.size || [1])[0];
  root().querySelector('.clock').textContent = `${Math.min(frames, Math.floor(at * frames) + 1)} / ${frames}`;
}
requestAnimationFrame(tick);
watch('value', () => draw(props.value));
draw(props.value);
