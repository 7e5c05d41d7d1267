// What opening a tab changes around it: the run panel, and the settings of its task. No answer of the
// server is needed, so that it cannot come after the next tab was opened, or over what was typed.
// A tab is {id, verbs, severalTakes, choosesTask, presets}: verbs and presets by task, and the tasks
// that make several takes.
import {openTab, pageData} from './data.js';
import './events.js';
import {showPartsOf} from './parts.js';
import {update, withPreset} from './settings.js';

let isNew = true;  // no tab was opened yet

// values: what the tab's own control chooses, if it has one, and the settings as `withPreset` takes
// them.
export function opened(tab, ...values) {
  const [task, ...settings] = tab.choosesTask ? values : [null, ...values];
  // Gradio says once that the first tab is open, on a slow machine after the last run was restored,
  // or even after its tab was opened.
  const isFirst = isNew && tab.id === pageData().tabs[0][0];
  isNew = false;
  if (isFirst || !isOpen(tab)) return [tab.id, null, null, null, null, ...settings].map(() => update({}));
  showPartsOf(tab.id);
  return [tab.id, ...around(tab, task, settings)];
}

const isOpen = ({id}) => openTab() === id;

// The settings of another task of the same tab, while it is open.
export function taskChanged(tab, task, ...settings) {
  const isShown = Object.values(tab.presets).includes(settings[0]);
  return isShown ? around(tab, task, settings) : [null, null, null, null, ...settings].map(() => update({}));
}

// The run panel and the settings for a task of a tab. The difference is one of several takes.
function around(tab, task, settings) {
  const known = task in tab.presets ? task : Object.keys(tab.presets)[0];
  const shown = update({visible: tab.severalTakes.includes(known)});
  const [preset, quality, place, ...others] = changed(tab, known, settings);
  const ofGeneration = update({visible: known === 'generate'});
  const panel = [shown, shown, shown, update({value: tab.verbs[known]})];
  return [...panel, preset, quality, {...place, ...ofGeneration}, ...others];
}

// The settings for a task of a tab, as updates that are empty where they are shown already.
function changed(tab, task, settings) {
  const preset = tab.presets[task];
  if (preset === settings[0]) return settings.map(() => update({}));
  return withPreset(preset, ...settings).map(value => update({value}));
}
