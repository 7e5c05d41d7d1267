// Tells screen readers what stands below a player that has another clip. The text itself is drawn
// again whenever another part of the clip is used, so that a live region around it would say it
// each time.
const said = () => document.getElementById('said');

/** @param {{element: HTMLElement, watch: (name: string, changed: () => void) => void}} block */
export function start({element, watch}) {
  let last = textOf(element);
  watch('value', () => requestAnimationFrame(() => {  // when the new text is drawn
    const text = textOf(element);
    if (text && text !== last) say(text);
    last = text;
  }));
}

/** @param {HTMLElement} block */
function textOf(block) {
  const sentence = block.querySelector('.spoken')?.textContent;
  return sentence ? `${block.querySelector('.meta b')?.textContent}. ${sentence}` : '';
}

/** @param {string} text */
function say(text) {
  const place = said();
  if (place) place.textContent = text;
}
