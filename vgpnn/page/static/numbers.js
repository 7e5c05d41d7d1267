// Number boxes and sliders: nothing complains while somebody is typing. When a box is left, or Enter
// is pressed, its value is brought into its range, and a sentence below the control says so.
const CHECK_PAUSE = 200;  // [ms] between two looks at the boxes that have a sentence

const lastGood = new WeakMap();  // by box: its last value that was in range
const misread = new WeakSet();   // boxes in which what was typed last is no number
const notes = new Map();         // by box: its sentence, the element for it, and the value it is about
let isPointerDown = false;
let timer = 0;                   // runs while there are notes

export function start() {
  // Captured on their way down, before Gradio's own listeners send the value to the server.
  document.addEventListener('focus', event => remember(event.target), true);
  document.addEventListener('blur', event => settle(event.target), true);
  document.addEventListener('input', event => typed(event), true);
  document.addEventListener('change', event => release(event), true);
  document.addEventListener('keydown', event => confirmed(event), true);
  document.addEventListener('pointerdown', event => pressed(event), true);
  for (const end of ['pointerup', 'pointercancel'])
    document.addEventListener(end, event => lifted(event), true);
}

const isBox = node => node instanceof HTMLInputElement && node.type === 'number';
const isRange = node => node instanceof HTMLInputElement && node.type === 'range';

function remember(box) {
  if (isBox(box) && check(box).sentence === '') lastGood.set(box, box.value);
}

// Whether letters were typed is kept here, because Gradio may empty such a box before it is left.
function typed(event) {
  const box = event.target;
  if (!event.isTrusted || !isBox(box)) return;
  forget(box);
  if (box.validity.badInput) misread.add(box);
  else misread.delete(box);
}

function confirmed(event) {
  const box = event.target;
  if (event.key !== 'Enter' || !isBox(box)) return;
  box.blur();  // as if it were left: sliders send their value to the server then
  box.focus();
}

// Gradio's sliders say that they were released only after a pointer; here the keyboard counts, too.
function release(event) {
  if (isRange(event.target) && event.isTrusted && !isPointerDown)
    event.target.dispatchEvent(new PointerEvent('pointerup', {bubbles: true}));
}

function pressed(event) {
  if (event.isTrusted) isPointerDown = true;
}

// The click that ends here comes first: only then may a sentence move what lies below it.
function lifted(event) {
  if (!event.isTrusted) return;
  setTimeout(() => {
    isPointerDown = false;
    showNotes();
  });
}

function settle(box) {
  if (!isBox(box)) return;
  const {value, sentence} = check(box);
  if (sentence) {
    box.value = value;
    box.dispatchEvent(new Event('input', {bubbles: true}));
    forget(box);
    notes.set(box, {sentence, value, element: null});
    timer ||= setInterval(showNotes, CHECK_PAUSE);
    showNotes();
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
    const held = misread.has(box) ? 'held no number' : 'was empty';
    return {value, sentence: `The box “${label}” ${held}: it is ${value} again.`};
  }
  const number = Number(box.value), rounded = isWhole ? Math.round(number) : number;
  const value = Math.min(high, Math.max(low, rounded));
  if (value === number) return {value: box.value, sentence: ''};
  const rule = value === rounded ? 'a whole number' : `from ${low} to ${high}`;
  return {value: String(value), sentence: `${label} must be ${rule}: ${box.value} became ${value}.`};
}

function labelOf(box) {
  const title = blockOf(box).querySelector('[data-testid=block-info]');
  return title?.firstChild?.textContent.trim() || 'The number';
}

const blockOf = box => box.closest('div.block') ?? box.parentElement;

// Shows the sentences below the controls of their boxes, and takes away those of boxes whose value
// has changed since, whatever has changed it. Nothing moves while a pointer is down, because what is
// pressed then would no longer lie under it when it is lifted.
function showNotes() {
  if (isPointerDown) return;
  if (notes.size === 0) {
    clearInterval(timer);
    timer = 0;
  }
  for (const [box, note] of notes) {
    if (!box.isConnected || Number(box.value) !== Number(note.value)) forget(box);
    else if (!note.element) note.element = noteBelow(blockOf(box), note.sentence);
  }
}

function forget(box) {
  notes.get(box)?.element?.remove();
  notes.delete(box);
}

function noteBelow(block, sentence) {
  const note = document.createElement('p');
  note.className = 'number-note';
  note.setAttribute('role', 'status');
  note.textContent = sentence;
  block.append(note);
  return note;
}
