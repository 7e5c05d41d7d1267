// The parts of the explanation that show levels of the pyramid: the levels themselves, one search,
// and the weights of completeness.
import {boxStyle, element} from './dom.js';
import {comparesMotion, hasStyle} from './job.js';

export function note(title, ...text) {
  return element('div', {class: 'note'}, element('h3', {}, title), element('p', {}, ...text));
}

// Where the patches of a job come from.
const sourceName = job => hasStyle(job) ? 'style' : 'clip';

// All levels, to choose from; `choose` gets the index of one.
export function pyramid(job, chosen, choose) {
  const {levels} = job.explained;
  const widest = Math.max(levels.at(-1).source[2], job.source?.size?.[2] || 0);
  const buttons = levels.map((level, k) => element('button', {
    type: 'button', class: 'level', 'aria-pressed': level === chosen, 'aria-label': `Level ${level.level}`,
    style: `--share: ${level.source[2] / widest}`, onclick: () => choose(k),
  }, element('img', {src: level.value, alt: ''}), element('span', {}, level.level)));
  return element('section', {},
    note('A pyramid',
      `The ${sourceName(job)} is made smaller in space and time, level by level. On the smallest level the `
      + `first guess is ${firstGuess(job)}; every other one starts from the enlarged result of the level before. `,
      'Choose one to look at.'),
    element('div', {class: 'pyramid'}, ...buttons));
}

// The first guess on the smallest level, in words.
function firstGuess(job) {
  if (comparesMotion(job)) {
    return job.task === 'analogy' ? 'your clip, of which only the motion counts at first'
      : 'your sketch, of which only the strokes count at first';
  }
  if (hasStyle(job)) return 'the smallest level of your clip itself';
  if (job.task === 'inpaint') return 'the clip with your paint on it, and only the painted region is made anew';
  if ((job.task || 'generate') === 'generate') return 'that level with noise added, so that things end up elsewhere';
  return `the clip${anotherShape(job)}, without noise`;
}

function anotherShape(job) {
  const [length, ...size] = job.size || [], [sourceLength, ...sourceSize] = job.source?.size || [];
  const shape = String(size) === String(sourceSize) ? '' : ' in its new shape';
  if (length > sourceLength) return `${shape} going on for longer, with jumps where they show least`;
  if (length < sourceLength) return `${shape} pressed into less time`;
  return shape || ', the end of a loop led into its start';
}

// One search on a level: the query, its key, the value, and the result of the vote.
export function search(job, level) {
  const {at, match, patch, shape, source} = level, [t, h, w] = patch, middle = Math.floor(t / 2);
  return element('section', {},
    note(`Level ${level.level}: query, key, value`,
      `The query, a patch of the guess (${t} frame${t > 1 ? 's' : ''} of ${w} × ${h} pixels), looks for the patch `
      + `most like it in the ${sourceName(job)}: the key. The value, that patch at full sharpness, takes its place, `
      + 'and where patches overlap they vote on every pixel. ', comparison(job)),
    element('div', {class: 'shots'},
      picture('Query', `frame ${at[0] + middle + 1} of ${shape[0]}`, level.query, shape, at, patch),
      picture('Key', `frame ${match[0] + middle + 1} of ${source[0]}`, level.key, source, match, patch),
      picture('Value', `${source[2]} × ${source[1]}`, level.value, source, match, patch),
      picture('After the vote', `${shape[2]} × ${shape[1]}`, level.guess, shape, at, patch)));
}

// What the search of a job compares, where it is not colours everywhere.
function comparison(job) {
  if (comparesMotion(job)) {
    return `The smallest level compares only ${job.task === 'sketch' ? 'strokes with motion' : 'motion'} `
      + '(in grey), the next ones motion and colours, and fine ones colours alone.';
  }
  if (job.task !== 'inpaint') return '';
  return 'Patches that touch the painted region are no keys, and outside it nothing changes.';
}

// The weights of completeness on a level, or why it has none.
export function weights(job, level) {
  if (!level.missing) return element('section', {}, note('Completeness', noWeights(job)));
  const [, h, w] = level.patch, [, height, width] = level.source;
  // A weight is shown in the middle of its patch.
  const place = boxStyle((w - 1) / 2, (h - 1) / 2, width - w + 1, height - h + 1, width, height);
  return element('section', {},
    note('Completeness',
      `What the guess lacks of the ${sourceName(job)} is preferred in the search, so that all of it appears. `,
      'Bright: missing yet, so preferred. Dark: there already.'),
    element('div', {class: 'shots'},
      picture(hasStyle(job) ? 'Style' : 'Source', `level ${level.level}`, level.value, level.source),
      picture('Weights', 'bright is preferred', level.missing, level.source, null, null, place)));
}

function noWeights(job) {
  if (job.explained.levels[0].missing)
    return 'No weights on this level: what appears is decided on the smaller ones.';
  const result = job.task === 'inpaint' ? 'filled region' : 'result';
  return `Off in this run: the ${result} need not contain all of the ${sourceName(job)}.`;
}

// A picture of a frame, with a rectangle around the patch at [t, y, x] if there is one.
// size: [T, H, W] of the video. style: CSS of a picture that does not fill the frame.
function picture(title, text, address, [, height, width], at, patch, style) {
  const mark = at && element('i', {class: 'box', style: boxStyle(at[2], at[1], patch[2], patch[1], width, height)});
  return element('figure', {class: 'shot'},
    element('div', {class: 'frame', style: `aspect-ratio: ${width} / ${height}`},
      element('img', {src: address, alt: title, style}), mark),
    element('figcaption', {}, element('b', {}, title), element('span', {}, text)));
}
