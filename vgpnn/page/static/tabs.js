// What opening a tab changes around it: the run panel, and the settings of its task. No answer of the
// server is needed, so that it cannot come after the next tab was opened, or over what was typed.
// A tab is {id, verb, takesSamples, presets}: presets by task.
import {withPreset} from './settings.js';

const update = changes => ({__type__: 'update', ...changes});

// task: what the tab's own control chooses, if it has one.
export function opened(tab, task, ...settings) {
  const shown = update({visible: tab.takesSamples});
  const [preset, quality, place, ...values] = withPreset(presetOf(tab, task), ...settings);
  const difference = update({visible: tab.takesSamples, value: place});
  const panel = [shown, shown, shown, update({value: tab.verb})];
  return [tab.id, ...panel, preset, quality, difference, ...values];
}

// The settings of another task of the same tab, while it is open.
export function taskChanged(tab, task, ...settings) {
  const isOpen = Object.values(tab.presets).includes(settings[0]);
  return isOpen ? withPreset(presetOf(tab, task), ...settings) : settings;
}

const presetOf = (tab, task) => tab.presets[task] ?? Object.values(tab.presets)[0];
