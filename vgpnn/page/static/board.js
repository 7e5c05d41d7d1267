// A board: a picture with see-through layers over it, of which one is shown and painted on with a
// brush. Its strokes have hard edges, so that the paint has only the colours that were chosen.
import {element} from './dom.js';

const OPAQUE = 128;      // of 255: alpha of a stroke from which on a pixel is painted
const MOST_UNDONE = 64_000_000;  // [bytes] of what strokes that can be taken back have covered
const MOST_KEPT = 3;     // sets of layers besides the one that is open
const KEYS = {ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1]};
const KEY_STEP = 1 / 3;  // of the brush, that an arrow key moves it
const FAST = 4;          // times as far with Shift

// brush: {colour: "#rrggbb", or null for the eraser; size: its width in pixels of the layer}.
// number: of the layer that is shown. picture: the canvas below the layers. picked: what is called
// with a colour that was picked from the picture.
export class Board {
  // painted: called when a layer has changed. undone: called with the number of a layer whose last
  // stroke was taken back, so that it is shown.
  constructor({painted, undone}) {
    this.brush = {colour: '#000000', size: 24};
    this.painted = painted;
    this.undone = undone;
    this.picked = () => {};
    this.brushed = () => {};  // called when another colour is chosen for the brush
    this.isPicking = false;
    this.number = 0;
    this.layers = new Map();  // canvases by number, of those that were painted on
    this.texts = new Map();   // of those with paint on them: PNG files in Base64
    this.done = [];           // what `undo` puts back
    this.kept = new Map();    // the layers of other sets, by name
    this.name = null;         // of the set that is open
    this.pointer = null;      // which is down on the board
    this.line = null;         // the stroke that is being painted
    this.place = [0, 0];      // of the brush, in pixels of the layer
    this.picture = element('canvas');
    this.strokes = element('canvas', {class: 'stroke'});
    this.ring = element('div', {class: 'ring'});
    this.layer = element('canvas');
    this.paper = element('div', {class: 'paper'}, this.picture, this.layer, this.strokes, this.ring);
    this.stage = element('div', {
      class: 'stage', tabindex: 0, role: 'application',
      onpointerdown: event => this.#press(event), onpointermove: event => this.#move(event),
      onpointerup: event => this.#lift(event), onpointercancel: event => this.#lift(event),
      onpointerenter: event => {  // a line that begins far outside
        if (event.buttons & 1 && event.pointerType !== 'touch') this.#press(event);
      },
      onkeydown: event => this.#key(event),
      onkeyup: event => { if (event.key === ' ') this.#end(); },
      onblur: () => this.#end(),
    }, this.paper);
    this.resize(48, 64);
  }

  // Gives all layers another size, in pixels; what is painted is scaled with them.
  resize(height, width) {
    this.#end();
    if (this.height !== height || this.width !== width) {
      Object.assign(this, {height, width});
      this.paper.style.setProperty('--ratio', width / height);
      for (const canvas of [this.picture, this.strokes]) Object.assign(canvas, {height, width});
      this.place = [width / 2, height / 2];
    }
    for (const [number, before] of this.layers) {
      if (before.height === height && before.width === width) continue;
      this.done = [];
      this.#put(number, before);
    }
    this.show(this.number);
  }

  // Opens a set of layers by its name: those that were painted when it was open before.
  open(name) {
    if (name === this.name) return;
    this.#end();
    const {layers, texts, done} = this;
    if (layers.size) this.kept.set(this.name, {layers, texts, done});
    const known = this.kept.get(name) ?? {layers: new Map(), texts: new Map(), done: []};
    this.kept.delete(name);
    if (this.kept.size > MOST_KEPT) this.kept.delete(this.kept.keys().next().value);
    Object.assign(this, known, {name});
    this.resize(this.height, this.width);
  }

  // Shows the layer of a number.
  show(number) {
    this.#end();
    this.number = number;
    const layer = this.layers.get(number) ?? this.#blank();
    this.layer.replaceWith(layer);
    this.layer = layer;
  }

  // Replaces all layers by those of PNG files in Base64, by number, which are decoded already.
  load(images) {
    this.layers.clear();
    this.texts.clear();
    this.done = [];
    for (const [number, image] of images) this.#put(number, image);
    this.show(this.number);
  }

  // Paints the pictures of `decoded` over the layers of their numbers, as one step to take back.
  add(images) {
    this.#end();
    const {layers, texts} = this;
    this.done.push({number: this.number, layers, texts});
    Object.assign(this, {layers: new Map(layers), texts: new Map(texts)});
    for (const [number, image] of images) this.#put(number, image, layers.get(number));
    this.show(this.number);
    this.painted();
  }

  // The numbers of the layers with paint on them.
  numbers() {
    return [...this.texts.keys()].sort((a, b) => a - b);
  }

  // Removes the paint of one number, or of all.
  clear(number = null) {
    this.#end();
    if (number === null) {
      const {layers, texts} = this;
      if (layers.size) this.done = [{number: this.number, layers, texts}];
      Object.assign(this, {layers: new Map(), texts: new Map()});
    } else if (this.texts.has(number)) {
      this.#note(number, 0, 0, this.width, this.height);
      pen(this.layers.get(number)).clearRect(0, 0, this.width, this.height);
      this.#changed(number);
    }
    this.show(this.number);
    this.painted();
  }

  // Takes the last stroke back.
  undo() {
    const last = this.done.pop();
    if (!last) return;
    if (last.layers) Object.assign(this, {layers: last.layers, texts: last.texts});
    else {
      pen(this.layers.get(last.number)).putImageData(last.before, last.x, last.y);
      this.#changed(last.number);
    }
    this.undone(last.number);
    this.painted();
  }

  setBrushSize(size) {
    this.brush.size = size;
    this.#showRing();
  }

  #put(number, image, below = null) {
    const layer = this.#blank();
    if (below) pen(layer).drawImage(below, 0, 0, this.width, this.height);
    pen(layer).drawImage(image, 0, 0, this.width, this.height);
    this.layers.set(number, layer);
    this.#changed(number);
  }

