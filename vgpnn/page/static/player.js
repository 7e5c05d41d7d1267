// Plays all videos of the result in step. The source leads: a video that drifts from it by more than
// two frames is set right. A take that is still being made is drawn from a strip of pictures.
import {element, svgElement} from './dom.js';
import {onChange, state, change} from './state.js';

const CLOCK_PAUSE = 250;     // [ms] between two updates of the clock
const SAME_LENGTH = 0.2;     // [s] by which videos of the same length may differ
const BEFORE_THE_END = 0.001;  // [s]: at its very end a video starts again
const DEFAULT_RATE = 24;     // [frames/s]
const DRIFT = 2;             // [frames]

const panel = () => document.getElementById('result');
const videos = () => [...panel().querySelectorAll('.gate video')];
const frameListeners = [];
let strip = null;       // the preview of the take that is being made
let lastUpdate = 0;     // [ms] time of the last update of the clock

export function start() {
  onChange(playOrPause);
  requestAnimationFrame(tick);
}

export function toggle() {
  change({isPlaying: !state.isPlaying});
}

export function toggleSound() {
  change({isHeard: !state.isHeard});
}

// A button that switches the sound of the takes on and off.
export function soundButton() {
  return element('button', {type: 'button', class: 'sound', onclick: toggleSound},
    svgElement('svg', {viewBox: '0 0 20 16', width: 20, height: 16, 'aria-hidden': 'true'},
      svgElement('path', {d: 'M1 5.5h3.5L9 1.5v13l-4.5-4H1z', fill: 'currentColor'}),
      svgElement('path', {class: 'waves', d: 'M12 5a4.2 4.2 0 0 1 0 6M14.5 2.5a7.8 7.8 0 0 1 0 11', fill: 'none', stroke: 'currentColor', 'stroke-width': 1.6}),
      svgElement('path', {class: 'cross', d: 'm12.5 5.5 5 5m0-5-5 5', fill: 'none', stroke: 'currentColor', 'stroke-width': 1.6})));
}

// Shows a sound button where there is a take to hear, and says what pressing it does.
function fillSound(button) {
  button.hidden = !heardVideo();
  const label = state.isHeard ? 'Mute' : 'Unmute';
  button.setAttribute('aria-label', label);
  button.title = label;
  button.classList.toggle('on', state.isHeard);
}

// Pauses, and turns all videos to a share of their length, in [0, 1).
export function seek(share) {
  change({isPlaying: false});
  for (const video of videos()) if (video.duration) video.currentTime = video.duration * share;
}

// The frames of the source or of a take, whichever has more.
export function frameCount() {
  const {job} = state;
  return Math.max(job.source?.size?.[0] || 1, job.size?.[0] || 1);
}

// Pauses, and turns all videos by some frames.
export function step(frames) {
  const leader = videos()[0], count = frameCount();
  if (!leader?.duration) return;
  const now = Math.floor(count * leader.currentTime / leader.duration + 0.001);
  seek((((now + frames) % count + count) % count + 0.5) / count);
}

// A listener is called before every frame of the screen, with the share of the films that has played.
export function onFrame(listener) {
  frameListeners.push(listener);
}

// Lets a video that was just loaded join the others.
export function join(video) {
  align(video, 0);
  playOrPause();
}

// Plays `preview` (a JPEG in which frame lies below frame) on the canvas of its take; null ends it.
export function showStrip(preview, cells) {
  if (!preview) {
    strip = null;
    return;
  }
  const image = new Image();
  image.onload = () => {
    strip = {...preview, image, canvas: cells[preview.take - 1].querySelector('canvas')};
  };
  image.src = preview.strip;
}

function playOrPause() {
  if (!panel()) return;
  hear();
  for (const video of videos()) {
    if (state.isPlaying) video.play().catch(error => refused(video, error));
    else video.pause();
  }
  const button = panel().querySelector('.play');
  if (!button) return;
  button.setAttribute('aria-label', state.isPlaying ? 'Pause' : 'Play');
  button.classList.toggle('paused', !state.isPlaying);
}

// Lets one take be heard, if sound is on, and no other video.
export function hear() {
  const heard = state.isHeard ? heardVideo() : null;
  for (const video of videos()) video.muted = video !== heard;
  panel().querySelectorAll('button.sound').forEach(fillSound);
}

// The one video whose sound is played: the take that is looked at, or else the first that has sound.
function heardVideo() {
  return panel().querySelector('.viewer video[data-sound]')
    || panel().querySelector('.take .gate video[data-sound]');
}

// A browser may start no video with sound until somebody has pressed something on the page. Other
// errors are those of a video that is replaced before it began.
function refused(video, error) {
  if (error.name === 'NotAllowedError' && !video.muted) change({isHeard: false});
}

// tolerance: how far a video may be from the source [s].
function align(video, tolerance) {
  const leader = videos()[0];
  if (!leader || video === leader || !leader.duration || !video.duration) return;
  if (Math.abs(leader.duration - video.duration) > SAME_LENGTH) return;  // it goes its own way
  const apart = Math.abs(video.currentTime - leader.currentTime);
  if (Math.min(apart, leader.duration - apart) > tolerance)
    video.currentTime = Math.min(leader.currentTime, video.duration - BEFORE_THE_END);
}

function tick(now) {
  requestAnimationFrame(tick);
  const leader = panel() && videos()[0];
  const share = leader?.duration ? leader.currentTime / leader.duration : (now / 1000) % 1;
  if (strip) drawFrame(strip, share);
  for (const listener of frameListeners) listener(share);
  if (now - lastUpdate < CLOCK_PAUSE || !leader?.duration) return;
  lastUpdate = now;
  if (state.isPlaying) {
    panel().querySelector('.scrub').value = 1000 * share;
    for (const video of videos()) align(video, DRIFT / (state.job.fps || DEFAULT_RATE));
  }
  const [frames] = state.job.source?.size || state.job.size || [1];
  const frame = Math.min(frames, Math.floor(share * frames) + 1);
  panel().querySelector('.clock').textContent = `${frame} / ${frames}`;
}

// Draws the picture of a film strip that belongs to a share of its time, unless it is there already:
// a screen shows several times as many frames in a second as a film has.
export function drawFrame(film, share) {
  const {image, count, size: [width, height], canvas} = film;
  const frame = Math.min(count - 1, Math.floor(share * count));
  if (film.drawn === frame) return;
  film.drawn = frame;
  if (canvas.width !== width || canvas.height !== height) {
    canvas.width = width;
    canvas.height = height;
  }
  canvas.getContext('2d').drawImage(image, 0, frame * height, width, height, 0, 0, width, height);
}
