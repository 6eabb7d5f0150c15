// Keys that do something wherever the focus is, but for fields that are typed into.

const TYPED_INTO = "input, textarea, select, [contenteditable]";

export class Shortcuts {
  #shortcuts = new Map();

  constructor() {
    addEventListener("keydown", (event) => this.#press(event));
  }

  // {key, title, run}. Returns what removes it.
  add(shortcut) {
    this.#shortcuts.set(shortcut.key, shortcut);
    return () => {
      if (this.#shortcuts.get(shortcut.key) === shortcut) this.#shortcuts.delete(shortcut.key);
    };
  }

  list() {
    return [...this.#shortcuts.values()];
  }

  #press(event) {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (event.target instanceof Element && event.target.closest(TYPED_INTO)) return;
    if (document.querySelector("dialog[open]")) return;
    const shortcut = this.#shortcuts.get(event.key);
    if (shortcut === undefined) return;
    event.preventDefault();
    shortcut.run();
  }
}
