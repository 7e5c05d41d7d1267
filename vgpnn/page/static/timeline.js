// The timeline of the clip: two handles around the part in use, which can also be moved as a whole.
// The number boxes below it hold the part; `follow` shows what they hold, and `part` is what the
// handles were moved to.
import {element} from './dom.js';

const SECONDS = 0.5;       // that a Page key moves
const PAUSE = 400;         // [ms] after the last key, until the part is used
const KEYS = {ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1};

let clip = {};                       // as the server sends it
let used = {start: 0, frames: 1, fps: 0};  // the part in use; fps 0 stands for the clip's own rate
let boxes = used;                    // the part that the number boxes held last
let sent = used;                     // what they were told last
let isAhead = false;                 // whether the handles were moved and the boxes do not follow yet
let drawn = null;                    // the elements
let send = () => {};
let timer = 0;

const rate = () => used.fps || clip.rate || 1;
const seconds = () => Math.min(used.frames / rate(), clip.seconds - used.start);
const clamp = (value, low, high) => Math.min(Math.max(value, low), Math.max(low, high));

export function start({element: root, props, trigger, watch}) {
  send = () => trigger('release');
  drawn = build(root.querySelector('.timeline'));
  const opened = () => {
    const before = clip.clip;
    clip = props.value || {};
    if (clip.clip !== before) leave();
    draw();
  };
  watch('value', opened);
  opened();
}

// The number boxes have changed. While a handle is ahead of them, what they held before or were told
// last comes late, and is not shown; anything else was typed meanwhile, and counts.
export function follow(start, frames, fps) {
  const before = boxes;
  boxes = {start: Number(start) || 0, frames: Number(frames) || 1, fps: Number(fps) || 0};
  if (isAhead && [before, sent].some(known => isSamePart(known, boxes))) return;
  clearTimeout(timer);
  isAhead = false;
  used = {...boxes};
  draw();
}

const isSamePart = (one, other) => ['start', 'frames', 'fps'].every(name => one[name] === other[name]);

// Start [s] and frames of the part, for the number boxes.
export function part() {
  isAhead = false;
  used.frames = Math.max(used.frames, clip.least || 1);
  sent = {...used};
  return [used.start, used.frames];
}

// There is another clip: a move of the handles that was not sent yet was about the one before.
function leave() {
  clearTimeout(timer);
  isAhead = false;
  used = {...boxes};
}

function build(place) {
  const image = element('img', {alt: '', draggable: 'false', hidden: ''});
  const handles = ['start', 'end'].map(side => element('div', {
    class: `handle ${side}`, role: 'slider', tabindex: 0,
    'aria-label': side === 'start' ? 'Start of the part' : 'End of the part',
    onkeydown: event => pressed(event, side), onpointerdown: event => grabbed(event, side),
  }));
  const middle = element('div', {
    class: 'used', title: 'Drag to move the part', onpointerdown: event => grabbed(event, 'both'),
  });
  const [before, after] = ['before', 'after'].map(side => element('div', {
    class: `outside ${side}`, onpointerdown: event => {  // the part comes to where one presses
      if (event.button > 0) return;
      move('both', timeAt(event) - seconds() / 2);
      grabbed(event, 'both');
    },
  }));
  const track = element('div', {class: 'track'}, image, before, after, middle, ...handles);
  const text = element('p', {class: 'hint'});
  place.replaceChildren(track, text);
  return {place, track, image, handles, text};
}

function draw() {
  if (!drawn) return;
  const {place, image, handles, text} = drawn;
  place.hidden = !clip.seconds;
  if (!clip.seconds) return;
  image.hidden = !clip.pictures;
  if (clip.pictures && image.getAttribute('src') !== clip.pictures) image.src = clip.pictures;
  const end = used.start + seconds(), share = time => `${100 * clamp(time / clip.seconds, 0, 1)}%`;
  place.style.setProperty('--start', share(used.start));
  place.style.setProperty('--end', share(end));
  [used.start, end].forEach((time, k) => {
    for (const [name, value] of Object.entries({min: 0, max: clip.seconds, now: time, text: clock(time)}))
      handles[k].setAttribute(`aria-value${name}`, typeof value === 'number' ? value.toFixed(3) : value);
  });
  text.textContent = `${seconds().toFixed(2)} s of ${clock(clip.seconds)}, from ${clock(used.start)} to ${clock(end)}`;
}

// Minutes and seconds, to the hundredth.
function clock(time) {
  const hundredths = Math.round(100 * time), minutes = Math.floor(hundredths / 6000);
  return `${minutes}:${(hundredths / 100 - 60 * minutes).toFixed(2).padStart(5, '0')}`;
}

// Moves one end, or both, to a time [s], by whole frames and as far as a part may go.
function move(side, time) {
  isAhead = true;
  used.frames = Math.max(1, Math.round(seconds() * rate()));  // no more than there are
  const {least, most} = clip, step = 1 / rate(), end = used.start + seconds();
  const available = Math.max(1, Math.floor(clip.seconds * rate() + 0.01));
  const shortest = Math.min(least, available);
  if (side === 'end') {
    const room = Math.floor((clip.seconds - used.start) * rate() + 0.01);
    used.frames = clamp(Math.round((time - used.start) / step), shortest, Math.min(most, room));
  } else {
    const last = Math.round(end / step), isWhole = side === 'both';
    const [low, high] = isWhole ? [0, available - used.frames] : [Math.max(0, last - most), last - shortest];
    const first = clamp(Math.round(time / step), low, high);
    if (!isWhole) used.frames = last - first;
    used.start = Math.round(1000 * first * step) / 1000;
  }
  draw();
}

// The time [s] at which a pointer is.
function timeAt({clientX}) {
  const {left, width} = drawn.track.getBoundingClientRect();
  return clip.seconds * (clientX - left) / width;
}

function grabbed(event, side) {
  if (event.button > 0) return;
  event.preventDefault();
  event.target.focus?.();
  const offset = timeAt(event) - (side === 'end' ? used.start + seconds() : used.start);
  const moved = event => move(side, timeAt(event) - offset);
  const target = event.target;
  target.setPointerCapture(event.pointerId);
  target.addEventListener('pointermove', moved);
  const ended = () => {
    target.removeEventListener('pointermove', moved);
    for (const name of ['pointerup', 'pointercancel']) target.removeEventListener(name, ended);
    send();
  };
  for (const name of ['pointerup', 'pointercancel']) target.addEventListener(name, ended);
}

// With Shift the part moves as a whole.
function pressed(event, handle) {
  const side = event.shiftKey ? 'both' : handle;
  const time = side === 'end' ? used.start + seconds() : used.start;
  if (KEYS[event.key]) move(side, time + KEYS[event.key] / rate());
  else if (event.key === 'PageDown') move(side, time - SECONDS);
  else if (event.key === 'PageUp') move(side, time + SECONDS);
  else if (event.key === 'Home') move(side, 0);
  else if (event.key === 'End') move(side, clip.seconds);
  else return;
  event.preventDefault();
  clearTimeout(timer);
  timer = setTimeout(send, PAUSE);
}
