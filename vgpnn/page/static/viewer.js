// A take large, beside the source or with a wipe over it: both in step, frame by frame, full screen.
import {element} from './dom.js';
import * as player from './player.js';
import {onChange, state} from './state.js';
import {shownSize, wallOf} from './wall.js';

const MODES = {both: 'Both', wipe: 'Wipe', take: 'Take only', wall: 'Wall'};
const STEPS = {ArrowLeft: -1, ArrowRight: 1};

let viewer = null;  // the dialog that is open
let mode = 'both';  // stays for the next take

export function start() {
  player.onFrame(share => {
    if (!viewer) return;
    const place = viewer.querySelector('.place'), count = player.frameCount();
    if (!place.matches(':active')) place.value = 1000 * share;
    viewer.querySelector('.frame').textContent = `${Math.min(count, Math.floor(count * share + 0.001) + 1)} / ${count}`;
  });
  onChange(changes => {
    if (viewer && 'isPlaying' in changes) showPlaying();
  });
}

// Opens a take: its title, and {video, size, sound} of it and of the source.
export function open(title, take, source) {
  const modes = Object.entries(MODES).map(([name, text]) => element('button', {
    type: 'button', 'data-mode': name, onclick: () => showMode(name),
  }, text));
  const picture = (media, name) => {
    const video = element('video', {
      src: media.video, loop: '', playsinline: '', preload: 'auto', 'data-sound': media.sound ? '' : null,
    });
    video.muted = true;
    video.addEventListener('canplay', () => player.join(video), {once: true});
    return element('figure', {class: name, style: `--ratio: ${ratioOf(media)}`},
      element('div', {class: 'gate'}, video),
      element('figcaption', {}, name === 'take' ? title : 'Source'));
  };
  const wipe = element('input', {
    type: 'range', class: 'divider', min: 0, max: 100, value: 50, 'aria-label': 'Wipe from source to take',
    oninput: event => viewer.style.setProperty('--wipe', `${event.target.value}%`),
  });
  const place = element('input', {
    type: 'range', class: 'place', min: 0, max: 1000, value: 0, 'aria-label': 'Position',
    oninput: event => player.seek(event.target.value / 1001),
  });
  const dialog = element('dialog', {
    class: 'viewer', 'aria-label': title, onclose: closed, onkeydown: pressed,
    style: `--ratio: ${ratioOf(take)}`,
  }, element('div', {class: 'inside'},  // browsers show no dialog on the full screen, but what is in it
  element('header', {}, element('b', {}, title),
    element('div', {class: 'modes', role: 'group', 'aria-label': 'Compare'}, ...modes),
    document.fullscreenEnabled
      ? element('button', {type: 'button', onclick: toggleFullScreen}, 'Full screen') : null,
    element('button', {type: 'button', onclick: () => dialog.close()}, 'Close')),
  element('div', {class: 'pictures'}, picture(source, 'source'), picture(take, 'take'), wipe),
  element('footer', {},
    element('button', {type: 'button', class: 'step', 'aria-label': 'Frame before', onclick: () => player.step(-1)}, '‹'),
    element('button', {type: 'button', class: 'toggle', onclick: player.toggle}),
    element('button', {type: 'button', class: 'step', 'aria-label': 'Next frame', onclick: () => player.step(1)}, '›'),
    take.sound ? player.soundButton() : null, place, element('span', {class: 'frame'}))));
  viewer = dialog;
  document.getElementById('result').append(dialog);
  dialog.showModal();
  const isSameSize = `${take.size?.slice(1)}` === `${source.size?.slice(1)}`;
  dialog.querySelector('[data-mode=wipe]').hidden = !isSameSize;
  const isTile = wallOf(state.job) !== null;
  dialog.querySelector('[data-mode=wall]').hidden = !isTile;
  dialog.style.setProperty('--wall', ratioOf({size: shownSize(take.size, true)}));
  const fits = mode === 'wipe' ? isSameSize : mode !== 'wall' || isTile;
  showMode(isTile && state.view === 'wall' ? 'wall' : fits ? mode : 'both');
  showPlaying();
  player.hear();
}

function ratioOf({size}) {
  const [, height, width] = size || [1, 9, 16];
  return width / height;
}

function showMode(name) {
  mode = name;
  viewer.dataset.mode = name;
  for (const button of viewer.querySelectorAll('[data-mode]'))
    button.setAttribute('aria-pressed', String(button.dataset.mode === name));
}

function showPlaying() {
  const button = viewer.querySelector('.toggle');
  button.textContent = state.isPlaying ? 'Pause' : 'Play';
}

function toggleFullScreen() {
  if (document.fullscreenElement) document.exitFullscreen();
  else viewer.querySelector('.inside').requestFullscreen().catch(() => {});
}

function pressed(event) {
  const isRange = event.target.matches('input[type=range]');
  if (STEPS[event.key] && !isRange) player.step(STEPS[event.key]);
  else if (event.key === ' ' && !event.target.matches('button')) player.toggle();
  else return;
  event.preventDefault();
}

function closed() {
  if (document.fullscreenElement) document.exitFullscreen();
  viewer.remove();
  viewer = null;
  player.hear();
}
