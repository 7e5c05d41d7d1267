// A click on a take, while the explanation is open: the source turns to the moment and the place that
// the patch around the clicked pixel was copied from.
import {boxStyle, element} from './dom.js';
import {isOpen} from './explanation.js';
import {hasStyle} from './job.js';
import {change, onChange, state} from './state.js';

const DEFAULT_PATCH = [3, 7, 7];  // [frames, rows, columns]
const BYTES = 2;                  // of a coordinate
const panel = () => document.getElementById('result');
const knownPlaces = new Map();    // source maps by address, as DataViews
let markedJob = null;             // the job that is on the film

export function start() {
  document.addEventListener('click', traceClick);
  onChange(() => {
    const job = jobKey();
    if (state.isPlaying || job !== markedJob) unmark();
    if (job !== markedJob) knownPlaces.clear();
    markedJob = job;
  });
}

const jobKey = () => `${state.job.source?.video} ${state.job.takes?.length} ${state.job.takes?.[0]?.seed}`;

function unmark() {
  for (const mark of panel()?.querySelectorAll('.gate .box, .traced') || []) mark.remove();
}

async function traceClick(event) {
  const gate = event.target.closest?.('.cell.take .gate');
  if (!gate || !isOpen() || state.view === 'wall') return;
  const number = [...panel().querySelectorAll('.cell.take .gate')].indexOf(gate);
  const take = state.job.takes?.[number], video = gate.querySelector('video');
  if (!take?.places || !video?.duration) return;
  const {size: [T, H, W], step, source} = take.places, places = await fetchPlaces(take.places);
  if (!places || state.job.takes?.[number]?.places?.file !== take.places.file) return;
  const area = gate.getBoundingClientRect();
  const t = indexAt(video.currentTime / video.duration, T);
  const y = indexAt((event.clientY - area.top) / area.height, H);
  const x = indexAt((event.clientX - area.left) / area.width, W);
  const origin = [0, 1, 2].map(axis => places.getInt16(BYTES * (3 * ((t * H + y) * W + x) + axis), true));
  change({isPlaying: false});
  unmark();
  mark(gate, [t, y * step, x * step], [T, H * step, W * step]);
  mark(panel().querySelector(hasStyle(state.job) ? '.cell.beside .gate' : '.cell.source .gate'), origin, source);
  const title = gate.closest('.cell').querySelector('b').textContent;
  panel().querySelector('.reel > footer').before(element('p', {class: 'traced'},
    `${title}, frame ${t + 1}, column ${x * step + 1}, row ${y * step + 1}: from frame ${origin[0] + 1}, `
    + `column ${origin[2] + 1}, row ${origin[1] + 1} of the ${hasStyle(state.job) ? 'style' : 'source'}.`));
}

const indexAt = (share, count) => Math.min(count - 1, Math.max(0, Math.floor(share * count)));

// The source map of a take, (T, H, W, 3) little-endian int16; null where it is no longer kept.
async function fetchPlaces({file, size}) {
  if (!knownPlaces.has(file)) {
    const answer = await fetch(file).catch(() => null);
    const bytes = answer?.ok ? await answer.arrayBuffer() : null;
    if (bytes?.byteLength !== size[0] * size[1] * size[2] * 3 * BYTES) return null;
    knownPlaces.set(file, new DataView(bytes));
  }
  return knownPlaces.get(file);
}

// A frame as large as a patch around a voxel, in a video that turns to the voxel's moment.
function mark(gate, [t, y, x], [frames, height, width]) {
  const video = gate.querySelector('video');
  if (!video) return;
  video.pause();
  video.currentTime = Math.min(video.duration - 0.001, video.duration * (t + 0.5) / frames);
  const [, h, w] = state.job.explained?.levels?.at(-1)?.patch || DEFAULT_PATCH;
  gate.append(element('i', {class: 'box', style: boxStyle(x + 0.5 - w / 2, y + 0.5 - h / 2, w, h, width, height)}));
}
