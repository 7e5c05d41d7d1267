// The frames of a clip, as its player on the page shows them, drawn on a canvas.
const WORKING = '#working video';  // the player of the working clip

// The frames of the clip that plays beside the controls; `draw` is called with a video that shows
// the frame which was asked for last. `selector` returns that of another player.
export class ClipFrames {
  constructor(draw, selector = () => null) {
    this.draw = draw;
    this.selector = selector;
    this.wanted = null;  // the frame that is asked for and not yet shown
    this.isTurning = false;
    this.rate = 1;       // [frames/s]
    this.address = null;  // of the clip
    this.video = document.createElement('video');
    Object.assign(this.video, {muted: true, preload: 'auto', playsInline: true});
    this.video.addEventListener('seeked', () => this.#arrived());
    this.video.addEventListener('loadedmetadata', () => this.#turn());
    this.video.addEventListener('error', () => { this.address = null; });
  }

  // Shows the clip that plays now, at its rate [frames/s].
  open(rate) {
    const address = document.querySelector(this.selector() ?? WORKING)?.src;
    this.rate = rate;
    if (!address || address === this.address) return;
    this.isTurning = false;
    this.address = this.video.src = address;
  }

  // Asks for a frame. While one is on its way, only the last one that was asked for is kept.
  turn(frame) {
    this.wanted = frame;
    this.#turn();
  }

  #turn() {
    if (this.isTurning || this.wanted === null || this.video.readyState < 1) return;
    this.isTurning = true;
    this.video.currentTime = (this.wanted + 0.5) / this.rate;  // the middle of the frame's time
    this.wanted = null;
  }

  #arrived() {
    this.isTurning = false;
    this.draw(this.video);
    this.#turn();
  }
}
