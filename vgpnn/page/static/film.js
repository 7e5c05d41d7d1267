// The film of a result: a cell for the source, one for each video to compare with, one for each take.
import {pageData} from './data.js';
import {element} from './dom.js';
import {gifs} from './gif.js';
import {hasSeeds, isRunning} from './job.js';
import {join} from './player.js';
import {state} from './state.js';

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
    element('div', {class: 'gate'}, element('canvas', {hidden: ''}), element('p', {class: 'blank'})),
    element('figcaption', {}, element('b', {}, title),
      kind === 'take' ? element('button', {type: 'button', class: 'meta'}) : element('span', {class: 'meta'}),
      element('div', {class: 'actions'})));
}

// Shows a job in the cells. `ask.send` is called with a take and the tab that it is sent to, and
// `ask.gif` with a take whose GIF is wanted.
export function fillFilm(film, ask) {
  const {job} = state, [length, height, width] = job.size || DEFAULT_SIZE;
  const rate = job.fps ? ` · ${+job.fps.toFixed(2)} fps` : '';
  film.querySelector('.edge').textContent =
    `VGPNN  ▸  ${frameCount(length)} · ${width}×${height}${rate}${job.example ? '  ▸  EXAMPLE' : ''}`;
  const [sourceLength] = job.source?.size || job.size || DEFAULT_SIZE;
  fillCell(film.querySelector('.cell.source'), job.source, frameCount(sourceLength), []);
  film.querySelectorAll('.cell.beside').forEach((cell, k) => {
    const extra = job.extras[k];
    fillCell(cell, extra, extra.size ? frameCount(extra.size[0]) : '', []);
  });
  film.querySelectorAll('.cell.take').forEach((cell, k) => fillTake(cell, job.takes[k], frameCount(length), ask));
}

function fillTake(cell, take, length, ask) {
  const {job} = state, isDone = Boolean(take.video);
  const isActive = job.preview?.take === take.number && !isDone;
  const seed = hasSeeds(job) ? `seed ${take.seed}` : length;
  fillCell(cell, {size: job.size, ...take}, seed, isDone ? takeActions(take, ask) : []);
  const meta = cell.querySelector('.meta');
  meta.disabled = !hasSeeds(job);
  meta.title = hasSeeds(job) ? `Use seed ${take.seed} again` : '';
  meta.onclick = () => useSeed(take.seed);
  cell.classList.toggle('active', isActive);
  cell.classList.toggle('done', isDone);
  cell.querySelector('canvas').hidden = !isActive;
  const isWaiting = !isDone && !isActive;
  cell.querySelector('.blank').textContent = !isWaiting ? ''
    : job.phase === 'stopped' ? 'Stopped' : isRunning(job) ? 'Waiting' : '';
}

// What can be done with a finished take.
function takeActions(take, ask) {
  const link = (text, address) => element('a', {href: address, download: ''}, text);
  return [
    take.full ? link(`MP4 ${take.full.size[2]}×${take.full.size[1]}`, take.full.video) : link('MP4', take.video),
    gifs.has(take.video) ? gifLink(take, link('GIF', gifs.get(take.video)))
      : !state.job.example && gifButton(take, ask.gif),
    buildChooser(tab => ask.send(take, tab)),
  ].filter(Boolean);
}

const GIF_WAIT = 30_000;  // [ms] after which a GIF that did not come can be asked for again
const gifsAsked = new Set();  // videos whose GIFs are being made, to be saved when they are there

// Asks for the GIF of a take, which is made only then.
function gifButton(take, ask) {
  const button = element('button', {type: 'button', onclick: () => {
    gifsAsked.add(take.video);
    waits(true);
    setTimeout(() => waits(false), GIF_WAIT);
    ask(take);
  }});
  const waits = isWaiting => {
    button.disabled = isWaiting;
    button.textContent = isWaiting ? 'GIF …' : 'GIF';
  };
  waits(gifsAsked.has(take.video));
  return button;
}

function gifLink(take, anchor) {
  if (gifsAsked.delete(take.video)) queueMicrotask(() => anchor.click());
  return anchor;
}

// A small menu of tabs; `choose` gets the id of one.
function buildChooser(choose) {
  const options = pageData().tabs.map(([id, title]) => element('option', {value: id}, title));
  const chosen = event => {
    const tab = event.target.value;
    event.target.value = '';
    if (tab) choose(tab);
  };
  return element('select', {class: 'send', 'aria-label': 'Send this result to another tab', onchange: chosen},
    element('option', {value: ''}, 'Send to'), ...options);
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
  showVideo(gate, media && (state.view === 'map' && media.map || media.full?.video || media.video));
  cell.querySelector('.meta').textContent = text;
  const place = cell.querySelector('.actions');
  const key = actions.length ? `${media.video} ${gifs.get(media.video)} ${media.full?.video}` : '';
  if (place.dataset.for === key) return;
  place.dataset.for = key;
  place.replaceChildren(...actions);
}

function showVideo(gate, address) {
  const video = gate.querySelector('video');
  if (!address) {
    video?.remove();
    return;
  }
  if (video?.getAttribute('src') === address) return;
  const fresh = element('video', {src: address, loop: '', playsinline: '', preload: 'auto'});
  fresh.muted = true;
  fresh.addEventListener('canplay', () => join(fresh), {once: true});
  if (video) video.replaceWith(fresh);
  else gate.append(fresh);
}
