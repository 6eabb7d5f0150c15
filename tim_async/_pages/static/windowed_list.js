// A list of any length, of which only the rows in sight are in the document. All rows have one height.
//
// With `onSelect` it is a list box: arrows, Page Up and Down, Home and End move, Enter selects, as a click does.

import { h } from "./dom.js";

const SPARE_ROWS = 8;
let lists = 0;

export class WindowedList {
  #rowHeight;
  #render;
  #key;
  #onSelect;
  #id = `list${++lists}`;
  #items = [];
  #shown = new Map();
  #selected = null;
  #active = -1;
  #space;
  #planned = false;
  #resize;

  constructor({ rowHeight, render, key, label, onSelect = null }) {
    this.#rowHeight = rowHeight;
    this.#render = render;
    this.#key = key;
    this.#onSelect = onSelect;
    this.#space = h("div", { class: "windowed-space", role: "presentation" });
    this.element = h(
      "div",
      {
        class: "windowed",
        role: onSelect ? "listbox" : "list",
        tabindex: "0",
        "aria-label": label,
        onscroll: () => this.#plan(),
        onkeydown: (event) => this.#move(event),
        onclick: (event) => this.#click(event),
      },
      this.#space,
    );
    this.#resize = new ResizeObserver(() => this.#draw());
    this.#resize.observe(this.element);
  }

  get items() {
    return this.#items;
  }

  get length() {
    return this.#items.length;
  }

  close() {
    this.#resize.disconnect();
  }

  set(items) {
    this.#items = [...items];
    this.#active = Math.min(this.#active, this.#items.length - 1);
    this.#draw();
  }

  append(items, keep = Infinity) {
    this.#items.push(...items);
    if (this.#items.length > keep) this.#drop(this.#items.length - keep);
    this.#draw();
  }

  // Puts items before the first, and keeps in place what is being looked at. `keep` is how many the list has at most.
  prepend(items, keep = Infinity) {
    this.#items = [...items, ...this.#items];
    if (this.#items.length > keep) this.#items.length = keep;
    const isAway = this.element.scrollTop > 0;
    if (this.#active >= 0) this.#active = Math.min(this.#active + items.length, this.#items.length - 1);
    this.#layOut();
    if (isAway) this.element.scrollTop += items.length * this.#rowHeight;
    this.#draw();
  }

  // Draws one item again, which may have changed.
  refresh(item) {
    const index = this.#indexOf(this.#key(item));
    if (index < 0) return;
    this.#items[index] = item;
    this.#forget(this.#key(item));
    this.#draw();
  }

  scrollTo(id) {
    const index = this.#indexOf(id);
    if (index >= 0) this.#bringIntoSight(index);
    this.#draw();
  }

  select(id) {
    const before = this.#selected;
    this.#selected = id;
    if (id !== null) this.#active = this.#indexOf(id);
    for (const each of [before, id]) this.#mark(each);
    this.#markActive();
  }

  #indexOf(id) {
    return this.#items.findIndex((each) => this.#key(each) === id);
  }

  #drop(count) {
    this.#items.splice(0, count);
    this.#active = Math.max(this.#active - count, -1);
    this.element.scrollTop -= count * this.#rowHeight;
  }

  #plan() {
    if (this.#planned) return;
    this.#planned = true;
    requestAnimationFrame(() => this.#draw());
  }

  #layOut() {
    this.#space.style.setProperty("height", `${this.#items.length * this.#rowHeight}px`);
  }

  #draw() {
    this.#planned = false;
    this.#layOut();
    const top = this.element.scrollTop;
    const first = Math.max(Math.floor(top / this.#rowHeight) - SPARE_ROWS, 0);
    const last = Math.min(
      Math.ceil((top + this.element.clientHeight) / this.#rowHeight) + SPARE_ROWS,
      this.#items.length,
    );
    const wanted = new Map();
    for (let index = first; index < last; index++) wanted.set(this.#key(this.#items[index]), index);
    for (const id of [...this.#shown.keys()]) if (!wanted.has(id)) this.#forget(id);
    for (const [id, index] of wanted) this.#place(id, index);
    this.#markActive();
  }

  #place(id, index) {
    const item = this.#items[index];
    let shown = this.#shown.get(id);
    if (shown === undefined || shown.item !== item) {
      this.#forget(id);
      const row = h("div", { class: "windowed-row", role: this.#onSelect ? "option" : "listitem" }, this.#render(item));
      row.style.setProperty("height", `${this.#rowHeight}px`);
      shown = { item, row, index: -1 };
      this.#shown.set(id, shown);
      this.#space.append(row);
    }
    if (shown.index !== index) {
      shown.index = index;
      shown.row.id = `${this.#id}-${index}`;
      shown.row.style.setProperty("transform", `translateY(${index * this.#rowHeight}px)`);
      shown.row.setAttribute("aria-posinset", index + 1);
    }
    shown.row.setAttribute("aria-setsize", this.#items.length);
    this.#mark(id);
  }

  #forget(id) {
    this.#shown.get(id)?.row.remove();
    this.#shown.delete(id);
  }

  #mark(id) {
    const shown = this.#shown.get(id);
    if (shown && this.#onSelect) shown.row.setAttribute("aria-selected", String(id === this.#selected));
  }

  #markActive() {
    if (!this.#onSelect) return;
    for (const { row, index } of this.#shown.values()) row.classList.toggle("active", index === this.#active);
    const isThere = this.#active >= 0 && [...this.#shown.values()].some((each) => each.index === this.#active);
    if (isThere) this.element.setAttribute("aria-activedescendant", `${this.#id}-${this.#active}`);
    else this.element.removeAttribute("aria-activedescendant");
  }

  #bringIntoSight(index) {
    const top = index * this.#rowHeight;
    const height = this.element.clientHeight;
    if (top < this.element.scrollTop) this.element.scrollTop = top;
    else if (top + this.#rowHeight > this.element.scrollTop + height) {
      this.element.scrollTop = top + this.#rowHeight - height;
    }
  }

  #click(event) {
    const row = event.target.closest(".windowed-row");
    if (!row || !this.#onSelect) return;
    const found = [...this.#shown.values()].find((each) => each.row === row);
    if (found) this.#choose(found.index);
  }

  #choose(index) {
    const item = this.#items[index];
    this.select(this.#key(item));
    this.#onSelect(item);
  }

  #move(event) {
    if (!this.#onSelect || event.target !== this.element || this.#items.length === 0) return;
    const page = Math.max(Math.floor(this.element.clientHeight / this.#rowHeight) - 1, 1);
    const last = this.#items.length - 1;
    const steps = {
      ArrowDown: this.#active + 1,
      ArrowUp: this.#active < 0 ? last : this.#active - 1,
      PageDown: this.#active + page,
      PageUp: this.#active - page,
      Home: 0,
      End: last,
    };
    if (event.key in steps) {
      this.#active = Math.min(Math.max(steps[event.key], 0), last);
      this.#bringIntoSight(this.#active);
      this.#draw();
    } else if (event.key === "Enter" && this.#active >= 0) {
      this.#choose(this.#active);
    } else return;
    event.preventDefault();
  }
}
