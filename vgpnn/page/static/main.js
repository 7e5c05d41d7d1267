// Starts what belongs to no component of its own, and loads the modules that an event would have to
// wait for otherwise: whatever is pressed next would see the values of before.
import {start as startNumbers} from './numbers.js';
import {showFirst} from './parts.js';
import './settings.js';
import './tabs.js';

export function start() {
  showFirst();
  startNumbers();
}
