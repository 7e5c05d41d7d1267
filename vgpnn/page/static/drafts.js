// The drafts of a run: small films to choose from, as a list in which several can be chosen. They
// fill in one by one, and what is chosen stays chosen meanwhile.
import {pageData} from './data.js';
import {element} from './dom.js';
import {isRunning} from './job.js';
import {drawFrame, onFrame} from './player.js';
import * as sorting from './sorting.js';
import {state} from './state.js';

const chosen = new Set();  // names of drafts
const films = new Map();   // {canvas, image, count, size} of each draft, by its name
let send = null;         // called with what is asked for, and the names of drafts

// An empty list of drafts and its buttons; `ask` is called with "finish", "like" or "others".
// sort: sends a sentence to sort them by, and null to stop that.
export function buildDrafts(ask, sort) {
  send = ask;
  films.clear();
  const button = (name, text) =>
    element('button', {type: 'button', 'data-ask': name, onclick: () => press(name)}, text);
  return element('section', {class: 'drafts', 'aria-label': 'Drafts', hidden: ''},
    element('div', {
      class: 'sheet', role: 'listbox', 'aria-multiselectable': 'true', 'aria-live': 'off',
      'aria-label': 'Drafts: choose those to finish', onkeydown: moveFocus,
    }),
    sorting.build(sort),
    element('div', {class: 'choice-bar'},
      button('finish', 'Finish'), button('like', 'More like this'), button('others', 'Others'),
      element('p', {class: 'hint'})));
}

export function start() {
  onFrame(drawFilms);
}

// Shows the drafts of the job; cells that are there are not touched.
export function fillDrafts(section) {
  const {job} = state, drafts = sorting.sorted(job.drafts || []), sheet = section.querySelector('.sheet');
  const isOffering = isRunning(job) && drafts.length < (job.offered || 0)
    && !job.takes.some(take => take.draft && !take.video);
  section.hidden = !job.drafts;
  if (!drafts.length) {  // a new offer begins, or there is none
    sheet.replaceChildren();
    films.clear();
    chosen.clear();
    sorting.forget();
  }
  if (section.hidden) return;
  const [, height, width] = job.size || [24, 9, 16];
  sheet.style.setProperty('--ratio', `${width} / ${height}`);
  section.classList.toggle('tall', width < height);
  const count = isOffering ? job.offered : drafts.length;
  while (sheet.children.length > count) sheet.lastChild.remove();
  while (sheet.children.length < count) sheet.append(emptyCell());
  arrange(sheet, drafts);
  drafts.forEach((draft, k) => fillCell(sheet.children[k], draft));
  sorting.fill(section, drafts.length > 1 && !isOffering);
  if (sheet.firstChild && !sheet.querySelector('[tabindex="0"]')) sheet.firstChild.tabIndex = 0;
  fillButtons(section);
}

// The draft that the Tab key reaches.
export const current = section => section.querySelector('.draft[tabindex="0"]');

const emptyCell = () => element('div', {
  class: 'draft', role: 'option', tabindex: '-1', 'aria-selected': 'false', 'aria-disabled': 'true',
  'aria-label': 'A draft that is still to come',
}, element('canvas'), element('span', {class: 'number'}), element('span', {class: 'mark'}));

// Moves the cells that are filled to where their drafts are now.
function arrange(sheet, drafts) {
  const cells = [...sheet.children], places = new Map(drafts.map(({name}, k) => [name, k]));
  const placeOf = cell => places.get(cell.dataset.name) ?? cells.length;
  const wanted = [...cells].sort((a, b) => placeOf(a) - placeOf(b));
  if (wanted.some((cell, k) => cell !== cells[k])) sheet.append(...wanted);
}

function fillCell(cell, draft) {
  if (cell.dataset.name !== draft.name) {
    cell.dataset.name = draft.name;
    cell.removeAttribute('aria-disabled');
    cell.addEventListener('click', () => toggle(cell));
    cell.querySelector('.number').textContent = draft.number;
    const image = new Image();
    image.onload = () => {
      films.set(draft.name, {...draft, image, canvas: cell.querySelector('canvas')});
    };
    image.src = draft.strip;
  }
  const take = takeOf(draft.name), isDone = Boolean(take?.video);
  const isActive = take && !isDone && state.job.progress?.take === take.number;
  if (take) chosen.delete(draft.name);
  cell.setAttribute('aria-selected', String(chosen.has(draft.name)));
  cell.setAttribute('aria-disabled', String(Boolean(take)));
  cell.classList.toggle('active', Boolean(isActive));
  const mark = isDone ? `Take ${take.number}` : isActive ? 'Finishing' : take ? 'Next' : '';
  cell.querySelector('.mark').textContent = mark;
  cell.setAttribute('aria-label', `Draft ${draft.number}${mark ? `, ${mark}` : ''}`);
}

// The take that a draft has become or is about to become; one that was stopped can be chosen again.
const takeOf = name =>
  state.job.takes?.find(take => take.draft === name && (take.video || isRunning(state.job)));

function fillButtons(section) {
  const {job} = state, most = pageData().mostAtOnce;
  const one = chosen.size === 1, many = chosen.size > most, isOver = !isRunning(job);
  const [finish, like, others] = ['finish', 'like', 'others'].map(name => section.querySelector(`[data-ask=${name}]`));
  finish.textContent = chosen.size ? `Finish ${chosen.size} ${one ? 'take' : 'takes'}` : 'Finish';
  finish.disabled = !chosen.size || many;
  like.disabled = !one || !isOver;
  others.textContent = `${job.offered || ''} others`.trim();
  others.disabled = !isOver || !job.drafts.length;
  section.querySelector('.hint').textContent = many ? `Choose at most ${most} at once.`
    : chosen.size ? ''
      : job.drafts.length || !isOver ? 'Click the drafts that you like.'
        : 'There are no other drafts of this seed.';
}

function toggle(cell) {
  const {name} = cell.dataset;
  if (!name || takeOf(name)) return;
  if (!chosen.delete(name)) chosen.add(name);
  focusOn(cell);
  fillDrafts(cell.closest('.drafts'));
}

// What is chosen stays so until the drafts become takes or give way to others: the server may refuse.
const press = asked => send(asked, asked === 'others' ? [] : [...chosen]);

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
