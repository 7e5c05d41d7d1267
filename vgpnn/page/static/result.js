// Draws the job that the server sends: its title, how far it is, and its film. Only what differs is
// changed, so that nothing flickers.
import {element} from './dom.js';
import {isAwaited, obtain} from './downloads.js';
import * as drafts from './drafts.js';
import * as explanation from './explanation.js';
import {buildFilm, fillFilm} from './film.js';
import {isRunning} from './job.js';
import * as player from './player.js';
import {buildShare, fillShare} from './share.js';
import {change, onChange, state} from './state.js';
import * as trace from './trace.js';
import * as viewer from './viewer.js';
import * as wall from './wall.js';

const SEEN = 0.4;  // share of the window's height: what begins below it is out of sight
const VIEWS = {result: 'Result', wall: 'Wall', map: 'Where it came from'};
const OF_ALL_TAKES = {comparison: 'Comparison (MP4)', zip: 'All takes (zip)'};  // files by kind
const LEGEND = 'Colour is place in the source: hue runs from left to right, light to dark from top to '
  + 'bottom, and colours pale as time goes on. Equal colours are the same piece of the source.';

const panel = () => document.getElementById('result');
let builtFor = '';     // the cells that were built, as text
let lastPhase = null;  // of the job that was drawn last
let sendEvent = null;  // Gradio's `trigger`

export function start({props, trigger, watch}) {
  sendEvent = trigger;
  onChange(changes => {
    if (['job', 'view', 'download', 'sorting'].some(name => name in changes)) draw();
  });
  player.start();
  drafts.start();
  trace.start();
  wall.start();
  viewer.start();
  explanation.start();
  watch('value', () => change({job: props.value || {}}));
  change({job: props.value || {}});
}

function draw() {
  const {job} = state;
  if (!panel()) return;
  const hasBegun = isRunning(job) && lastPhase && !isRunning({phase: lastPhase});
  lastPhase = job.phase;
  if (hasBegun && !isInSight(panel())) panel().scrollIntoView({behavior: 'smooth'});
  if (!job.phase) {
    panel().replaceChildren();
    return;
  }
  const takes = job.takes || [], extras = job.extras || [];
  const hadFocus = panel().querySelector('.drafts')?.contains(document.activeElement);
  const shape = `${takes.length} ${extras.map(extra => extra.title)} ${job.wall || ''}`;
  if (builtFor !== shape || !panel().firstChild) {
    panel().replaceChildren(build(extras, takes.length));
    if (job.wall && !builtFor.endsWith(` ${job.wall}`)) state.view = 'wall';  // what a tile is for
    builtFor = shape;
  }
  if (!canShow(job, state.view)) state.view = job.wall ? 'wall' : 'result';
  const reel = panel().firstChild;
  markExample(job.title);
  fillHeader(reel);
  fillStatus(reel);
  const section = reel.querySelector('.drafts');
  drafts.fillDrafts(section);
  if (hadFocus && !section.contains(document.activeElement)) drafts.current(section)?.focus();
  fillFilm(reel.querySelector('.film'), {
    send: (take, tab) => sendEvent('select', {take: take.number, to: tab, title: job.title}),
    download: (take, kind, asked) => sendEvent('download', {kind, asked, take: take.number - 1}),
  });
  player.showStrip(job.preview, [...reel.querySelectorAll('.cell.take')]);
  fillFooter(reel);
}

// Whether a job has what a view shows.
function canShow(job, view) {
  if (view === 'wall') return Boolean(job.wall);
  return view === 'result' || (job.takes || []).some(take => take.map);
}

function isInSight(node) {
  const {top} = node.getBoundingClientRect();
  return top >= 0 && top < SEEN * innerHeight;
}

// The frame around the film is built once for a job; later states only fill it.
function build(extras, takes) {
  const switcher = element('div', {class: 'switch', role: 'group', 'aria-label': 'What to show'},
    ...Object.entries(VIEWS).map(([view, title]) =>
      element('button', {type: 'button', 'data-view': view, onclick: () => change({view})}, title)));
  const play = element('button',
    {type: 'button', class: 'play', 'aria-label': 'Pause', onclick: player.toggle});
  const scrub = element('input', {
    type: 'range', min: 0, max: 1000, value: 0, class: 'scrub', 'aria-label': 'Position',
    oninput: event => player.seek(event.target.value / 1001),
  });
  const [share, said] = buildShare();
  return element('section', {class: 'reel'},
    element('header', {}, element('h2', {class: 'title'}), switcher),
    element('div', {class: 'status', role: 'status'},
      element('div', {class: 'bar'}, element('i')),
      element('p', {class: 'message'}),
      element('p', {class: 'left'})),
    drafts.buildDrafts(
      (asked, names) => sendEvent('apply', {asked, drafts: names}),
      question => sendEvent(question ? 'submit' : 'stop', question ?? {}),
    ),
    buildFilm(extras, takes),
    element('p', {class: 'legend'}, LEGEND),
    element('footer', {}, play, player.soundButton(), scrub, element('span', {class: 'clock'}), buildFiles(share), said),
    element('ul', {class: 'notices'}));
}

