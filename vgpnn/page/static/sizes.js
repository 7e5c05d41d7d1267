// Asks for the sizes of the result once for all changes that come together. A tab that opens, a clip
// that arrives, and settings that are loaded change many controls, and an event for each of them
// would send the values of all controls to the server.
const PAUSE = 150;  // [ms] after the first change

let ask = () => {};
let timer = 0;

// The block that shows the sizes; the server answers its event.
export function start({trigger}) {
  ask = () => trigger('select');
}

export function changed() {
  timer ||= setTimeout(() => {
    timer = 0;
    ask();
  }, PAUSE);
}
