// A tile as a wall: the take again and again, so that its seams would be seen where there are any. The
// one video of the take is drawn several times, so that all copies show the same frame.
import {element} from './dom.js';
import {onFrame} from './player.js';
import {state} from './state.js';

const WIDEST = 1600;  // [px] of what is drawn

export function start() {
  onFrame(() => {
    for (const gate of document.querySelectorAll('#result .take .gate')) draw(gate);
  });
}

// Rows and columns of the copies of a job's takes, or null where they are no tiles.
export const wallOf = job => job.wall || null;

// The size [frames, rows, columns] of what a cell shows of takes of a size.
export function shownSize(size, isWall) {
  const wall = wallOf(state.job);
  if (!wall || !isWall || !size) return size;
  return [size[0], size[1] * wall[0], size[2] * wall[1]];
}

function draw(gate) {
  const wall = wallOf(state.job), large = gate.closest('.viewer');
  const isShown = wall && (large ? large.dataset.mode === 'wall' : state.view === 'wall');
  const video = gate.querySelector('video');
  let canvas = gate.querySelector('canvas.wall');
  if (!isShown || !video || video.readyState < 2) {
    if (canvas) canvas.hidden = !isShown;
    return;
  }
  if (!canvas) {
    canvas = element('canvas', {class: 'wall', role: 'img', 'aria-label': 'The take as a wall'});
    video.after(canvas);
  }
  canvas.hidden = false;
  const [rows, columns] = wall, {videoWidth, videoHeight} = video;
  const scale = Math.min(1, WIDEST / (columns * videoWidth));
  // Whole pixels: between copies that end within one there would be lines.
  const width = Math.round(videoWidth * scale), height = Math.round(videoHeight * scale);
  if (canvas.width !== columns * width || canvas.height !== rows * height)
    Object.assign(canvas, {width: columns * width, height: rows * height});
  const context = canvas.getContext('2d');
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++)
      context.drawImage(video, column * width, row * height, width, height);
}
