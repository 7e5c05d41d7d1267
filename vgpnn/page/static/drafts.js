// The drafts of a run: small films to choose from, as a list in which several can be chosen. They
// fill in one by one, and what is chosen stays chosen meanwhile.
import {element} from './dom.js';
import {isRunning} from './job.js';
import {drawFrame, onFrame} from './player.js';
import {state} from './state.js';

const MOST_AT_ONCE = 6;  // as `limits.samples`: takes that one run makes

let chosen = new Set();  // names of drafts
let offerShown = '';     // the names of the drafts in sight, as text
let films = [];          // {canvas, image, count, size} of each draft
let send = null;         // called with what is asked for, and the names of drafts

// An empty list of drafts and its buttons; `ask` is called with "finish", "like" or "others".
export function buildDrafts(ask) {
  send = ask;
  offerShown = '';
  const button = (name, text) =>
    element('button', {type: 'button', 'data-ask': name, onclick: () => press(name)}, text);
  return element('section', {class: 'drafts', 'aria-label': 'Drafts', hidden: ''},
    element('div', {
      class: 'sheet', role: 'listbox', 'aria-multiselectable': 'true', 'aria-live': 'off',
      'aria-label': 'Drafts: choose those to finish', onkeydown: moveFocus,
    }),
    element('div', {class: 'choice-bar'},
      button('finish', 'Finish'), button('like', 'More like this'), button('others', 'Others'),
      element('p', {class: 'hint'})));
}

export function start() {
  onFrame(drawFilms);
}

// Shows the drafts of the job; cells that are there are not touched.
export function fillDrafts(section) {
  const {job} = state, drafts = job.drafts || [];
  const isOffering = isRunning(job) && drafts.length < (job.offered || 0) && !job.takes.some(take => take.draft && !take.video);
  section.hidden = !drafts.length && !isOffering;
  if (section.hidden) return;
  const sheet = section.querySelector('.sheet'), names = drafts.map(draft => draft.name);
  const known = offerShown.split(' ').filter(Boolean);
  if (known.some((name, k) => names[k] !== name)) {  // another offer
    sheet.replaceChildren();
    films = [];
    chosen = new Set([...chosen].filter(name => names.includes(name)));
  }
  offerShown = names.join(' ');
  const [, height, width] = job.size || [24, 9, 16];
  sheet.style.setProperty('--ratio', `${width} / ${height}`);
  section.classList.toggle('tall', width < height);
  const count = isOffering ? job.offered : drafts.length;
  while (sheet.children.length > count) sheet.lastChild.remove();
  while (sheet.children.length < count) sheet.append(emptyCell());
  drafts.forEach((draft, k) => fillCell(sheet.children[k], draft, k));
  if (sheet.firstChild && !sheet.querySelector('[tabindex="0"]')) sheet.firstChild.tabIndex = 0;
  fillButtons(section, drafts.length && !isOffering);
}

const emptyCell = () => element('div', {
  class: 'draft', role: 'option', tabindex: '-1', 'aria-selected': 'false', 'aria-disabled': 'true',
}, element('canvas'), element('span', {class: 'number'}), element('span', {class: 'mark'}));

function fillCell(cell, draft, place) {
  if (cell.dataset.name !== draft.name) {
    cell.dataset.name = draft.name;
    cell.removeAttribute('aria-disabled');
    cell.addEventListener('click', () => toggle(cell));
    cell.querySelector('.number').textContent = draft.number;
    const image = new Image();
    image.onload = () => {
      films[place] = {...draft, image, canvas: cell.querySelector('canvas')};
    };
    image.src = draft.strip;
  }
  const take = state.job.takes?.find(each => each.draft === draft.name);
  const isBeingMade = take && !take.video && isRunning(state.job);
  const isActive = isBeingMade && state.job.progress?.take === take.number;
  if (take) chosen.delete(draft.name);
  const isChosen = chosen.has(draft.name);
  cell.setAttribute('aria-selected', String(isChosen));
  cell.classList.toggle('active', Boolean(isActive));
  cell.classList.toggle('finished', Boolean(take?.video));
  const mark = take?.video ? `Take ${take.number}` : isActive ? 'Finishing' : isBeingMade ? 'Next' : '';
  cell.querySelector('.mark').textContent = mark;
  cell.setAttribute('aria-label', `Draft ${draft.number}${mark ? `, ${mark}` : ''}`);
}

function fillButtons(section, isOver) {
  const one = chosen.size === 1, many = chosen.size > MOST_AT_ONCE, hint = section.querySelector('.hint');
  const [finish, like, others] = ['finish', 'like', 'others'].map(name => section.querySelector(`[data-ask=${name}]`));
  finish.textContent = chosen.size ? `Finish ${chosen.size} ${one ? 'take' : 'takes'}` : 'Finish';
  finish.disabled = !chosen.size || many;
  like.disabled = !one;
  others.textContent = `${state.job.offered || ''} others`.trim();
  others.disabled = !isOver;
  hint.textContent = many ? `Choose at most ${MOST_AT_ONCE} at once.`
    : chosen.size ? '' : 'Click the drafts that you like.';
}

function toggle(cell) {
  const {name} = cell.dataset, isTaken = state.job.takes?.some(take => take.draft === name);
  if (!name || isTaken) return;
  if (!chosen.delete(name)) chosen.add(name);
  focusOn(cell);
  fillDrafts(cell.closest('.drafts'));
}

function press(asked) {
  const names = asked === 'others' ? [] : [...chosen];
  chosen = new Set();
  send(asked, names);
}

// Arrows move along the list, Home and End to its ends; Space or Enter chooses.
function moveFocus(event) {
  const cells = [...event.currentTarget.children], place = cells.indexOf(document.activeElement);
  const columns = getComputedStyle(event.currentTarget).gridTemplateColumns.split(' ').length;
  const steps = {ArrowRight: 1, ArrowLeft: -1, ArrowDown: columns, ArrowUp: -columns, Home: -place, End: cells.length - 1 - place};
  if (event.key === ' ' || event.key === 'Enter') toggle(document.activeElement);
  else if (!(event.key in steps)) return;
  else focusOn(cells[place + steps[event.key]]);
  event.preventDefault();
}

function focusOn(cell) {
  if (!cell) return;
  for (const other of cell.parentElement.children) other.tabIndex = other === cell ? 0 : -1;
  cell.focus();
}

const drawFilms = share => films.forEach(film => drawFrame(film, share));
