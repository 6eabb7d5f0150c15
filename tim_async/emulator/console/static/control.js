// The emulator's control API, and how often a view may read it.

import { api, withQuery } from "/_assets/pages/api.js";

export const PREFIX = "/_emulator/v1";

// path`/accounts/${name}/read`: an address with encoded values.
export function path(parts, ...values) {
  return parts.reduce((whole, part, index) => whole + encodeURIComponent(values[index - 1]) + part);
}

export const control = {
  get: (address, query = {}) => api.get(withQuery(PREFIX + address, query)),
  post: (address, body) => api.post(PREFIX + address, body),
  put: (address, body) => api.put(PREFIX + address, body),
  delete: (address) => api.delete(PREFIX + address),
};

const SHORTEST_MS = 300;
// How long to wait for each millisecond that the last read took: a busy emulator is polled less often.
const WAIT_FACTOR = 5;

// Refreshes after a change: at once, and then only as often as the emulator can handle. A page in the
// background waits until it is visible.
export class Refresher {
  #read;
  #onError;
  #isRunning = false;
  #isWanted = false;
  #isClosed = false;
  #timer = null;
  #notBefore = 0;

  #onSeen = () => {
    if (!document.hidden && this.#isWanted) this.want();
  };

  // onError is called with the error, and with null after the next successful read.
  constructor(read, onError = () => {}) {
    this.#read = read;
    this.#onError = onError;
    document.addEventListener("visibilitychange", this.#onSeen);
  }

  // Reads soon.
  want() {
    this.#isWanted = true;
    if (this.#isRunning || this.#isClosed || this.#timer !== null || document.hidden) return;
    this.#timer = setTimeout(
      () => {
        this.#timer = null;
        if (!document.hidden) this.#run();
      },
      Math.max(this.#notBefore - performance.now(), 0),
    );
  }

  // Reads now in any case, without waiting for a read in progress.
  now() {
    clearTimeout(this.#timer);
    this.#timer = null;
    if (this.#isRunning) this.#isWanted = true;
    else this.#run();
  }

  close() {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    document.removeEventListener("visibilitychange", this.#onSeen);
  }

  async #run() {
    this.#isRunning = true;
    this.#isWanted = false;
    const begun = performance.now();
    try {
      await this.#read();
      this.#onError(null);
    } catch (error) {
      if (!this.#isClosed) this.#onError(error);
    }
    const now = performance.now();
    this.#notBefore = now + Math.max((now - begun) * WAIT_FACTOR, SHORTEST_MS);
    this.#isRunning = false;
    if (this.#isWanted) this.want();
  }
}

const KINDS = ["call", "webhook", "clock", "reset"];

// Calls `listener` after any possible change of the emulator's state. Returns a function that stops this.
export function onChange(events, listener) {
  const ends = [...KINDS.map((kind) => events.on(kind, listener)), events.onMissed(listener)];
  return () => ends.forEach((end) => end());
}
