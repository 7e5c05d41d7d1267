// The tools beside a board: the colour and the size of its brush, and taking strokes back.
import {element} from './dom.js';

const PICKED = 'picked';  // the swatch of the colour that was picked last

// board: a `Board`. name: of the group of colours. paints: what the brush can paint with, as
// {value: "#rrggbb" or "" for the eraser, label, kind: a CSS class}. sizes: [least, most, first] of
// the brush, as shares of the board's height. picks: whether colours can be picked from the picture.
export function buildTools(board, {name, sizes, picks = false}) {
  const colours = element('div', {class: 'paints', role: 'radiogroup', 'aria-label': 'Paint with'});
  const size = element('input', {
    type: 'range', min: 1, max: 100, 'aria-label': 'Size of the brush', oninput: sized,
  });
  const pick = element('button', {type: 'button', class: 'pick', title: 'Pick a colour from the picture', 'aria-pressed': 'false', onclick: () => {
    setPicking(!board.isPicking);
  }}, 'Pick');
  const tools = element('div', {class: 'tools'}, colours, picks ? pick : null,
    element('label', {class: 'size'}, element('span', {}, 'Size'), size));
  const [least, most, first] = sizes, power = Math.log(most / least);
  size.value = 100 * Math.log(first / least) / power;

  function sized() {
    board.setBrushSize(Math.max(2, board.height * least * Math.exp(power * size.value / 100)));
  }

  function setPicking(isPicking) {
    board.isPicking = isPicking;
    pick.setAttribute('aria-pressed', isPicking);
    board.stage.classList.toggle('picking', isPicking);
  }

  function swatch({value, label, kind = ''}, isChosen) {
    const input = element('input', {type: 'radio', name, value, 'aria-label': label, onchange: () => {
      board.brush.colour = value || null;
      setPicking(false);
      board.brushed();
    }});
    input.checked = isChosen;
    const isNamed = Boolean(kind && kind !== PICKED);
    return element('label', {class: `swatch ${kind}`, title: label, style: value && `--colour: ${value}`},
      input, element('i'), isNamed ? element('span', {}, label) : null);
  }

  board.picked = colour => {
    setPicking(false);
    colours.querySelector(`.${PICKED}`)?.remove();
    for (const input of colours.querySelectorAll('input')) input.checked = false;
    colours.prepend(swatch({value: colour, label: `Picked: ${colour}`, kind: PICKED}, true));
    board.brush.colour = colour;
  };

  return {
    tools,
    sized,
    // Shows the colours to choose from; the one that was chosen before stays so, if it is there.
    setPaints(paints) {
      const before = colours.querySelector('input:checked'), picked = colours.querySelector(`.${PICKED}`);
      const isPicked = Boolean(picked?.contains(before));
      const isThere = isPicked || paints.some(({value}) => value === before?.value);
      const chosen = isThere ? before.value : paints[0].value;
      const swatches = paints.map(paint => swatch(paint, !isPicked && paint.value === chosen));
      colours.replaceChildren(...(picked ? [picked] : []), ...swatches);
      board.brush.colour = chosen || null;
    },
  };
}

export function button(label, onclick, attributes = {}) {
  return element('button', {type: 'button', onclick, ...attributes}, label);
}
