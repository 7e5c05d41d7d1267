// What opening a tab changes around it: the run panel, and the settings of its task. No answer of the
// server is needed, so that it cannot come after the next tab was opened, or over what was typed.
// A tab is {id, verb, takesSamples, hasDifference, choosesTask, presets}: presets by task.
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
  const shown = update({visible: tab.takesSamples});
  const panel = [shown, shown, shown, update({value: tab.verb})];
  const [preset, quality, place, ...others] = changed(tab, task, settings);
  return [tab.id, ...panel, preset, quality, {...place, ...update({visible: tab.hasDifference})}, ...others];
}

const isOpen = ({id}) => openTab() === id;

// The settings of another task of the same tab, while it is open.
export function taskChanged(tab, task, ...settings) {
  const isShown = Object.values(tab.presets).includes(settings[0]);
  return isShown ? changed(tab, task, settings) : settings.map(() => update({}));
}

// The settings for a task of a tab, as updates that are empty where they are shown already.
function changed(tab, task, settings) {
  const preset = tab.presets[task] ?? Object.values(tab.presets)[0];
  if (preset === settings[0]) return settings.map(() => update({}));
  return withPreset(preset, ...settings).map(value => update({value}));
}