  #changed(number) {
    const layer = this.layers.get(number);
    if (isPainted(layer)) this.texts.set(number, layer.toDataURL('image/png').split(',')[1]);
    else this.texts.delete(number);
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
    if (event.button > 0 || this.pointer !== null) return;
    this.pointer = event.pointerId;
    event.preventDefault();
    this.stage.focus({preventScroll: true});
    this.stage.setPointerCapture(event.pointerId);
    this.#moveTo(this.#spot(event));
    if (this.isPicking) this.#pick();
    else this.#begin();
  }

  #lift(event) {
    if (event.pointerId !== this.pointer) return;
    this.pointer = null;
    this.#end();
  }

  #move(event) {
    if (this.pointer !== null && event.pointerId !== this.pointer) return;
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
      this.layers.set(this.number, this.layer);
      this.#note(this.number, x, y, width, height);
      const mask = pen(this.strokes).getImageData(x, y, width, height).data;
      const area = layer.getImageData(x, y, width, height);
      const value = colour === null ? [0, 0, 0, 0] : [...channels(colour), 255];
      for (let k = 0; k < mask.length; k += 4) if (mask[k + 3] >= OPAQUE) area.data.set(value, k);
      layer.putImageData(area, x, y);
    }
    pen(this.strokes).clearRect(0, 0, this.width, this.height);
    if (this.layers.has(this.number)) this.#changed(this.number);
    this.painted();
  }

  #note(number, x, y, width, height) {
    const before = pen(this.layers.get(number)).getImageData(x, y, width, height);
    this.done.push({number, x, y, before});
    let bytes = this.done.reduce((sum, each) => sum + (each.before?.data.length ?? 0), 0);
    while (bytes > MOST_UNDONE) bytes -= this.done.shift().before?.data.length ?? 0;
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
export const pen = canvas => canvas.getContext('2d', {willReadFrequently: true});

// The pictures of PNG files in Base64, as [number, picture].
export function decoded(files) {
  return Promise.all(Object.entries(files).map(async ([number, text]) => {
    const image = new Image();
    image.src = `data:image/png;base64,${text}`;
    await image.decode();
    return [Number(number), image];
  }));
}

function paintLine(context, [x0, y0], [x1, y1], width, colour) {
  Object.assign(context, {lineWidth: width, lineCap: 'round', strokeStyle: colour});
  context.beginPath();
  context.moveTo(x0, y0);
  context.lineTo(x1, y1 + (x0 === x1 && y0 === y1 ? 0.01 : 0));  // a dot is a short line
  context.stroke();
}

function isPainted(canvas) {
  const {data} = pen(canvas).getImageData(0, 0, canvas.width, canvas.height);
  return new Uint32Array(data.buffer).some(pixel => pixel >>> 24 >= OPAQUE);
}