// What can be saved of the whole result; share: the button that copies its link.
function buildFiles(share) {
  const finished = () => state.job.takes.filter(take => take.video);
  const press = kind => obtain(kind, finished(), asked => sendEvent('download', {kind, asked}));
  return element('nav', {class: 'files', 'aria-label': 'Files of this result'},
    ...Object.keys(OF_ALL_TAKES).map(kind =>
      element('button', {type: 'button', 'data-kind': kind, onclick: () => press(kind)})),
    element('a', {class: 'settings', download: ''}, 'Settings (JSON)'), share);
}

function markExample(title) {
  for (const frame of document.querySelectorAll('.examples .frame'))
    frame.classList.toggle('on', frame.textContent === title);
}

function fillHeader(reel) {
  const {job, view} = state, [, height, width] = job.size || [24, 9, 16];
  reel.dataset.phase = job.phase;
  reel.dataset.view = view;
  reel.classList.toggle('tall', width < height);
  reel.classList.toggle('single', job.takes?.length === 1 && (job.extras || []).length < 3);
  reel.querySelector('.title').textContent = job.title || '';
  reel.querySelector('.switch').hidden = !canShow(job, 'map') && !canShow(job, 'wall');
  for (const button of reel.querySelectorAll('.switch button')) {
    button.setAttribute('aria-pressed', button.dataset.view === view);
    button.hidden = !canShow(job, button.dataset.view);
  }
}

function fillStatus(reel) {
  const {job} = state, message = reel.querySelector('.message');
  reel.querySelector('.bar i').style.width = `${100 * (job.progress?.fraction || 0)}%`;
  reel.querySelector('.status').hidden = !(isRunning(job) || job.error || job.phase === 'stopped');
  message.classList.toggle('error', Boolean(job.error));
  message.textContent = messageOf(job);
  reel.querySelector('.left').textContent = timeLeft(job);
}

function messageOf(job) {
  if (job.error) return job.error;
  if (job.phase === 'stopped') return 'Stopped. Finished takes are kept.';
  if (job.progress) {
    const {take, takes, finishing, draft} = job.progress;
    if (draft) return `Draft ${draft} of ${job.progress.drafts}`;
    if (finishing !== undefined) return `Take ${take} of ${takes} · finishing in full`;
    return `Take ${take} of ${takes}`;
  }
  if (job.phase === 'queued' && job.ahead) {
    const wait = job.wait ? `, about ${duration(job.wait)}` : '';
    return `Waiting for ${job.ahead} other ${job.ahead > 1 ? 'jobs' : 'job'}${wait}`;
  }
  return 'Getting ready';
}

function timeLeft(job) {
  if (!isRunning(job) || !job.left) return '';
  if (job.phase === 'queued' && job.ahead) return `then ${duration(job.left)} of work`;
  return `${duration(job.left)} left`;
}

function duration(seconds) {
  if (seconds < 1.5) return '1 s';
  return seconds < 90 ? `${Math.round(seconds)} s` : `${Math.round(seconds / 60)} min`;
}

function fillFooter(reel) {
  const {job} = state, settings = reel.querySelector('.settings');
  settings.hidden = !job.settings;
  if (job.settings) settings.href = job.settings;
  const finished = (job.takes || []).filter(take => take.video);
  fillShare(reel);
  player.hear();
  for (const button of reel.querySelectorAll('.files [data-kind]')) {
    const kind = button.dataset.kind, isMade = isAwaited(kind, finished);
    button.hidden = !finished.length || job.example || isRunning(job) || job.phase === 'ready';
    button.setAttribute('aria-busy', isMade);
    button.textContent = OF_ALL_TAKES[kind] + (isMade ? ' …' : '');
  }
  const notices = [...(job.notices || []), ...(job.note ? [job.note] : [])];
  reel.querySelector('.notices').replaceChildren(...notices.map(notice => element('li', {}, notice)));
}
