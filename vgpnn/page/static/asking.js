// Blocks that ask the server once for all changes that come together, and only while their tab is
// open. A tab that opens, a clip that arrives, and settings that are loaded change many controls; an
// event for each of them would send the values of all controls to the server, for each tab.
import {openTab} from './data.js';

const PAUSE = 150;  // [ms] after the first change

const blocks = [];  // those whose event `select` the server answers, as Gradio hands them over
const waiting = new Set();  // the ids of blocks that will ask
const early = new Set();  // those that should have asked before Gradio had made them

export function start(block) {
  blocks.push(block);
  for (const id of early) if (block.element.closest(`#${id}`)) ask(id);
}

// Something has changed that a block shows. tab: the id of its tab; '' means that it is always shown.
export function changed(id, tab) {
  if (waiting.has(id)) return;
  waiting.add(id);
  setTimeout(() => {
    waiting.delete(id);
    if (!tab || openTab() === tab) ask(id);
  }, PAUSE);
}

// Gradio makes what is in a tab when that is opened first, which takes long on a slow machine.
function ask(id) {
  const block = blocks.find(({element}) => element.closest(`#${id}`));
  if (block) block.trigger('select');
  if (block) early.delete(id);
  else early.add(id);
}
