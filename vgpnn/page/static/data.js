// The data that the server hands over once, as JSON in the page: the tabs, and what settings.js
// looks up.
let data = null;

export function pageData() {
  data ??= JSON.parse(document.getElementById('page-data').dataset.json);
  return data;
}
