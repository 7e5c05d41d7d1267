// Starts what belongs to no component of its own, and loads the modules that an event would have to
// wait for otherwise: whatever is pressed next would see the values of before.
import './settings.js';
import './tabs.js';
export {start} from './numbers.js';
