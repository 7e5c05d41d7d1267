// The board on which pieces of a clip are marked: more of this, less of this, none of this. What is
// painted stays in the browser until an event sends it.
import {Board, decoded, pen} from './board.js';
import {button, buildTools} from './brushes.js';
import {ClipFrames} from './clip-frames.js';
import {pageData} from './data.js';
import {element} from './dom.js';
import {buildReel, picturesOn} from './reel.js';

const SIZES = [0.01, 0.4, 0.07];  // of the brush: least, most, first
const WORDS = {aria: 'Frame to mark', use: 'to mark on', help: 'Arrow keys move the brush, the space bar marks.'};
const TOO_MUCH = 'These are more marks than can be sent: clear a frame. Until then the last strokes do not count.';
let boards = 0;  // that were started, each of which has names of its own

// `props.value` is what the server says of the clip: `player`, a selector of its video, `paints`, the
// brushes; and `pictures`: what is painted, as on the board of inpainting. Or `added`: pictures that
// are painted over those, because words name what is on them. The server hears of `brush`: its kind.
export function start({element: root, props, trigger, watch}) {
  const number = boards++;
  const board = new Board({painted, undone: frame => reel.turn(frame)});
  const draw = video => pen(board.picture).drawImage(video, 0, 0, board.width, board.height);
  const frames = new ClipFrames(draw, () => props.value?.player);
  const {tools, sized, setPaints} = buildTools(board, {name: `mark-${number}`, sizes: SIZES});
  let known = {};  // what the server has said of the clip that is shown
  board.brushed = () => { props.value = {...props.value, brush: brush()}; };
  const undo = button('Undo', () => board.undo(), {class: 'undo'});
  const clear = button('Clear all', () => board.clear(), {class: 'clear-marks'});
  const note = element('p', {class: 'problem', role: 'alert', hidden: ''});
  const words = {...WORDS, id: `mark-frame-${number}`};
  const reel = buildReel(board, frames, words, null, () => {
    undo.disabled = !board.done.length;
    clear.disabled = !reel.painted().length;
  });
  tools.append(element('div', {class: 'undoing'}, undo, clear));
  root.querySelector('.board').replaceChildren(tools, board.stage, reel.row, note);
  reel.refresh();

  function painted() {
    reel.refresh();
    if (send()) trigger('input');
  }

  function send() {
    const pictures = picturesOn(board, reel.count(), pageData().markCharacters);
    note.textContent = pictures ? '' : TOO_MUCH;
    note.hidden = Boolean(pictures);
    const {pictures: before, ...value} = props.value;
    props.value = {...value, brush: brush(), pictures: pictures ?? before ?? {}};
    return Boolean(pictures);
  }

  const brush = () => known.paints?.find(({value}) => value === board.brush.colour)?.kind ?? '';

  // What words name, where the clip is still the one that they were looked for in.
  async function add({moments, added}) {
    props.value = known;
    send();
    const images = await decoded(added);
    if (moments !== board.name) return;
    const numbers = images.map(([number]) => number);
    const far = number => Math.abs(number - board.number);
    reel.turn(numbers.reduce((best, number) => far(number) < far(best) ? number : best));
    board.add(images);
  }

  async function show() {
    const value = props.value ?? {};
    if (value.added) return add(value);
    known = value;
    if (!value.frames) return;
    const images = value.pictures && await decoded(value.pictures);
    if (props.value !== value) return;  // a newer one has come
    const isSame = value.moments === board.name;
    reel.setCount(value.frames);
    board.open(value.moments);
    board.resize(...value.size);
    sized();
    setPaints([...value.paints, {value: '', label: 'Eraser', kind: 'eraser'}]);
    frames.open(value.fps);
    if (images) board.load(images);
    reel.turn(isSame ? board.number : 0);
    send();
  }

  watch('value', show);
  show();
}
