// Below the result, while the tab "How it works" is open: how the last result was made.
import {errorChart} from './chart.js';
import {pageData} from './data.js';
import {openTab} from './data.js';
import {element} from './dom.js';
import {hasStyle, isRunning, isTraceable} from './job.js';
import {note, pyramid, search, weights} from './levels.js';
import {explain} from './parts.js';
import {change, onChange, state} from './state.js';

const SHOWN_AT_FIRST = 0.45;  // share of the levels of a finished run: a level that has weights
const panel = () => document.getElementById('explanation');
let chosenIndex = null;  // of the level that was chosen, or null
let shownRun = '';       // the run that it was chosen for
let drawnFor = '';       // what was drawn, as text

export function start() {
  onChange(draw);
  addEventListener('resize', draw);
}

export function show() {
  if (openTab()) return;
  panel().classList.add('open');
  explain(true);
  draw();
}

export function hide() {
  if (!openTab()) return;
  panel().classList.remove('open');
  explain(false);
}

export const isOpen = () => Boolean(panel()?.classList.contains('open'));

function draw() {
  if (!isOpen()) return;
  const {job, view} = state, run = job.source?.video;
  if (run !== shownRun) {
    shownRun = run;
    chosenIndex = null;
  }
  const shown = explainedRun(job);
  if (!shown) {
    drawnFor = '';
    panel().replaceChildren(nothingYet(job));
    return;
  }
  const {errors, levels} = shown.explained, level = chosenLevel(levels, job.phase === 'running');
  const width = panel().clientWidth;
  const key = [run, shown === job, errors.length, levels.length, level?.level, isTraceable(job), view, width].join();
  if (key === drawnFor) return;
  drawnFor = key;
  keepingScroll(() => panel().replaceChildren(...[
    shown !== job && note(`An example: ${shown.title}`,
      'This is how one take of it was made. Press the main button, and your own run is shown here.'),
    isTraceable(job) && shown === job && origin(job, view),
    level && pyramid(shown, level, chooseLevel),
    level && search(shown, level),
    level && weights(shown, level),
    errorChart(shown, width),
  ].filter(Boolean)));
}

// The run to explain: that of the job, or else one that was made beforehand.
function explainedRun(job) {
  if (job.explained?.errors?.length) return job;
  return isRunning(job) ? null : pageData().explainedRun;
}

function nothingYet(job) {
  return note('Nothing to show yet',
    isRunning(job) ? 'The pyramid, the search and the vote of your run appear here while it works.'
      : 'Press the main button: the pyramid, the search and the vote of your run appear here while it works.');
}

// The level that was chosen; else the newest one of a run that goes on, or one that has weights.
function chosenLevel(levels, isRunning) {
  const first = isRunning ? Infinity : Math.floor(SHOWN_AT_FIRST * levels.length);
  return levels[Math.min(chosenIndex ?? first, levels.length - 1)];
}

function chooseLevel(index) {
  chosenIndex = index;
  draw();
}

// Draws again; the chosen level of the pyramid stays in sight, and keeps the focus.
function keepingScroll(drawAgain) {
  const before = panel().querySelector('.pyramid'), scrolled = before?.scrollLeft || 0;
  const hadFocus = before?.contains(document.activeElement);
  drawAgain();
  const pressed = panel().querySelector('.level[aria-pressed=true]'), row = pressed?.parentNode;
  if (!pressed) return;
  const left = pressed.offsetLeft - row.offsetLeft;
  row.scrollLeft = Math.min(left, Math.max(scrolled, left + pressed.offsetWidth + 3 - row.clientWidth));
  if (hadFocus) pressed.focus({preventScroll: true});
}

function origin(job, view) {
  const isMap = view === 'map';
  const toggle = () => {
    change({view: isMap ? 'result' : 'map'});
    document.getElementById('result').scrollIntoView({behavior: 'smooth', block: 'nearest'});
    panel().querySelector('.colours')?.focus({preventScroll: true});
  };
  return element('section', {class: 'origin'},
    note('Where a pixel came from',
      `Click on ${job.takes.length > 1 ? 'a take' : 'the result'} in the reel above: the `
      + `${hasStyle(job) ? 'style' : 'source'} turns to the moment and place that the patch around that pixel `
      + 'was copied from. ',
      job.task === 'inpaint' ? 'Outside the painted region that is the same place. ' : '',
      'The reel can show it for all pixels at once, too: equal colours are the same piece.'),
    element('button', {type: 'button', class: 'colours', 'aria-pressed': isMap, onclick: toggle},
      isMap ? 'Show the result again' : 'Show it as colours'));
}
