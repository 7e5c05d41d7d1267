// The strip of examples: a frame plays while the pointer is on it, and a click chooses it.
const ONE_COLUMN = 980;  // [px] width of a window below which the result is far from the strip

export function start({element, trigger}) {
  element.addEventListener('click', event => {
    const frame = event.target.closest('.frame');
    if (!frame) return;
    if (innerWidth < ONE_COLUMN) document.getElementById('result').scrollIntoView({behavior: 'smooth'});
    trigger('select', {index: Number(frame.dataset.index)});
  });
  for (const type of ['pointerover', 'pointerout']) {
    element.addEventListener(type, event => {
      const video = event.target.closest('.frame')?.querySelector('video');
      if (!video) return;
      if (type === 'pointerover') video.play().catch(() => {});  // it may be paused before it began
      else video.pause();
    });
  }
}
