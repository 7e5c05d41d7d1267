// The film of a result: a cell for the source, one for each video to compare with, one for each take.
import {pageData} from './data.js';
import {element, svgElement} from './dom.js';
import {isAwaited, obtain} from './downloads.js';
import {hasSeeds, isRunning} from './job.js';
import {join} from './player.js';
import {state} from './state.js';
import {open as lookAt} from './viewer.js';
import {shownSize} from './wall.js';

const DEFAULT_SIZE = [24, 9, 16];  // [frames, rows, columns] of a job that has not said its size

const frameCount = count => `${count} frame${count > 1 ? 's' : ''}`;

// Empty cells for the videos to compare with (`extras`) and for a number of takes.
export function buildFilm(extras, takes) {
  const frames = element('div', {class: 'frames', 'data-cells': 1 + extras.length + takes},
    buildCell('source', 'Source'), ...extras.map(extra => buildCell('beside', extra.title)));
  for (let k = 1; k <= takes; k++)
    frames.append(buildCell('take', takes > 1 || !extras.length ? `Take ${k}` : 'Result'));
  return element('div', {class: 'film'}, element('div', {class: 'edge'}), frames);
}

function buildCell(kind, title) {
  return element('figure', {class: `cell ${kind}`},
    element('div', {class: 'gate'}, element('canvas', {hidden: ''}), element('p', {class: 'blank'}),
      kind === 'take' ? buildLook(title) : null),
    element('figcaption', {}, element('b', {}, title),
      kind === 'take' ? element('button', {type: 'button', class: 'meta'}) : element('span', {class: 'meta'}),
      element('div', {class: 'actions'})));
}

// The button in the corner of a take that shows it large.
function buildLook(title) {
  const icon = svgElement('svg', {viewBox: '0 0 16 16', width: 16, height: 16, 'aria-hidden': 'true'},
    svgElement('path', {d: 'M9 1h6v6M7 15H1V9M15 1 9.5 6.5M1 15l5.5-5.5', fill: 'none', stroke: 'currentColor', 'stroke-width': 1.6}));
  const label = `Look closer: ${title}`;
  return element('button', {type: 'button', class: 'look', title: label, 'aria-label': label}, icon);
}

// Shows a job in the cells. `ask.send` is called with a take and the tab that it is sent to, and
// `ask.download` with a take, a kind of file and the number of the question.
export function fillFilm(film, ask) {
  const {job} = state, [length, height, width] = job.size || DEFAULT_SIZE;
  const rate = job.fps ? ` · ${+job.fps.toFixed(2)} fps` : '';
  film.querySelector('.edge').textContent =
    `VGPNN  ▸  ${frameCount(length)} · ${width}×${height}${rate}${job.example ? '  ▸  EXAMPLE' : ''}`;
  const [sourceLength] = job.source?.size || job.size || DEFAULT_SIZE;
  // Before the first run the clip plays beside the controls, and not here once more.
  const source = job.phase === 'ready' ? null : job.source;
  fillCell(film.querySelector('.cell.source'), source, frameCount(sourceLength), []);
  film.querySelectorAll('.cell.beside').forEach((cell, k) => {
    const extra = job.extras[k];
    fillCell(cell, extra, extra.size ? frameCount(extra.size[0]) : '', []);
  });
  film.querySelector('.frames').style.setProperty('--shapes', shapesOf(job));
  film.querySelectorAll('.cell.take').forEach((cell, k) => fillTake(cell, job.takes[k], frameCount(length), ask));
}

// The columns of a film with one take, whose cells are then equally high.
function shapesOf({source, extras = [], size}) {
  return [source, ...extras, {size: shownSize(size, state.view === 'wall')}].map(media => {
    const [, height, width] = media?.size || size || DEFAULT_SIZE;
    return `minmax(0, ${(width / height).toFixed(3)}fr)`;
  }).join(' ');
}

