// What the result panel shows now. Its modules are called after every change.
export const state = {
  job: {},         // as the server sends it (`Job.shown` in service/job.py)
  view: 'result',  // or 'map': for every pixel of a take, where it came from; or 'wall', see wall.js
  isPlaying: true,
  isHeard: false,  // whether a take plays its sound: browsers start no video that does
  download: '',    // the file that was asked for or made last, see downloads.js
};

const listeners = [];

// A listener gets the changes; listeners are called in the order in which they were added.
export function onChange(listener) {
  listeners.push(listener);
}

export function change(changes) {
  Object.assign(state, changes);
  for (const listener of listeners) listener(changes);
}
