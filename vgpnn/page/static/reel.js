// The frames below a board: a track on which one is chosen, and dots where frames are painted.
import {button} from './brushes.js';
import {element} from './dom.js';

// board: a `Board` with a layer for each frame. frames: `ClipFrames` that draw on its picture. words:
// `id` of the row, `aria` of the track, `use`: what the shown frame is for, and `help`. band: what
// lies behind the track. shown: called when another frame is shown, or its paint has changed.
export function buildReel(board, frames, {id, aria, use, help}, band, shown) {
  let count = 1;
  const range = element('input', {
    type: 'range', min: 0, max: 0, step: 1, 'aria-label': aria,
    oninput: () => turn(Number(range.value)),
  });
  const marks = element('div', {class: 'marks'}), label = element('output');
  const row = element('div', {class: 'turn', id},
    button('‹', () => turn(board.number - 1), {'aria-label': 'Frame before', class: 'step'}),
    element('div', {class: 'track'}, band, range, marks),
    button('›', () => turn(board.number + 1), {'aria-label': 'Next frame', class: 'step'}), label);

  function turn(frame) {
    const number = Math.min(Math.max(frame, 0), count - 1);
    board.show(number);
    frames.turn(number);
    range.value = number;
    const name = `Frame ${number + 1} of ${count}`;
    range.setAttribute('aria-valuetext', name);
    label.textContent = name;
    board.stage.setAttribute('aria-label', `${name}, ${use}. ${help}`);
    refresh();
  }

  // The numbers of the painted frames that the clip has.
  const painted = () => board.numbers().filter(number => number < count);

  function refresh() {
    marks.replaceChildren(...painted().map(number => button('', () => turn(number), {
      style: `--place: ${number / Math.max(1, count - 1)}`, tabindex: -1,
      title: `Frame ${number + 1} is painted`, 'aria-label': `Go to frame ${number + 1}, which is painted`,
    })));
    shown();
  }

  // The clip has so many frames now.
  function setCount(frameCount) {
    count = frameCount;
    range.max = Math.max(1, count - 1);
  }

  return {row, turn, refresh, setCount, painted, count: () => count};
}

// The paint on the frames of a clip as the value of a board: PNG files in Base64 by number. Returns
// null where it is more than may be sent. most: characters.
export function picturesOn(board, count, most) {
  const pictures = Object.fromEntries([...board.texts].filter(([number]) => number < count));
  const characters = Object.values(pictures).reduce((sum, text) => sum + text.length, 0);
  return characters <= most ? pictures : null;
}
