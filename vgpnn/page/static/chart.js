// The chart of the explanation: the error of every pass, on a logarithmic axis, a line per level.
import {element, svgElement} from './dom.js';
import {comparesMotion} from './job.js';
import {note} from './levels.js';

const WIDTH = 820, HEIGHT = 220;           // [px], at most
const LEFT = 58, RIGHT = 8, TOP = 8, BOTTOM = 26;  // [px] margins
const LABEL_WIDTH = 28;                    // [px] that the number of a level needs
const LEAST_ERROR = 1e-6;                  // a logarithm needs one above 0

// errors: [level, number of the pass, mean squared error] of every pass. available: width [px].
export function errorChart(job, available) {
  const {errors} = job.explained, width = Math.min(WIDTH, available);
  return element('section', {},
    note('The error, pass by pass',
      'How much queries differ from their keys (mean squared difference), a dot for every pass. '
      + 'It falls as levels get finer and patches come to agree. ', exception(job)),
    svgElement('svg', {class: 'costs', viewBox: `0 0 ${width} ${HEIGHT}`, role: 'img', 'aria-label': 'Error by pass'},
      ...chartParts(errors, width)));
}

function exception(job) {
  if (comparesMotion(job)) return 'The smallest level stands apart: it compares no colours.';
  if (!job.explained.levels[0]?.missing) return '';
  return 'Weights may raise it: what is missing gets in though it fits less well.';
}

function chartParts(errors, width) {
  const values = errors.map(([, , error]) => Math.max(error, LEAST_ERROR));
  const low = Math.floor(Math.log10(Math.min(...values)));
  const high = Math.ceil(Math.log10(Math.max(...values)) + 1e-9);
  const x = k => LEFT + (k + 0.5) * (width - LEFT - RIGHT) / errors.length;
  const y = value => TOP + (HEIGHT - BOTTOM - TOP) * (high - Math.log10(value)) / Math.max(1, high - low);
  const point = k => `${x(k)},${y(values[k])}`;
  return [
    ...grid(low, high, y, width),
    svgElement('polyline', {class: 'all', points: errors.map((_, k) => point(k)).join(' ')}),
    svgElement('text', {x: LEFT - 8, y: HEIGHT - 8, 'text-anchor': 'end'}, 'level'),
    ...levelLines(errors, width, x, k => y(values[k]), point),
  ];
}

function grid(low, high, y, width) {
  const parts = [];
  for (let decade = low; decade <= high; decade++) {
    const height = y(10 ** decade), label = +(10 ** decade).toPrecision(1);
    parts.push(
      svgElement('line', {class: 'grid', x1: LEFT, x2: width, y1: height, y2: height}),
      svgElement('text', {x: LEFT - 8, y: height + 4, 'text-anchor': 'end'}, label));
  }
  return parts;
}

function levelLines(errors, width, x, y, point) {
  const levels = [...new Set(errors.map(([level]) => level))];
  const labelled = Math.ceil(LABEL_WIDTH * levels.length / (width - LEFT));  // every n-th has room
  return levels.flatMap((level, n) => {
    const passes = errors.flatMap(([passLevel], k) => passLevel === level ? [k] : []);
    const middle = x((passes[0] + passes.at(-1)) / 2);
    return [
      svgElement('polyline', {points: passes.map(point).join(' ')}),
      ...passes.map(k => svgElement('circle', {cx: x(k), cy: y(k), r: 2.5})),
      ...n % labelled === 0
        ? [svgElement('text', {x: middle, y: HEIGHT - 8, 'text-anchor': 'middle'}, level)] : [],
    ];
  });
}
