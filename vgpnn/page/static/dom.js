// Helpers that build elements.

// An element with attributes and children. A name such as "onclick" adds a listener; attributes and
// children that are null or undefined are left out.
export function element(tag, attributes = {}, ...children) {
  return fill(document.createElement(tag), attributes, children);
}

export function svgElement(tag, attributes = {}, ...children) {
  return fill(document.createElementNS('http://www.w3.org/2000/svg', tag), attributes, children);
}

function fill(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith('on')) node.addEventListener(name.slice(2), value);
    else if (value !== null && value !== undefined) node.setAttribute(name, value);
  }
  node.append(...children.filter(child => child !== null && child !== undefined));
  return node;
}

// CSS that places a rectangle of size (w, h) at (x, y) over a picture of size (width, height).
export function boxStyle(x, y, w, h, width, height) {
  const share = (length, whole) => `${100 * length / whole}%`;
  return `left: ${share(x, width)}; top: ${share(y, height)}; `
    + `width: ${share(w, width)}; height: ${share(h, height)}`;
}
