// Asks for the sizes of the result once for all changes that come together: a tab that opens, a clip
// that arrives or settings that are loaded change many controls, and an event for each of them would
// take all controls along, for which Gradio's editor uploads its picture every time.
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
