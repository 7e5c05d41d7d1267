// The GIFs that were made of takes, by the address of the take's video.
import {change} from './state.js';

export const gifs = new Map();

// Each answer of the server is one GIF.
export function start({props, watch}) {
  watch('value', () => {
    const {video, gif} = props.value || {};
    if (!video) return;
    gifs.set(video, gif);
    change({gif});
  });
}
