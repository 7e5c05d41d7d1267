// Files that are made when they are asked for: other formats of a take, a comparison, all takes as a
// zip. A file is saved as soon as it is there, and at once when it is asked for again.
import {element} from './dom.js';
import {change} from './state.js';

const WAIT = 75_000;  // [ms] after which a file that did not come can be asked for again

const addresses = new Map();  // of the files that were made, by key
const awaited = new Set();    // the keys of the files that are being made
const asked = [];             // the key of each question to the server, by its number

// What tells a file from others: its kind, and the takes that are in it.
const keyOf = (kind, takes) => [kind, ...takes.map(take => take.full?.video || take.video)].join(' ');

export const isAwaited = (kind, takes) => awaited.has(keyOf(kind, takes));

// Saves a file of a kind with some takes. Where it is not made yet, `ask` is called with the number
// of the question, which the answer repeats.
export function obtain(kind, takes, ask) {
  const key = keyOf(kind, takes);
  if (addresses.has(key)) {
    save(addresses.get(key));
    return;
  }
  if (awaited.has(key)) return;
  awaited.add(key);
  asked.push(key);
  setTimeout(() => end(key), WAIT);
  change({download: key});
  ask(asked.length - 1);
}

// Each answer of the server is the address of one file, or "" where there is none.
export function start({props, watch}) {
  watch('value', () => {
    const {asked: number, address} = props.value || {}, key = asked[number];
    if (key === undefined) return;
    const isWanted = awaited.has(key);
    if (address) addresses.set(key, address);
    end(key);
    if (address && isWanted) save(address);
  });
}

function save(address) {
  element('a', {href: address, download: ''}).click();
}

function end(key) {
  if (awaited.delete(key)) change({download: key});
}
