// Texts in English and Chinese. A module brings its own with `addTexts`, and asks with `t`.

import { store, stored } from "./stored.js";

const texts = { en: {}, zh: {} };
const listeners = new Set();
let current = stored("language") ?? (/^zh\b/i.test(navigator.language) ? "zh" : "en");
if (!(current in texts)) current = "en";
document.documentElement.lang = tag();

export function addTexts(more) {
  for (const [name, rows] of Object.entries(more)) Object.assign(texts[name], rows);
}

// t("calls.count", {count: 3}): "{count} calls". Where `calls.count.one` exists, it is used for a count of 1.
export function t(key, values = {}) {
  const rows = texts[current];
  const row = (values.count === 1 && rows[`${key}.one`]) || (rows[key] ?? texts.en[key] ?? key);
  return row.replace(/\{(\w+)\}/g, (whole, name) => {
    const value = values[name];
    if (value === undefined) return whole;
    return typeof value === "number" ? formatNumber(value) : String(value);
  });
}

// The keys that one language has and the other lacks; a test looks at it.
export function missingTexts() {
  const lacks = (rows, key) => !(key in rows) && !key.endsWith(".one");
  return {
    en: Object.keys(texts.zh).filter((key) => lacks(texts.en, key)),
    zh: Object.keys(texts.en).filter((key) => lacks(texts.zh, key)),
  };
}

export function language() {
  return current;
}

export function setLanguage(name) {
  current = name;
  store("language", name);
  document.documentElement.lang = tag();
  for (const each of listeners) each(name);
}

export function onLanguage(listener) {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

function tag() {
  return current === "zh" ? "zh-CN" : "en";
}

const numbers = new Map();

export function formatNumber(number, options = {}) {
  const key = `${current} ${JSON.stringify(options)}`;
  if (!numbers.has(key)) numbers.set(key, new Intl.NumberFormat(tag(), options));
  return numbers.get(key).format(number);
}

const dates = new Map();

function formatDate(kind, options, date) {
  const key = `${current} ${kind}`;
  if (!dates.has(key)) dates.set(key, new Intl.DateTimeFormat(tag(), { hourCycle: "h23", ...options }));
  return dates.get(key).format(date);
}

const CLOCK = { hour: "2-digit", minute: "2-digit", second: "2-digit" };
const DAY = { year: "numeric", month: "short", day: "numeric" };

// The time of day; with the date where that is not today's.
export function formatTime(unixSeconds) {
  const date = new Date(unixSeconds * 1000);
  if (Number.isNaN(date.getTime())) return String(unixSeconds);
  if (date.toDateString() === new Date().toDateString()) return formatDate("clock", CLOCK, date);
  return formatDate("both", { ...DAY, ...CLOCK }, date);
}

export function formatDay(unixSeconds) {
  const date = new Date(unixSeconds * 1000);
  return Number.isNaN(date.getTime()) ? String(unixSeconds) : formatDate("day", DAY, date);
}

export function formatSeconds(seconds) {
  if (seconds < 1) return `${formatNumber(seconds * 1000, { maximumFractionDigits: seconds < 0.1 ? 1 : 0 })} ms`;
  return `${formatNumber(seconds, { maximumFractionDigits: 2 })} s`;
}
