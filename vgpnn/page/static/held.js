// From which frame to which the paint of a frame holds, on the track of the board's frames. The number
// boxes beside the clip keep it; here they are set to the frame that is shown.
import {button} from './brushes.js';
import {element} from './dom.js';

const BOXES = {first: '#first-frame input', last: '#last-frame input'};

let held = [1, Infinity];  // as the boxes have it, counted from 1
let draw = () => {};

/**
 * @param {() => [number, number]} shown the frame that is shown, from 0, and the number of frames
 * @returns {{band: HTMLElement, row: HTMLElement, refresh: () => void}}
 */
export function buildHeld(shown) {
  const band = element('div', {class: 'band'}), text = element('output', {class: 'hint'});
  const set = (name, label) => button(label, () => fill(name, shown()[0] + 1), {class: `set-${name}`});
  const row = element('div', {class: 'held'}, text,
    set('first', 'From this frame on'), set('last', 'Up to this frame'));
  draw = () => {
    const count = shown()[1], [first, last] = held.map(frame => Math.min(Math.max(frame, 1), count));
    const place = frame => (frame - 1) / Math.max(1, count - 1);
    band.style.setProperty('--from', String(place(first)));
    band.style.setProperty('--to', String(place(last)));
    text.textContent = `Painted frames: ${first} to ${last}.`;
    row.hidden = count < 2;
  };
  return {band, row, refresh: () => draw()};
}

/**
 * The number boxes have changed.
 * @param {number | null} first
 * @param {number | null} last
 */
export function follow(first, last) {
  held = [Number(first) || 1, Number(last) || Infinity];
  draw();
}

/**
 * Types a frame into a box. The range stays one: the other end goes along.
 * @param {'first' | 'last'} name
 * @param {number} frame
 */
function fill(name, frame) {
  const [first, last] = held, isTurned = name === 'first' ? frame > last : frame < first;
  for (const each of isTurned ? ['first', 'last'] : [name]) {
    const box = /** @type {HTMLInputElement} */ (document.querySelector(BOXES[each]));
    box.value = String(frame);
    box.dispatchEvent(new Event('input', {bubbles: true}));
  }
}
