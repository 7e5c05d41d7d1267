// The board of sketches: up to a few drawings on paper, each of which turns into the next. They stay
// in the browser until an event sends them.
import {Board, pen} from './board.js';
import {button, buildTools} from './brushes.js';
import {pageData} from './data.js';
import {element} from './dom.js';

const SIZES = [0.01, 0.15, 0.065];  // of the pen: least, most, first
const PAPER = '#fcfcfc', INK = '#141414', BEFORE = 0.2;  // how much of the drawing before is seen
const PAINTS = [{value: INK, label: 'Pen', kind: 'pen'}, {value: '', label: 'Eraser', kind: 'eraser'}];
const HELP = 'Arrow keys move the pen, the space bar draws.';

// `props.value` is `size`, [height, width] of the paper, and `pictures`: the drawings, PNG files in
// Base64 by number.
export function start({element: root, props, watch}) {
  const board = new Board({painted, undone: number => show(number)});
  const {tools, sized, setPaints} = buildTools(board, {name: 'sketch-pen', sizes: SIZES});
  const undo = button('Undo', () => board.undo(), {class: 'undo'});
  const next = button('Next drawing', () => show(board.number + 1), {id: 'next-drawing'});
  const clear = button('Start again', () => {
    board.clear();
    board.resize(...props.value.size);  // a style that was chosen meanwhile may have another size
    show(0);
  }, {id: 'clear-sketch'});
  const sheets = element('div', {class: 'sheets', role: 'group', 'aria-label': 'Drawings'});
  tools.append(element('div', {class: 'undoing'}, undo, next, clear));
  root.querySelector('.board').replaceChildren(tools, board.stage, sheets);
  setPaints(PAINTS);

  // Shows the paper of a drawing, with the drawing before it faintly below.
  function show(number) {
    const paper = pen(board.picture), before = board.layers.get(number - 1);
    paper.fillStyle = PAPER;
    paper.fillRect(0, 0, board.width, board.height);
    if (before) {
      paper.globalAlpha = BEFORE;
      paper.drawImage(before, 0, 0);
      paper.globalAlpha = 1;
    }
    board.show(number);
    showState();
  }

  function showState() {
    const numbers = [...new Set([...board.numbers(), board.number])].sort((a, b) => a - b);
    const {number} = board, hasPaint = board.texts.has(number);
    undo.disabled = !board.done.length;
    next.disabled = !hasPaint || number + 1 >= pageData().mostDrawings;
    clear.disabled = !board.texts.size;
    board.stage.setAttribute('aria-label', `Drawing ${number + 1}. ${HELP}`);
    sheets.replaceChildren(...numbers.map(number => {
      const small = element('canvas', {width: Math.round(64 * board.width / board.height), height: 64});
      const paper = small.getContext('2d');
      paper.fillStyle = PAPER;
      paper.fillRect(0, 0, small.width, small.height);
      const layer = board.layers.get(number);
      if (layer) paper.drawImage(layer, 0, 0, small.width, small.height);
      return element('button', {
        type: 'button', class: 'drawing', 'aria-label': `Drawing ${number + 1}`,
        'aria-pressed': String(number === board.number), onclick: () => show(number),
      }, small);
    }));
  }

  function painted() {
    props.value = {...props.value, pictures: Object.fromEntries(board.texts)};
    showState();
  }

  function opened() {
    const {size} = props.value ?? {};
    if (!size) return;
    if (!board.texts.size) board.resize(...size);
    sized();
    show(board.number);
    painted();
  }

  watch('value', opened);
  opened();
}
