import './events.js';

/**
 * The link by which the page was opened. Whoever loads the page again wants to see the last run, and
 * not what the link says once more.
 * @param {unknown} token
 * @param {unknown} _query the places of what is found here
 * @param {unknown} _isAgain
 * @param {...unknown} others stay as they are
 */
export function asked(token, _query, _isAgain, ...others) {
  const [navigation] = /** @type {PerformanceNavigationTiming[]} */ (performance.getEntriesByType('navigation'));
  return [token, location.search, navigation?.type === 'reload', ...others];
}