function fillTake(cell, take, length, ask) {
  const {job} = state, isDone = Boolean(take.video);
  const isActive = job.preview?.take === take.number && !isDone;
  const seed = hasSeeds(job) ? `seed ${take.seed}` : length;
  const shown = shownSize(job.size, isDone && state.view === 'wall');
  fillCell(cell, {...take, size: shown}, seed, isDone ? takeActions(take, ask) : []);
  const meta = cell.querySelector('.meta');
  const look = cell.querySelector('.look'), video = take.full?.video || take.video;
  look.hidden = !isDone || !job.source?.video;
  look.onclick = event => {
    event.stopPropagation();  // a click on the picture itself asks where it came from
    const looked = {size: take.full?.size || job.size, video, sound: take.sound};
    lookAt(cell.querySelector('b').textContent, looked, {size: job.size, ...job.source});
  };
  meta.disabled = !hasSeeds(job);
  meta.title = hasSeeds(job) ? `Use seed ${take.seed} again` : '';
  meta.onclick = () => useSeed(take.seed);
  cell.classList.toggle('active', isActive);
  cell.classList.toggle('done', isDone);
  cell.querySelector('canvas').hidden = !isActive;
  if (isDone) showAwaited(cell.querySelector('.actions'), take);
  const isWaiting = !isDone && !isActive;
  cell.querySelector('.blank').textContent = !isWaiting ? ''
    : job.phase === 'stopped' ? 'Stopped' : isRunning(job) ? 'Waiting'
      : job.phase === 'ready' ? 'What you make of this clip appears here.' : '';
}

const FORMATS = [['webm', 'WebM'], ['gif', 'GIF']];  // that are made when they are asked for

// What can be done with a finished take.
function takeActions(take, ask) {
  const {full} = take, name = full ? `MP4 ${full.size[2]}×${full.size[1]}` : 'MP4';
  const press = kind => obtain(kind, [take], asked => ask.download(take, kind, asked));
  return [
    element('a', {href: (full || take).video, download: ''}, name),
    state.job.example ? null : buildMenu('more', 'More', `Other formats of take ${take.number}`, FORMATS, press),
    buildMenu('send', 'Send to', 'Send this result to another tab', pageData().tabs, tab => ask.send(take, tab)),
  ].filter(Boolean);
}

// A small menu of [value, text]; `choose` gets the value of one.
function buildMenu(name, text, title, entries, choose) {
  const chosen = event => {
    const value = event.target.value;
    event.target.value = '';
    if (value) choose(value);
  };
  return element('select', {class: `menu ${name}`, title, 'aria-label': title, onchange: chosen},
    element('option', {value: ''}, text), ...entries.map(([value, entry]) => element('option', {value}, entry)));
}

// Says on the menu of formats which one is being made.
function showAwaited(nav, take) {
  const first = nav.querySelector('.more option');
  const awaited = FORMATS.filter(([kind]) => isAwaited(kind, [take])).map(([, name]) => `${name} …`);
  const text = awaited.join(' ') || 'More';
  if (first && first.textContent !== text) first.textContent = text;
}

function useSeed(seed) {
  const box = document.querySelector('#seed input'), newSeed = document.querySelector('#random input');
  if (newSeed?.checked) newSeed.click();
  box.value = seed;
  box.dispatchEvent(new Event('input', {bubbles: true}));
  box.scrollIntoView({block: 'center', behavior: 'smooth'});
}

// Shows a video, a text beside the title, and what can be done; nothing that stays is touched.
function fillCell(cell, media, text, actions) {
  const gate = cell.querySelector('.gate'), [, height, width] = media?.size || state.job.size || DEFAULT_SIZE;
  cell.style.setProperty('--ratio', `${width} / ${height}`);
  const map = state.view === 'map' && media?.map;
  showVideo(gate, map || media?.full?.video || media?.video, !map && media?.sound);
  cell.querySelector('.meta').textContent = text;
  const place = cell.querySelector('.actions');
  const key = actions.length ? `${media.video} ${media.full?.video}` : '';
  if (place.dataset.for === key) return;
  place.dataset.for = key;
  place.replaceChildren(...actions);
}

function showVideo(gate, address, hasSound) {
  const video = gate.querySelector('video');
  if (!address) {
    video?.remove();
    return;
  }
  if (video?.getAttribute('src') === address) return;
  const fresh = element('video', {
    src: address, loop: '', playsinline: '', preload: 'auto', 'data-sound': hasSound ? '' : null,
  });
  fresh.muted = true;
  fresh.addEventListener('canplay', () => join(fresh), {once: true});
  if (video) video.replaceWith(fresh);
  else gate.append(fresh);
}
