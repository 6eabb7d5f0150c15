// The controls of single values. Each calls `set` with the new value, undefined for none, or `fail` with what is wrong.

import { h, replace } from "/_assets/pages/dom.js";
import { addTexts, formatTime, t } from "/_assets/pages/texts.js";
import { anyKind, anyValue, choicesOf, fromText, toText } from "./form_values.js";

addTexts({
  en: {
    "input.none": "not given",
    "input.lines": "one per line",
    "input.empty": "empty text",
    "input.json": "JSON",
    "input.now": "Now",
    "input.not-json": "This is not JSON.",
    "input.kind": "Type of {name}",
    "input.kind.text": "text",
    "input.kind.number": "number",
    "input.kind.json": "JSON",
  },
  zh: {
    "input.none": "不填",
    "input.lines": "每行一项",
    "input.empty": "空文本",
    "input.json": "JSON",
    "input.now": "现在",
    "input.not-json": "这不是 JSON。",
    "input.kind": "{name} 的类型",
    "input.kind.text": "文本",
    "input.kind.number": "数字",
    "input.kind.json": "JSON",
  },
});

const MAKERS = { choice, choices, any, line: text, text, number: text, lines: text, json: text };

// {element, hasLabel}: whether a label can point to it.
export function inputOf(field, control, value, actions) {
  return MAKERS[control](field, control, value, actions);
}

function text(field, control, value, { id, set, fail }) {
  const isArea = control === "text" || control === "lines" || control === "json";
  const input = h(isArea ? "textarea" : "input", {
    id,
    class: control === "json" ? "field x-input x-json" : "field x-input",
    "data-input": "",
    value: toText(control, value),
    rows: isArea ? "1" : null,
    type: isArea ? null : "text",
    inputmode: control === "number" ? (field.type === "Integer" ? "numeric" : "decimal") : null,
    autocomplete: "off",
    spellcheck: control === "text" ? "true" : "false",
    placeholder: value === "" ? t("input.empty") : control === "lines" ? t("input.lines") : control === "json" ? t("input.json") : null,
    oninput: () => {
      if (isArea) fitRows(input);
      try {
        const next = fromText(field, control, input.value);
        set(next);
        shownTime?.(next);
      } catch {
        fail(t("input.not-json"));
      }
    },
  });
  if (isArea) fitRows(input);
  if (field.unit !== "unix seconds") return { element: input, hasLabel: true };
  const time = h("span", { class: "x-time soft" });
  const shownTime = (seconds) => replace(time, typeof seconds === "number" && seconds > 0 ? formatTime(seconds) : "");
  shownTime(value);
  const now = h(
    "button",
    {
      type: "button",
      class: "button small",
      onclick: () => {
        input.value = String(Math.floor(Date.now() / 1000));
        input.dispatchEvent(new Event("input"));
      },
    },
    t("input.now"),
  );
  return { element: h("div", { class: "x-with" }, input, now, time), hasLabel: true };
}

// For browsers without `field-sizing`.
export function fitRows(area, most = 12) {
  area.rows = Math.min(area.value.split("\n", most).length, most);
}

function choice(field, control, value, { id, set }) {
  const choices = [...choicesOf(field)];
  if (value !== undefined && !choices.includes(value)) choices.push(value);
  const none = "none";
  const select = h(
    "select",
    {
      id,
      class: "field x-input",
      "data-input": "",
      onchange: () => set(select.value === none ? undefined : choices[Number(select.value)]),
    },
    h("option", { value: none }, `— ${t("input.none")} —`),
    choices.map((each, index) => h("option", { value: String(index) }, String(each))),
  );
  select.value = value === undefined ? none : String(choices.indexOf(value));
  return { element: select, hasLabel: true };
}

function choices(field, control, value, { id, set }) {
  const chosen = new Set(value ?? []);
  const boxes = field.choices.map((each, index) => {
    const box = h("input", {
      type: "checkbox",
      id: `${id}-${index}`,
      checked: chosen.has(each),
      onchange: () => {
        if (box.checked) chosen.add(each);
        else chosen.delete(each);
        const given = field.choices.filter((one) => chosen.has(one));
        set(given.length === 0 ? undefined : given);
      },
    });
    return h("label", { class: "x-check" }, box, h("code", {}, String(each)));
  });
  return { element: h("div", { class: "x-checks", role: "group", "data-input": "", tabindex: "-1" }, boxes), hasLabel: false };
}

function any(field, control, value, { id, set, fail }) {
  const kind = h(
    "select",
    { class: "field x-any", "aria-label": t("input.kind", { name: field.wire_name }), onchange: () => change() },
    ["text", "number", "json"].map((each) => h("option", { value: each }, t(`input.kind.${each}`))),
  );
  kind.value = anyKind(value);
  const input = h("textarea", {
    id,
    class: "field x-input",
    "data-input": "",
    rows: "1",
    spellcheck: "false",
    value: toText(kind.value === "json" ? "json" : "any", value),
    oninput: () => change(),
  });
  function change() {
    try {
      set(anyValue(kind.value, input.value));
    } catch {
      fail(t("input.not-json"));
    }
  }
  return { element: h("div", { class: "x-with" }, input, kind), hasLabel: true };
}
