// JSON as text and back, with numbers as written: those that a double cannot represent are BigInts.

const LONG = /\d{16}/;
const TEXTS_AND_LONG_NUMBERS = /"(?:[^"\\]|\\.)*"|-?\d{16,}(?![\d.eE])/g;

export function parseJson(text) {
  const value = JSON.parse(text);
  if (!LONG.test(text)) return value;
  // Long numbers are texts while the text is parsed: a prefix that no text can have identifies them.
  const mark = `\u0000${Math.random()}:`;
  const marked = text.replace(TEXTS_AND_LONG_NUMBERS, (found) => (found[0] === '"' ? found : JSON.stringify(mark + found)));
  return JSON.parse(marked, (name, item) => {
    if (typeof item !== "string" || !item.startsWith(mark)) return item;
    const digits = item.slice(mark.length);
    return Number.isSafeInteger(Number(digits)) ? Number(digits) : BigInt(digits);
  });
}

export function formatJson(value, indent = 2) {
  return write(value, indent, "");
}

function write(value, indent, before) {
  if (typeof value === "bigint") return value.toString();
  if (value === null || typeof value !== "object") return JSON.stringify(value) ?? "null";
  const isArray = Array.isArray(value);
  const [open, close] = isArray ? "[]" : "{}";
  const inside = before + " ".repeat(indent);
  const parts = isArray
    ? value.map((item) => write(item, indent, inside))
    : Object.entries(value).map(([name, item]) => `${JSON.stringify(name)}:${indent ? " " : ""}${write(item, indent, inside)}`);
  if (parts.length === 0) return open + close;
  if (indent === 0) return open + parts.join(",") + close;
  return `${open}\n${inside}${parts.join(`,\n${inside}`)}\n${before}${close}`;
}

// Line and column of an error, if the browser reports them; null otherwise.
export function placeOf(error, text) {
  const found = /position (\d+)/.exec(error.message);
  if (found === null) return null;
  const lines = text.slice(0, Number(found[1])).split("\n");
  return { line: lines.length, column: lines.at(-1).length + 1 };
}
