// A board: a picture with see-through layers over it, of which one is shown and painted on with a
// brush. Its strokes have hard edges, so that the paint has only the colours that were chosen.
import {element} from './dom.js';

const OPAQUE = 128;      // of 255: alpha of a stroke from which on a pixel is painted
const MOST_UNDONE = 60;  // strokes that can be taken back
const KEYS = {ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1]};
const KEY_STEP = 1 / 3;  // of the brush, that an arrow key moves it
const FAST = 4;          // times as far with Shift

// brush: {colour: "#rrggbb", or null for the eraser; size: its width in pixels of the layer}.
// number: of the layer that is shown. picture: the canvas below the layers.
export class Board {
  // painted: called with the number of a layer that has changed. picked: called with a colour that
  // was picked from the picture.
  constructor({label, painted, picked = () => {}}) {
    this.brush = {colour: '#000000', size: 24};
    this.painted = painted;
    this.picked = picked;
    this.isPicking = false;
    this.number = 0;
    this.layers = new Map();  // canvases by number; a number without paint may have none
    this.done = [];           // what `undo` puts back
    this.line = null;         // the stroke that is being painted
    this.place = [0, 0];      // of the brush, in pixels of the layer
    this.picture = element('canvas');
    this.strokes = element('canvas', {class: 'stroke'});
    this.ring = element('div', {class: 'ring'});
    this.layer = element('canvas');
    this.paper = element('div', {class: 'paper'}, this.picture, this.layer, this.strokes, this.ring);
    this.stage = element('div', {
      class: 'stage', tabindex: 0, role: 'application', 'aria-label': label,
      onpointerdown: event => this.#press(event), onpointermove: event => this.#move(event),
      onpointerup: () => this.#end(), onpointercancel: () => this.#end(),
      onpointerenter: event => { if (event.buttons & 1 && !this.line) this.#press(event); },
      onkeydown: event => this.#key(event),
      onkeyup: event => { if (event.key === ' ') this.#end(); },
      onblur: () => this.#end(),
    }, this.paper);
    this.resize(48, 64);
  }

  // Gives all layers another size, in pixels; what is painted is scaled with them.
  resize(height, width) {
    if (this.height === height && this.width === width) return;
    Object.assign(this, {height, width, done: []});
    this.paper.style.setProperty('--ratio', width / height);
    for (const canvas of [this.picture, this.strokes]) Object.assign(canvas, {height, width});
    for (const [number, before] of this.layers) {
      const layer = this.#blank();
      pen(layer).drawImage(before, 0, 0, width, height);
      this.layers.set(number, layer);
    }
    this.place = [width / 2, height / 2];
    this.show(this.number);
  }

  // Shows the layer of a number.
  show(number) {
    this.number = number;
    const layer = this.layers.get(number) ?? this.#blank();
    this.layers.set(number, layer);
    this.layer.replaceWith(layer);
    this.layer = layer;
  }

  // The layers on which something is painted, as PNG files in Base64, by number.
  files() {
    const files = {};
    for (const [number, layer] of this.layers) {
      if (isPainted(layer)) files[number] = layer.toDataURL('image/png').split(',')[1];
    }
    return files;
  }

  // Replaces all layers by those of such files.
  async load(files) {
    const entries = Object.entries(files).map(async ([number, text]) => {
      const image = new Image();
      image.src = `data:image/png;base64,${text}`;
      await image.decode();
      return [Number(number), image];
    });
    const images = await Promise.all(entries);
    this.clear();
    for (const [number, image] of images) {
      const layer = this.#blank();
      pen(layer).drawImage(image, 0, 0, this.width, this.height);
      this.layers.set(number, layer);
    }
    this.show(this.number);
  }

  hasPaint(number) {
    const layer = this.layers.get(number);
    return Boolean(layer) && isPainted(layer);
  }

  // Removes the paint of one number, or of all.
  clear(number = null) {
    if (number === null) {
      this.layers.clear();
      this.done = [];
    } else if (this.hasPaint(number)) {
      this.#note(number, 0, 0, this.width, this.height);
      pen(this.layers.get(number)).clearRect(0, 0, this.width, this.height);
    }
    this.show(this.number);
  }

  // Removes the layers that `isKept` does not want; their strokes cannot be taken back.
  keep(isKept) {
    for (const number of [...this.layers.keys()]) if (!isKept(number)) this.layers.delete(number);
    this.done = this.done.filter(({number}) => isKept(number));
    this.show(this.number);
  }

  // Takes the last stroke back. Returns the number of its layer, or null where there is none.
  undo() {
    const last = this.done.pop();
    if (!last) return null;
    pen(this.layers.get(last.number)).putImageData(last.before, last.x, last.y);
    this.painted(last.number);
    return last.number;
  }

  #blank() {
    const {height, width} = this;
    const canvas = element('canvas', {class: 'layer', height, width});
    pen(canvas).imageSmoothingEnabled = false;
    return canvas;
  }

  // --- strokes

  #spot({clientX, clientY}) {
    const {left, top, width, height} = this.paper.getBoundingClientRect();
    return [(clientX - left) * this.width / width, (clientY - top) * this.height / height];
  }

