// What belongs to one task and stands in the columns that all tabs share: its controls, its board and
// its examples. Those of the task whose tab was opened last are shown.
import {pageData} from './data.js';
import {element} from './dom.js';

const rule = element('style');  // in place of marks on the parts, which may not be there yet
let shown = '';                 // the id of the task's tab

/** @param {string} id of a tab that makes a task */
export function showPartsOf(id) {
  shown = id;
  write('');
}

/** As long as no tab was opened, the first one is open. */
export function showFirst() {
  if (!shown) showPartsOf(pageData().tabs[0][0]);
}

/**
 * The tab of the explanation is open, or not any more: of the task of the tab before it leaves the
 * examples.
 * @param {boolean} isOpen
 */
export function explain(isOpen) {
  if (shown) write(isOpen ? '.shelf' : '');
}

/** @param {string} which a selector of some of the parts */
function write(which) {
  // Style sheets hide what has no room in a tab by `display: var(--in-TAB, block)`.
  rule.textContent =
    `.of-tab.of-${shown}${which} { display: flex !important; } :root { --in-${shown}: none; }`;
  if (!rule.isConnected) document.head.append(rule);
}
