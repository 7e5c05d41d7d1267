// The board of inpainting: frames of the clip, and paint on some of them. All paint stays in the
// browser until an event sends it.
import {Board, decoded, pen} from './board.js';
import {button, buildTools} from './brushes.js';
import {ClipFrames} from './clip-frames.js';
import {pageData} from './data.js';
import {element} from './dom.js';
import {buildHeld} from './held.js';

const SIZES = [0.01, 0.4, 0.07];  // of the brush: least, most, first
const HELP = 'Arrow keys move the brush, the space bar paints.';
const TOO_MUCH = 'This is more paint than can be sent: clear a frame. Until then the last strokes do not count.';

// `props.value` is what the server says of the clip, and `pictures`: the paint, PNG files in Base64
// by number of the frame. The server leaves `pictures` out where the paint stays as it is, as long
// as `moments` stays: then every frame shows what it showed before.
export function start({element: root, props, trigger, watch}) {
  let count = 1;
  const board = new Board({painted, undone: number => turn(number)});
  const frames = new ClipFrames(video => pen(board.picture).drawImage(video, 0, 0, board.width, board.height));
  const {tools, sized, setPaints} = buildTools(board, {name: 'paint-colour', sizes: SIZES, picks: true});
  const undo = button('Undo', () => board.undo(), {class: 'undo'});
  const clearFrame = button('Clear frame', () => board.clear(board.number));
  const clearAll = button('Clear all', () => board.clear(), {id: 'clear-paint'});
  const range = element('input', {
    type: 'range', min: 0, max: 0, step: 1, 'aria-label': 'Frame to paint on',
    oninput: () => turn(Number(range.value)),
  });
  const marks = element('div', {class: 'marks'}), label = element('output');
  const note = element('p', {class: 'problem', role: 'alert', hidden: ''});
  const held = buildHeld(() => [board.number, count]);
  const reel = element('div', {class: 'turn', id: 'paint-frame'},
    button('‹', () => turn(board.number - 1), {'aria-label': 'Frame before', class: 'step'}),
    element('div', {class: 'track'}, held.band, range, marks),
    button('›', () => turn(board.number + 1), {'aria-label': 'Next frame', class: 'step'}), label);
  tools.append(element('div', {class: 'undoing'}, undo, clearFrame, clearAll));
  root.querySelector('.board').replaceChildren(tools, board.stage, reel, held.row, note);
  showState();

  function turn(frame) {
    const number = Math.min(Math.max(frame, 0), count - 1);
    board.show(number);
    frames.turn(number);
    range.value = number;
    range.setAttribute('aria-valuetext', `Frame ${number + 1} of ${count}`);
    label.textContent = `Frame ${number + 1} of ${count}`;
    board.stage.setAttribute('aria-label', `Frame ${number + 1} of ${count}, to paint on. ${HELP}`);
    showState();
  }

  function showState() {
    held.refresh();
    undo.disabled = !board.done.length;
    clearFrame.disabled = !board.texts.has(board.number);
    const painted = board.numbers().filter(number => number < count);
    clearAll.disabled = !painted.length;
    marks.replaceChildren(...painted.map(number => button('', () => turn(number), {
      style: `--place: ${number / Math.max(1, count - 1)}`, tabindex: -1,
      title: `Frame ${number + 1} is painted`, 'aria-label': `Go to frame ${number + 1}, which is painted`,
    })));
  }

  // Something was painted: the next event sends it.
  function painted() {
    showState();
    if (send()) trigger('input');
  }

  // Puts the paint on the frames of the clip into the value. Returns whether it is not too much.
  function send() {
    const pictures = Object.fromEntries([...board.texts].filter(([number]) => number < count));
    const characters = Object.values(pictures).reduce((sum, text) => sum + text.length, 0);
    const fits = characters <= pageData().paintCharacters;
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
    count = value.frames;
    range.max = Math.max(1, count - 1);
    board.open(value.moments);
    board.resize(...value.size);
    sized();
    setPaints([...value.colours.map(colour => ({value: colour, label: colourName(colour)})),
      {value: value.remove, label: 'Remove', kind: 'remove'}, {value: '', label: 'Eraser', kind: 'eraser'}]);
    frames.open(value.fps);
    if (images) board.load(images);
    turn(isSame ? board.number : 0);
    send();
  }

  watch('value', show);
  show();
}

const colourName = colour => ({'#000000': 'Black', '#ffffff': 'White'}[colour] ?? `Colour of the clip, ${colour}`);
