// The settings of the open tab, and two short cuts to them: a quality, and how different the takes
// are. Gradio passes the values of the settings in the order of `keys`; here they are looked up by
// key.
import {pageData} from './data.js';

const kept = {};  // by preset, the contents that its settings were left with

const lookups = () => pageData().settings;

const byKey = values => Object.fromEntries(lookups().keys.map((key, k) => [key, values[k]]));

// What changes some properties of a component of Gradio's.
export const update = changes => ({__type__: 'update', ...changes});

const inOrder = contents => lookups().keys.map(key => contents[key]);

// The settings of a quality; noise stays as it is.
export function withQuality(quality, preset, ...values) {
  const contents = byKey(values);
  for (const [key, content] of Object.entries(lookups().qualities[preset][quality])) {
    if (!lookups().noiseKeys.includes(key)) contents[key] = content;
  }
  return inOrder(contents);
}

// Preset, quality, place of the slider, and settings for a task that starts from a preset: the
// settings that it was left with, or at first those of the quality that is chosen now.
export function withPreset(preset, before, quality, place, ...values) {
  const {qualities} = lookups();
  const good = Object.entries(byKey(values)).filter(([, content]) => content !== null);
  kept[before] = Object.fromEntries(good);  // a box that is being typed into may hold nothing
  const contents = {...qualities[preset][quality ?? 'balanced'], ...kept[preset]};
  const shown = inOrder(contents);
  return [preset, ...shortcuts(preset, ...shown), ...shown];
}

// The settings with the noise that a place of the slider stands for.
export function withDifference(place, ...values) {
  const {automaticNoise, noises, step} = lookups();
  return inOrder({...byKey(values), ...automaticNoise, noise: noises[Math.round(place / step)]});
}

// The quality that the settings are those of, or null, and the nearest place of the slider.
export function shortcuts(preset, ...values) {
  const {qualities, noises, step} = lookups(), contents = byKey(values);
  const quality = Object.keys(qualities[preset]).find(name => isSame(qualities[preset][name], contents));
  const distances = noises.map(noise => Math.abs(noise - contents.noise));
  return [quality ?? null, step * distances.indexOf(Math.min(...distances))];
}

// What a switch does to the number beside it.
export const enabled = isOn => update({interactive: Boolean(isOn)});

export const disabled = isOn => update({interactive: !isOn});

// Whether settings are those of a quality, whatever their noise. A number does not count where its
// switch is off.
function isSame(expected, contents) {
  return lookups().keys.every(key => lookups().noiseKeys.includes(key)
    || expected[`${key}.on`] === false && contents[`${key}.on`] === false
    || expected[key] === contents[key]);
}
