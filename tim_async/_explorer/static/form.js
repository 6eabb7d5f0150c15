// A form made from the fields of a request. It edits the request itself, in place.
//
//     const form = new Form(fields, () => ...);   // called after every change
//     form.set(body); form.body; form.showRemarks(problems, advice);

import { h, replace } from "/_assets/pages/dom.js";
import { addTexts, t } from "/_assets/pages/texts.js";
import { inputOf } from "./inputs.js";
import { controlOf, getAt, hasKinds, newItem, setAt, skeleton } from "./form_values.js";
import { hintOf, prose } from "./hints.js";

addTexts({
  en: {
    "form.required": "required",
    "form.filled": "filled in when it is sent",
    "form.optional": "Optional fields",
    "form.optional.count": "{given} of {count} given",
    "form.none": "This endpoint takes no fields.",
    "form.add": "Add",
    "form.add.name": "Add {name}",
    "form.add.kind": "Kind of the new element",
    "form.remove": "Remove {name}",
    "form.up": "Move {name} up",
    "form.unknown": "not a documented field; sent unchanged",
    "form.kind": "Kind",
    "form.more": "Show {count} more",
    "form.items": "{count} items",
    "form.items.one": "1 item",
  },
  zh: {
    "form.required": "必填",
    "form.filled": "发送时自动填写",
    "form.optional": "选填字段",
    "form.optional.count": "已填 {given} / {count}",
    "form.none": "此接口没有字段。",
    "form.add": "添加",
    "form.add.name": "添加 {name}",
    "form.add.kind": "新元素的类型",
    "form.remove": "删除 {name}",
    "form.up": "上移 {name}",
    "form.unknown": "文档中没有此字段，将原样发送",
    "form.kind": "类型",
    "form.more": "再显示 {count} 项",
    "form.items": "{count} 项",
  },
});

// The number of list items shown at first, and added by each press of a button.
const SHOWN = 50;
let ids = 0;
const nextId = () => `x${(ids += 1)}`;
const TYPED = "input[data-input], textarea[data-input], select[data-input]";

export class Form {
  element = h("div", { class: "x-form" });
  #fields;
  #onChange;
  #rows = new Map(); // path as JSON -> {row, remark}
  #openOptional = new Set();
  #shown = new Map(); // path as JSON -> how many items

  constructor(fields, onChange) {
    this.#fields = fields;
    this.#onChange = onChange;
    this.body = {};
  }

  set(body) {
    this.body = body;
    this.#rows.clear();
    if (this.#fields.length === 0 && Object.keys(body).length === 0) {
      replace(this.element, h("p", { class: "soft" }, t("form.none")));
      return;
    }
    replace(this.element, this.#object(this.#fields, []));
  }

  // Marks the fields, or what contains them.
  showRemarks(problems, advice) {
    for (const { row, remark } of this.#rows.values()) {
      row.classList.remove("bad", "warned");
      replace(remark);
      remark.hidden = true;
      row.querySelector(TYPED)?.removeAttribute("aria-invalid");
    }
    for (const [kind, remarks] of [["bad", problems], ["warned", advice]]) {
      for (const each of remarks) this.#mark(each, kind);
    }
  }

  focus(path) {
    const found = this.#find(path);
    const target = found?.row.querySelector("[data-input]") ?? found?.row.querySelector("button");
    found?.row.closest("details:not([open])")?.setAttribute("open", "");
    target?.focus();
    found?.row.scrollIntoView({ block: "center" });
  }

  #find(path) {
    for (let length = path.length; length > 0; length -= 1) {
      const found = this.#rows.get(JSON.stringify(path.slice(0, length)));
      if (found !== undefined) return found;
    }
    return null;
  }

