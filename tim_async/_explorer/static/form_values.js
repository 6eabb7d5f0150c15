// Values of a request and their display in a form. The request itself is the form's only state: what a control cannot
// show is shown as JSON, and untouched values stay unchanged.

import { formatJson, parseJson } from "./json_text.js";

const WHOLE = /^-?(0|[1-9]\d*)$/;
const NUMBER = /^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$/;
// Longer texts, and unlimited ones that are not names, get a growing field.
const SHORT_BYTES = 200;
const NAMES = /(Account|ID|Id|Key|Name|Tag|Type|Url|URL|Sound|Channel\w*)$/;

export function isObject(value) {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

// The control of a field for the value that it has, undefined for none.
export function controlOf(field, value) {
  if (field.items !== null) return arrayControl(field, value);
  switch (field.type) {
    case "String":
      if (value !== undefined && typeof value !== "string") return "json";
      return field.choices ? "choice" : isLong(field) ? "text" : "line";
    case "Integer":
    case "Number":
      // Text that is not a number was typed here, and is shown unchanged.
      if (value !== undefined && toNumber(field.type, String(value)) !== value) return "json";
      return field.choices ? "choice" : "number";
    case "Boolean":
      return value === undefined || typeof value === "boolean" ? "choice" : "json";
    case "Object":
      if (field.fields.length === 0 && !hasKinds(field)) return "json";
      return value === undefined || isObject(value) ? "object" : "json";
    default:
      return "any";
  }
}

function arrayControl(field, value) {
  if (value !== undefined && !Array.isArray(value)) return "json";
  const items = value ?? [];
  if (field.items === "Object" && (field.fields.length > 0 || hasKinds(field))) {
    return items.every(isObject) ? "objects" : "json";
  }
  if (field.choices) return items.every((item) => field.choices.includes(item)) ? "choices" : "json";
  if (field.items === "String") {
    return items.every((item) => typeof item === "string" && /^[^\r\n]*[^\s][^\r\n]*$/.test(item)) ? "lines" : "json";
  }
  if (field.items === "Integer") return items.every((item) => typeof item === "number") ? "lines" : "json";
  return "json";
}

export function hasKinds(field) {
  return Object.keys(field.kinds).length > 0;
}

export function choicesOf(field) {
  return field.type === "Boolean" ? [true, false] : field.choices;
}

function isLong(field) {
  const most = field.range?.[1] ?? null;
  return most === null ? !NAMES.test(field.wire_name) : most > SHORT_BYTES;
}

// What a control of one text shows of a value.
export function toText(control, value) {
  if (value === undefined) return "";
  if (control === "json") return formatJson(value);
  if (control === "lines") return value.map(String).join("\n");
  return String(value);
}

// The value of what was typed: undefined for nothing; text that is not a number stays text, which the check refuses.
export function fromText(field, control, text) {
  if (control === "json") return text.trim() === "" ? undefined : parseJson(text);
  if (control === "lines") {
    const lines = text.split("\n").filter((line) => line.trim() !== "");
    return lines.length === 0 ? undefined : lines.map((line) => (field.items === "Integer" ? toNumber("Integer", line) : line));
  }
  if (text === "") return undefined;
  return control === "number" ? toNumber(field.type, text) : text;
}

function toNumber(type, text) {
  const trimmed = text.trim();
  if (WHOLE.test(trimmed)) {
    const number = Number(trimmed);
    return Number.isSafeInteger(number) ? number : BigInt(trimmed);
  }
  return type === "Number" && NUMBER.test(trimmed) ? Number(trimmed) : text;
}

// For a field with several types: the type of a value, and the value of what was typed.
export function anyKind(value) {
  if (value === undefined || typeof value === "string") return "text";
  return typeof value === "number" || typeof value === "bigint" ? "number" : "json";
}

export function anyValue(kind, text) {
  if (text === "" || (kind !== "text" && text.trim() === "")) return undefined;
  if (kind === "number") return toNumber("Number", text);
  return kind === "json" ? parseJson(text) : text;
}

// The contents of a new form: the required objects and lists, empty.
export function skeleton(fields) {
  const body = {};
  for (const field of fields) {
    if (!field.required || field.is_filled_in) continue;
    const control = controlOf(field, undefined);
    if (control === "object") body[field.wire_name] = skeleton(field.fields);
    if (control === "objects") body[field.wire_name] = [newItem(field)];
  }
  return body;
}

// A new item of a list of objects; of a message's elements, one of a kind.
export function newItem(field, kind = Object.keys(field.kinds)[0]) {
  return kind === undefined ? skeleton(field.fields) : { MsgType: kind, MsgContent: skeleton(field.kinds[kind]) };
}

export function getAt(root, path) {
  return path.reduce((value, step) => (value !== null && typeof value === "object" && Object.hasOwn(value, step) ? value[step] : undefined), root);
}

// Sets the value at a path, or removes it. The order of the fields is that of the form, whenever one is given.
export function setAt(root, path, value, order = null) {
  const parent = getAt(root, path.slice(0, -1));
  const name = path.at(-1);
  if (parent === null || typeof parent !== "object") return; // its container was just removed from the JSON
  if (value === undefined) {
    if (Array.isArray(parent)) parent.splice(name, 1);
    else delete parent[name];
    return;
  }
  const isNew = !Object.hasOwn(parent, name);
  define(parent, name, value);
  if (isNew && order !== null && !Array.isArray(parent)) sort(parent, order);
}

function sort(parent, order) {
  const names = Object.keys(parent);
  const place = (name) => (order.includes(name) ? order.indexOf(name) : order.length + names.indexOf(name));
  const values = { ...parent };
  for (const name of names) delete parent[name];
  for (const name of [...names].sort((one, other) => place(one) - place(other))) define(parent, name, values[name]);
}

// Unlike an assignment, this also creates a field named `__proto__`.
function define(parent, name, value) {
  Object.defineProperty(parent, name, { value, writable: true, enumerable: true, configurable: true });
}
