// Server-sent events, gathered: however fast they come, a listener is called at most ten times a second, with all that
// came since, when the browser is about to draw.
//
// After a break the browser itself goes on from the last event that it has. The server may have been another one in
// the meantime, and a page in the background may have been given more than it should keep: then what is shown is read
// again (`onMissed`). So it is when the stream begins, for something may have happened since the page was first read.

const GATHER_MS = 100;
// Of one kind, between two calls of its listeners.
const MOST_GATHERED = 5000;
const AGAIN_MS = 2000;

export class Events {
  #url;
  #source = null;
  #listeners = new Map();
  #missedListeners = new Set();
  #stateListeners = new Set();
  #gathered = new Map();
  #isMissed = false;
  #isConnected = null;
  #timer = null;
  #again = null;

  constructor(url) {
    this.#url = url;
    this.#connect();
  }

  get isConnected() {
    return this.#isConnected === true;
  }

  // Calls `listener` with a list of what events of a kind said. Returns what ends that.
  on(kind, listener) {
    if (!this.#listeners.has(kind)) {
      this.#listeners.set(kind, new Set());
      this.#source?.addEventListener(kind, (event) => this.#gather(kind, event));
    }
    this.#listeners.get(kind).add(listener);
    return () => this.#listeners.get(kind).delete(listener);
  }

  // Calls `listener` when events were lost: what is shown is to be read again.
  onMissed(listener) {
    this.#missedListeners.add(listener);
    return () => this.#missedListeners.delete(listener);
  }

  // Calls `listener` with whether events come, now and after each change.
  onState(listener) {
    this.#stateListeners.add(listener);
    if (this.#isConnected !== null) listener(this.#isConnected);
    return () => this.#stateListeners.delete(listener);
  }

  close() {
    this.#source?.close();
    this.#source = null;
    clearTimeout(this.#timer);
    clearTimeout(this.#again);
  }

  #connect() {
    const source = (this.#source = new EventSource(this.#url));
    source.addEventListener("open", () => {
      this.#miss();
      this.#setState(true);
    });
    source.addEventListener("error", () => {
      this.#setState(false);
      // After an answer other than 200 the browser gives up.
      if (source.readyState === EventSource.CLOSED && this.#source === source) {
        this.#again = setTimeout(() => this.#connect(), AGAIN_MS);
      }
    });
    source.addEventListener("missed", () => this.#miss());
    for (const kind of this.#listeners.keys()) {
      source.addEventListener(kind, (event) => this.#gather(kind, event));
    }
  }

  #setState(isConnected) {
    if (this.#isConnected === isConnected) return;
    this.#isConnected = isConnected;
    for (const each of this.#stateListeners) each(isConnected);
  }

  #gather(kind, event) {
    if (this.#listeners.get(kind).size === 0) return;
    let items = this.#gathered.get(kind);
    if (items === undefined) this.#gathered.set(kind, (items = []));
    if (items.length >= MOST_GATHERED) {
      this.#gathered.delete(kind);
      this.#miss();
      return;
    }
    items.push(event.data);
    this.#plan();
  }

  #miss() {
    this.#isMissed = true;
    this.#plan();
  }

  #plan() {
    if (this.#timer !== null) return;
    this.#timer = setTimeout(() => {
      // A page in the background is not drawn, and its frames do not come.
      if (document.hidden) this.#deliver();
      else requestAnimationFrame(() => this.#deliver());
    }, GATHER_MS);
  }

  #deliver() {
    this.#timer = null;
    if (this.#source === null) return;
    const gathered = this.#gathered;
    this.#gathered = new Map();
    if (this.#isMissed) {
      this.#isMissed = false;
      for (const each of this.#missedListeners) each();
    }
    for (const [kind, items] of gathered) {
      const parsed = items.map((each) => JSON.parse(each));
      for (const each of this.#listeners.get(kind)) each(parsed);
    }
  }
}