  #mark({ path, message }, kind) {
    const found = this.#find(path);
    if (found === null || found.row.classList.contains("bad")) return;
    found.row.classList.add(kind);
    found.remark.hidden = false;
    replace(found.remark, message);
    if (kind === "bad" && found.row.classList.contains("x-row")) found.row.querySelector(TYPED)?.setAttribute("aria-invalid", "true");
  }

  #changed(path, value, order) {
    setAt(this.body, path, value, order);
    this.#onChange();
  }

  // The fields of an object: the required ones, the others, and undocumented ones.
  #object(fields, path) {
    const order = fields.map((field) => field.wire_name);
    const given = getAt(this.body, path) ?? {};
    const unknown = Object.keys(given).filter((name) => !order.includes(name));
    const needed = fields.filter((field) => field.required && !field.is_filled_in);
    // A long list must not hide other required fields.
    needed.sort((one, other) => isPlain(other) - isPlain(one));
    const others = fields.filter((field) => !field.required || field.is_filled_in);
    const area = h("div", { class: "x-fields" }, needed.map((field) => this.#slot(field, path, order)));
    area.append(...unknown.map((name) => this.#unknown(name, path)));
    if (needed.length === 0 && others.length <= 6) area.append(...others.map((field) => this.#slot(field, path, order)));
    else if (others.length > 0) area.append(this.#optional(others, fields, path, order));
    return area;
  }

  #optional(fields, all, path, order) {
    const key = JSON.stringify(path);
    const given = () => fields.filter((field) => getAt(this.body, [...path, field.wire_name]) !== undefined).length;
    const counted = h("span", { class: "soft" }, t("form.optional.count", { given: given(), count: fields.length }));
    const inside = h("div", { class: "x-fields" });
    const details = h("details", { class: "x-optional" }, h("summary", {}, t("form.optional"), " ", counted), inside);
    const draw = () => {
      if (details.open && inside.childElementCount === 0) {
        inside.append(...fields.map((field) => this.#slot(field, path, order)));
      }
    };
    const isChosen = path.length > 0 && fields.length === all.length; // it was added for one of these
    details.open = given() > 0 || isChosen || this.#openOptional.has(key);
    draw();
    details.addEventListener("toggle", () => {
      if (details.open) this.#openOptional.add(key);
      else this.#openOptional.delete(key);
      draw();
    });
    details.addEventListener("x-count", () => replace(counted, t("form.optional.count", { given: given(), count: fields.length })));
    return details;
  }

  // The place of a field, redrawn when its control changes.
  #slot(field, path, order) {
    const slot = h("div", { class: "x-slot" });
    const own = [...path, field.wire_name];
    const draw = () => {
      this.#forget(own);
      replace(slot, this.#field(field, own, order, draw));
      slot.closest(".x-optional")?.dispatchEvent(new Event("x-count"));
    };
    draw();
    return slot;
  }

  #field(field, path, order, redraw) {
    const value = getAt(this.body, path);
    const control = controlOf(field, value);
    if (control === "object") return this.#group(field, path, order, redraw, value);
    if (control === "objects") return this.#list(field, path, order, redraw, value ?? []);
    const id = nextId();
    const input = inputOf(field, control, value, {
      id,
      set: (next) => {
        this.#changed(path, next, order);
        row.classList.toggle("given", next !== undefined);
        row.closest(".x-optional")?.dispatchEvent(new Event("x-count"));
      },
      fail: (problem) => this.#showLocal(path, problem),
    });
    const clear = h(
      "button",
      {
        type: "button",
        class: "icon-button x-clear",
        "aria-label": t("form.remove", { name: field.wire_name }),
        title: t("form.remove", { name: field.wire_name }),
        onclick: () => {
          this.#changed(path, undefined, order);
          redraw();
        },
      },
      "×",
    );
    const row = h(
      "div",
      { class: value === undefined ? "x-row" : "x-row given", "data-field": field.wire_name },
      h("div", { class: "x-label" }, label(field, input.hasLabel ? id : null, `${id}-name`), hintOf(field)),
      h("div", { class: "x-control" }, input.element, clear),
      h("p", { class: "x-text soft", id: `${id}-text` }, prose(field.text)),
      this.#remark(id),
    );
    const target = row.querySelector("[data-input]");
    target?.setAttribute("aria-describedby", `${id}-text ${id}-remark`);
    if (!input.hasLabel) target?.setAttribute("aria-labelledby", `${id}-name`);
    this.#keep(path, row);
    return row;
  }

  #unknown(name, path) {
    const field = { name, wire_name: name, type: "Any", items: null, required: false, text: t("form.unknown"), choices: null, fields: [], kinds: {}, range: null, item_range: null, unit: null };
    return this.#slot(field, path, []);
  }

  #group(field, path, order, redraw, value) {
    const id = nextId();
    const toggle = (next) => {
      this.#changed(path, next, order);
      redraw();
    };
    if (value === undefined) {
      const add = addButton(field, () => toggle(skeleton(field.fields)));
      return this.#box(field, path, id, [add], null);
    }
    const remove = removeButton(field.wire_name, () => toggle(undefined));
    return this.#box(field, path, id, [field.required ? null : remove], this.#object(field.fields, path));
  }

  #list(field, path, order, redraw, items) {
    const id = nextId();
    const change = (next) => {
      this.#changed(path, next, order);
      redraw();
    };
    const key = JSON.stringify(path);
    const shown = this.#shown.get(key) ?? SHOWN;
    const kinds = Object.keys(field.kinds);
    const choose = hasKinds(field)
      ? h("select", { class: "field x-kind", "aria-label": t("form.add.kind") }, kinds.map((kind) => h("option", { value: kind }, kind)))
      : null;
    const add = addButton(field, () => {
      this.#shown.set(key, Math.max(shown, items.length + 1)); // make the new one visible
      change([...items, newItem(field, choose?.value)]);
    });
    const cards = items.slice(0, shown).map((item, index) => this.#item(field, path, index, items, change));
    const showMore = () => {
      this.#shown.set(key, shown + SHOWN);
      redraw();
    };
    const left = Math.min(items.length - shown, SHOWN);
    const more = left > 0 ? h("button", { type: "button", class: "button small", onclick: showMore }, t("form.more", { count: left })) : null;
    const content = h("div", { class: "x-items" }, cards, more, h("div", { class: "x-add" }, choose, add));
    return this.#box(field, path, id, [h("span", { class: "soft" }, t("form.items", { count: items.length }))], content);
  }

  #item(field, path, index, items, change) {
    const own = [...path, index];
    const name = `${field.wire_name}[${index}]`;
    const head = [h("span", { class: "x-index" }, `${index + 1}`)];
    let inside;
    if (hasKinds(field)) {
      head.push(h("code", {}, String(items[index].MsgType)));
      inside = this.#element(field, own, items[index]);
    } else inside = this.#object(field.fields, own);
    const up = h(
      "button",
      {
        type: "button",
        class: "icon-button",
        "aria-label": t("form.up", { name }),
        title: t("form.up", { name }),
        disabled: index === 0,
        onclick: () => change([...items.slice(0, index - 1), items[index], items[index - 1], ...items.slice(index + 1)]),
      },
      "↑",
    );
    const remove = removeButton(name, () => change(items.length === 1 ? undefined : items.toSpliced(index, 1)));
    const row = h(
      "section",
      { class: "x-item", "aria-label": name },
      h("div", { class: "x-item-head" }, head, h("span", { class: "x-space" }), items.length > 1 ? up : null, remove),
      inside,
      this.#remark(nextId()),
    );
    this.#keep(own, row);
    return row;
  }

  // An element of a message: the fields of its kind; for an unknown kind, all as JSON.
  #element(field, path, item) {
    const fields = field.kinds[item.MsgType];
    if (fields === undefined || typeof item.MsgContent !== "object" || item.MsgContent === null || Array.isArray(item.MsgContent)) {
      return h("div", { class: "x-fields" }, Object.keys(item).map((name) => this.#unknown(name, path)));
    }
    const others = Object.keys(item).filter((name) => name !== "MsgType" && name !== "MsgContent");
    const area = this.#object(fields, [...path, "MsgContent"]);
    area.append(...others.map((name) => this.#unknown(name, path)));
    return area;
  }

  #box(field, path, id, buttons, content) {
    const row = h(
      "fieldset",
      { class: "x-box", "data-field": field.wire_name },
      h("legend", { class: "off-screen" }, field.wire_name),
      h("div", { class: "x-box-head" }, label(field, null, `${id}-name`), hintOf(field), h("span", { class: "x-space" }), buttons),
      h("p", { class: "x-text soft" }, prose(field.text)),
      content,
      this.#remark(id),
    );
    this.#keep(path, row);
    return row;
  }

  #remark(id) {
    return h("p", { class: "x-remark", id: `${id}-remark`, hidden: true });
  }

  #keep(path, row) {
    const remark = [...row.children].findLast((each) => each.classList.contains("x-remark"));
    this.#rows.set(JSON.stringify(path), { row, remark });
  }

  #forget(path) {
    const start = JSON.stringify(path).slice(0, -1);
    for (const key of this.#rows.keys()) {
      if (key === `${start}]` || key.startsWith(`${start},`)) this.#rows.delete(key);
    }
  }

  #showLocal(path, problem) {
    this.#mark({ path, message: problem }, "bad");
  }
}

function isPlain(field) {
  return !["object", "objects"].includes(controlOf(field, undefined));
}

function label(field, target, id) {
  const name = h(target === null ? "span" : "label", { class: "x-name", for: target, id }, field.wire_name);
  const needed = field.required && !field.is_filled_in ? h("span", { class: "x-required", title: t("form.required") }, "*", h("span", { class: "off-screen" }, ` (${t("form.required")})`)) : null;
  return [h("span", { class: "x-names" }, name, needed), field.is_filled_in ? h("span", { class: "badge" }, t("form.filled")) : null];
}

function addButton(field, add) {
  return h(
    "button",
    { type: "button", class: "button small", "data-input": "", onclick: add, "aria-label": t("form.add.name", { name: field.wire_name }) },
    "+ ",
    t("form.add"),
  );
}

function removeButton(name, remove) {
  const text = t("form.remove", { name });
  return h("button", { type: "button", class: "icon-button", "aria-label": text, title: text, onclick: remove }, "×");
}
