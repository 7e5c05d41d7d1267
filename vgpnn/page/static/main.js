// Starts the modules that belong to no component of their own, and loads those that an event would
// have to wait for otherwise: whatever is pressed next would see the values of before.
import './settings.js';
import './tabs.js';
import {start as startEvents} from './events.js';
import {start as startNumbers} from './numbers.js';

export function start() {
  startEvents();
  startNumbers();
}
