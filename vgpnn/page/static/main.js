// Starts the modules that belong to no component of their own.
import {start as startNumbers} from './numbers.js';

export function start() {
  startNumbers();
}
