// The data that the server hands over once, as JSON in the page: the tabs, and what settings.js
// looks up.
let data = null;

export function pageData() {
  data ??= JSON.parse(document.getElementById('page-data').dataset.json);
  return data;
}

// The id of the open tab; undefined for the explanation, which makes no task. Events of a tab may come
// after the next one was opened.
export function openTab() {
  const open = document.querySelector('button[role=tab][aria-selected=true]')?.textContent.trim();
  return pageData().tabs.find(([, title]) => title === open)?.[0];
}
