import './events.js';

// The link by which the page was opened. Whoever loads the page again wants to see the last run, and
// not what the link says once more.
export function asked(token) {
  const [navigation] = performance.getEntriesByType('navigation');
  return [token, location.search, navigation?.type === 'reload'];
}
