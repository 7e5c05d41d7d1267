// The link that opens the page with the same example, task, seed and settings, which is copied.
import {element} from './dom.js';
import {state} from './state.js';

const SAID_FOR = 12_000;  // [ms] that the sentence stays

let timer = 0;

/**
 * The button, and the sentence that says what became of it, which screen readers are told.
 * @returns {[HTMLElement, HTMLElement]}
 */
export function buildShare() {
  const said = element('p', {class: 'said', role: 'status'});
  const copied = async () => {
    const {query, without} = state.job.link, address = addressOf(query);
    say(said, await isCopied(address) ? sentence(without) : `Copy this link: ${address}`);
  };
  return [element('button', {type: 'button', class: 'share', onclick: copied}, 'Copy link'), said];
}

/**
 * A result that has no link, such as one of an earlier version of the page, has no button.
 * @param {HTMLElement} reel
 */
export function fillShare(reel) {
  const {link, phase} = state.job;
  reel.querySelector('.share').hidden = !link || phase === 'ready';
}

/** @param {string} query */
function addressOf(query) {
  const address = new URL(location.href);
  address.search = query;
  address.hash = '';
  return address.href;
}

/** @param {string[]} without what the link does not hold */
function sentence(without) {
  if (!without.length) return 'The link is copied. It opens the page with this example and these settings.';
  return `The link is copied. It holds the settings, but not ${without.join(' and not ')}.`;
}

/**
 * Whether a text is in the clipboard now. Pages without https have the old way only.
 * @param {string} text
 * @returns {Promise<boolean>}
 */
async function isCopied(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const focused = document.activeElement, box = element('textarea', {class: 'copied'});
    box.value = text;
    document.body.append(box);
    box.select();
    const isDone = document.execCommand('copy');
    box.remove();
    focused?.focus({preventScroll: true});
    return isDone;
  }
}

/**
 * @param {HTMLElement} place
 * @param {string} text
 */
function say(place, text) {
  clearTimeout(timer);
  place.textContent = '';
  requestAnimationFrame(() => { place.textContent = text; });  // also when it is said once more
  timer = setTimeout(() => { place.textContent = ''; }, SAID_FOR);
}