  #press(event) {
    if (event.button > 0) return;
    event.preventDefault();
    this.stage.focus({preventScroll: true});
    this.stage.setPointerCapture(event.pointerId);
    this.#moveTo(this.#spot(event));
    if (this.isPicking) this.#pick();
    else this.#begin();
  }

  #move(event) {
    const events = event.getCoalescedEvents?.() ?? [];
    for (const each of events.length ? events : [event]) this.#moveTo(this.#spot(each));
    this.stage.classList.toggle('touched', event.pointerType === 'touch');
  }

  #moveTo(spot) {
    const before = this.place;
    this.place = spot;
    if (this.line) this.#draw(before, spot);
    this.#showRing();
  }

  #showRing() {
    const scale = this.paper.clientWidth / this.width, size = this.brush.size * scale;
    const [x, y] = this.place;
    this.ring.style.cssText = `width: ${size}px; height: ${size}px; left: ${x * scale}px; top: ${y * scale}px`;
  }

  #begin() {
    const erased = this.brush.colour === null
      && pen(this.layer).getImageData(0, 0, this.width, this.height);
    this.line = {erased, box: [Infinity, Infinity, -Infinity, -Infinity]};
    this.#draw(this.place, this.place);
  }

  // A piece of the stroke, beside the layer; an eraser shows at once what it takes away.
  #draw(from, to) {
    const {erased, box} = this.line, {colour, size} = this.brush;
    paintLine(pen(this.strokes), from, to, size, colour ?? '#000000');
    this.strokes.hidden = colour === null;
    if (erased) {
      pen(this.layer).globalCompositeOperation = 'destination-out';
      paintLine(pen(this.layer), from, to, size, '#000000');
      pen(this.layer).globalCompositeOperation = 'source-over';
    }
    for (const [x, y] of [from, to]) {
      box[0] = Math.min(box[0], x - size);
      box[1] = Math.min(box[1], y - size);
      box[2] = Math.max(box[2], x + size);
      box[3] = Math.max(box[3], y + size);
    }
  }

  // The stroke becomes a part of the layer, pixel by pixel.
  #end() {
    if (!this.line) return;
    const {erased, box} = this.line, {colour} = this.brush, layer = pen(this.layer);
    this.line = null;
    if (erased) layer.putImageData(erased, 0, 0);
    const [x, y] = [Math.max(0, Math.floor(box[0])), Math.max(0, Math.floor(box[1]))];
    const width = Math.min(this.width, Math.ceil(box[2])) - x;
    const height = Math.min(this.height, Math.ceil(box[3])) - y;
    if (width > 0 && height > 0) {
      this.#note(this.number, x, y, width, height);
      const mask = pen(this.strokes).getImageData(x, y, width, height).data;
      const area = layer.getImageData(x, y, width, height);
      const value = colour === null ? [0, 0, 0, 0] : [...channels(colour), 255];
      for (let k = 0; k < mask.length; k += 4) if (mask[k + 3] >= OPAQUE) area.data.set(value, k);
      layer.putImageData(area, x, y);
    }
    pen(this.strokes).clearRect(0, 0, this.width, this.height);
    this.painted(this.number);
  }

  #note(number, x, y, width, height) {
    const before = pen(this.layers.get(number)).getImageData(x, y, width, height);
    this.done.push({number, x, y, before});
    if (this.done.length > MOST_UNDONE) this.done.shift();
  }

  #pick() {
    const [x, y] = this.place.map(Math.floor);
    if (x < 0 || y < 0 || x >= this.width || y >= this.height) return;
    const [red, green, blue] = pen(this.picture).getImageData(x, y, 1, 1).data;
    this.picked('#' + [red, green, blue].map(value => value.toString(16).padStart(2, '0')).join(''));
  }

  // --- the keyboard

  #key(event) {
    const {key, shiftKey, ctrlKey, metaKey, repeat} = event;
    if ((ctrlKey || metaKey) && key.toLowerCase() === 'z') this.undo();
    else if (ctrlKey || metaKey || event.altKey) return;
    else if (KEYS[key]) {
      const step = Math.max(1, this.brush.size * KEY_STEP) * (shiftKey ? FAST : 1);
      const spot = KEYS[key].map((direction, k) => this.place[k] + direction * step);
      this.#moveTo([clamp(spot[0], this.width), clamp(spot[1], this.height)]);
    } else if (key === ' ') {
      if (!repeat) this.isPicking ? this.#pick() : this.line || this.#begin();
    } else return;
    event.preventDefault();
  }
}

const clamp = (value, most) => Math.min(Math.max(value, 0), most);

const channels = colour => [1, 3, 5].map(k => parseInt(colour.slice(k, k + 2), 16));

// A canvas that is read again and again is kept outside the graphics card.
const pen = canvas => canvas.getContext('2d', {willReadFrequently: true});

function paintLine(context, [x0, y0], [x1, y1], width, colour) {
  Object.assign(context, {lineWidth: width, lineCap: 'round', strokeStyle: colour});
  context.beginPath();
  context.moveTo(x0, y0);
  context.lineTo(x1, y1 + (x0 === x1 && y0 === y1 ? 0.01 : 0));  // a dot is a short line
  context.stroke();
}

function isPainted(canvas) {
  const {data} = pen(canvas).getImageData(0, 0, canvas.width, canvas.height);
  return new Uint32Array(data.buffer).some(pixel => pixel !== 0);
}
