/**
 * The line to a frame of the double. The frame gets one end of a channel as soon as it is loaded, and only a frame of
 * the double's origin can get it; what comes over the other end is therefore the frame's.
 */
class FrameLine {
  /**
   * @param {HTMLIFrameElement} frame @param {string} origin @param {string} path
   * @param {any} start what the frame is told first
   * @param {(event: string, detail: any) => void} hear
   */
  constructor(frame, origin, path, start, hear) {
    const name = newChannel();
    const { port1, port2 } = new MessageChannel();
    this.port = port1;
    /** @type {Map<number, (answer: any) => void>} */
    this.waiting = new Map();
    this.asked = 0;
    frame.src = `${origin}${path}#${name}`;
    frame.addEventListener(
      "load",
      () => frame.contentWindow?.postMessage({ channel: name, ...start }, origin, [port2]),
      { once: true },
    );
    port1.onmessage = ({ data }) => {
      if (data.event) return hear(data.event, data.detail);
      this.waiting.get(data.answers)?.(data.answer);
      this.waiting.delete(data.answers);
    };
  }

  /** @param {string} command @param {object} [detail] @returns {Promise<any>} what the frame answers, once it can */
  ask(command, detail = {}) {
    const number = ++this.asked;
    return new Promise((resolve) => {
      this.waiting.set(number, resolve);
      this.port.postMessage({ number, command, detail });
    });
  }

  /** The frame is gone: whoever still waits for its answer is told so. */
  close() {
    this.port.close();
    const integration = "The element was unmounted before it had answered: leave it mounted until the call resolves.";
    for (const resolve of this.waiting.values()) resolve({ integration });
    this.waiting.clear();
  }
}
