// The box that sorts the drafts of a run by a sentence. It is there where the server has a model for
// words. The order stays in this page: the drafts keep their numbers.
import {pageData} from './data.js';
import {element} from './dom.js';
import {change} from './state.js';

let order = [];        // names of drafts, the one that fits best first
let question = 0;      // the number of the last question; answers to others are late
let isBusy = false;    // whether its answer is still to come
let said = '', isProblem = false;
let ask = () => {};    // sends a question, or null to stop

// The box, or nothing. send: gets {question, sentence}, or null to stop.
export function build(send) {
  const {words} = pageData();
  if (!words) return null;
  ask = send;
  const text = element('input', {
    type: 'text', maxlength: words.mostCharacters, placeholder: 'the balloons rise at the left',
    'aria-label': 'Sort the drafts by a sentence',
  });
  const press = event => {
    event.preventDefault();
    if (isBusy) ask(null);
    else if (text.value.trim()) ask({question: ++question, sentence: text.value});
    else return text.focus();
    isBusy = !isBusy;
    note('');
  };
  return element('form', {class: 'sorting', onsubmit: press},
    element('label', {}, element('span', {}, 'Sort by a sentence'), text),
    element('button', {type: 'submit'}, 'Sort'), element('p', {role: 'status'}));
}

// The server's answers: {question, said}, at last with `names` or `problem`.
export function start({props, watch}) {
  watch('value', () => {
    const {question: asked, said: text = '', names, problem} = props.value || {};
    if (asked !== question || !isBusy) return;
    isBusy = !names && !problem;
    order = names ?? order;
    note(names ? 'Those that fit best come first.' : problem ?? text, Boolean(problem));
  });
}

function note(text, isWrong = false) {
  [said, isProblem] = [text, isWrong];
  change({sorting: said});
}

// Drafts in the order of the sentence; new ones come last, and all are as they were without one.
export function sorted(drafts) {
  const placeOf = ({name}) => order.includes(name) ? order.indexOf(name) : order.length;
  return [...drafts].sort((a, b) => placeOf(a) - placeOf(b));
}

// The drafts are others now. While an answer is on its way Gradio would drop the next question.
export function forget() {
  if (isBusy) ask(null);
  [order, isBusy, said, isProblem] = [[], false, '', false];
}

// isReady: whether there is something to sort.
export function fill(section, isReady) {
  const form = section.querySelector('.sorting');
  if (!form) return;
  const button = form.querySelector('button'), line = form.querySelector('p');
  button.textContent = isBusy ? 'Stop' : 'Sort';
  button.disabled = !isReady && !isBusy;
  if (line.textContent !== said) line.textContent = said;
  line.classList.toggle('error', isProblem);
}
