// The board of inpainting: frames of the clip, and paint on some of them. All paint stays in the
// browser until an event sends it.
import {Board, decoded, pen} from './board.js';
import {button, buildTools} from './brushes.js';
import {ClipFrames} from './clip-frames.js';
import {pageData} from './data.js';
import {element} from './dom.js';
import {buildHeld} from './held.js';
import {buildReel, picturesOn} from './reel.js';

const SIZES = [0.01, 0.4, 0.07];  // of the brush: least, most, first
const WORDS = {
  id: 'paint-frame', aria: 'Frame to paint on', use: 'to paint on',
  help: 'Arrow keys move the brush, the space bar paints.',
};
const TOO_MUCH = 'This is more paint than can be sent: clear a frame. Until then the last strokes do not count.';

// `props.value` is what the server says of the clip, and `pictures`: the paint, PNG files in Base64
// by number of the frame. The server leaves `pictures` out where the paint stays as it is, as long
// as `moments` stays: then every frame shows what it showed before.
export function start({element: root, props, trigger, watch}) {
  const board = new Board({painted, undone: number => reel.turn(number)});
  const frames = new ClipFrames(video => pen(board.picture).drawImage(video, 0, 0, board.width, board.height));
  const {tools, sized, setPaints} = buildTools(board, {name: 'paint-colour', sizes: SIZES, picks: true});
  const undo = button('Undo', () => board.undo(), {class: 'undo'});
  const clearFrame = button('Clear frame', () => board.clear(board.number));
  const clearAll = button('Clear all', () => board.clear(), {id: 'clear-paint'});
  const note = element('p', {class: 'problem', role: 'alert', hidden: ''});
  const held = buildHeld(() => [board.number, reel.count()]);
  const reel = buildReel(board, frames, WORDS, held.band, () => {
    held.refresh();
    undo.disabled = !board.done.length;
    clearFrame.disabled = !board.texts.has(board.number);
    clearAll.disabled = !reel.painted().length;
  });
  tools.append(element('div', {class: 'undoing'}, undo, clearFrame, clearAll));
  root.querySelector('.board').replaceChildren(tools, board.stage, reel.row, held.row, note);
  reel.refresh();

  // Something was painted: the next event sends it.
  function painted() {
    reel.refresh();
    if (send()) trigger('input');
  }

  // Puts the paint on the frames of the clip into the value. Returns whether it is not too much.
  function send() {
    const pictures = picturesOn(board, reel.count(), pageData().paintCharacters), fits = pictures !== null;
    note.textContent = fits ? '' : TOO_MUCH;
    note.hidden = fits;
    const {pictures: before, ...value} = props.value;
    props.value = {...value, pictures: fits ? pictures : before ?? {}};
    return fits;
  }

  async function show() {
    const value = props.value ?? {};
    if (!value.frames) return;
    const images = value.pictures && await decoded(value.pictures);
    if (props.value !== value) return;  // a newer one has come
    const isSame = value.moments === board.name;
    reel.setCount(value.frames);
    board.open(value.moments);
    board.resize(...value.size);
    sized();
    setPaints([...value.colours.map(colour => ({value: colour, label: colourName(colour)})),
      {value: value.remove, label: 'Remove', kind: 'remove'}, {value: '', label: 'Eraser', kind: 'eraser'}]);
    frames.open(value.fps);
    if (images) board.load(images);
    reel.turn(isSame ? board.number : 0);
    send();
  }

  watch('value', show);
  show();
}

const colourName = colour => ({'#000000': 'Black', '#ffffff': 'White'}[colour] ?? `Colour of the clip, ${colour}`);
