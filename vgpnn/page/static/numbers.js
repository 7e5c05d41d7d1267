// Number boxes and the boxes of sliders: nothing complains while somebody is typing. When a box is
// left, or Enter is pressed, its value is brought into its range, and a sentence below the control
// says so.
const lastGood = new WeakMap();  // by box: its last value that was in range

export function start() {
  // Captured on their way down, before Gradio's own listeners send the value to the server.
  document.addEventListener('focus', event => remember(event.target), true);
  document.addEventListener('blur', event => settle(event.target), true);
  document.addEventListener('input', event => typed(event), true);
  document.addEventListener('keydown', event => confirmed(event), true);
}

const isBox = node => node instanceof HTMLInputElement && node.type === 'number';

function remember(box) {
  if (isBox(box) && check(box).sentence === '') lastGood.set(box, box.value);
}

function typed(event) {
  const isNumber = event.target instanceof HTMLInputElement && ['number', 'range'].includes(event.target.type);
  if (isNumber && event.isTrusted) say(event.target, '');  // the sentence was about another value
}

function confirmed(event) {
  const box = event.target;
  if (event.key !== 'Enter' || !isBox(box)) return;
  box.blur();  // as if it were left: sliders send their value to the server then
  box.focus();
}

function settle(box) {
  if (!isBox(box)) return;
  const {value, sentence} = check(box);
  if (sentence) {
    box.value = value;
    box.dispatchEvent(new Event('input', {bubbles: true}));
    say(box, sentence);
  }
  lastGood.set(box, box.value);
}

// What a box should hold, and what was done to its value; the sentence is empty for a good one.
export function check(box) {
  const low = box.min === '' ? -Infinity : Number(box.min);
  const high = box.max === '' ? Infinity : Number(box.max);
  const step = Number(box.step), isWhole = step > 0 && Number.isInteger(step), label = labelOf(box);
  if (box.value === '') {
    const value = lastGood.get(box) ?? String(Math.min(high, Math.max(low, 0)));
    return {value, sentence: `${label} was empty: it is ${value} again.`};
  }
  const number = Number(box.value), rounded = isWhole ? Math.round(number) : number;
  const value = Math.min(high, Math.max(low, rounded));
  if (value === number) return {value: box.value, sentence: ''};
  const rule = value === rounded ? `${label} takes whole numbers` : `${label} goes from ${low} to ${high}`;
  return {value: String(value), sentence: `${rule}: ${box.value} became ${value}.`};
}

function labelOf(box) {
  const title = blockOf(box).querySelector('[data-testid=block-info]');
  return title?.firstChild?.textContent.trim() || 'The number';
}

const blockOf = box => box.closest('div.block') ?? box.parentElement;

// Shows a sentence below the control of a box, or takes it away.
function say(box, sentence) {
  const block = blockOf(box);
  let note = block.querySelector('.number-note');
  if (!note) {
    if (!sentence) return;
    note = document.createElement('p');
    note.className = 'number-note';
    note.setAttribute('role', 'status');
    block.append(note);
  }
  note.textContent = sentence;
}
