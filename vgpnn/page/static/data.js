// The data that the server hands over once, as JSON in the page: the tabs, and what settings.js
// looks up.
let data = null;

export function pageData() {
  data ??= JSON.parse(document.getElementById('page-data').dataset.json);
  return data;
}

// Whether the open tab is one that makes a task; else it is the explanation. Events of a tab may come
// after the next one was opened.
export function makesTask() {
  const open = document.querySelector('button[role=tab][aria-selected=true]')?.textContent.trim();
  return pageData().tabs.some(([, title]) => title === open);
}
