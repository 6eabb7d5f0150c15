// Makes elements. A string becomes a text node, never markup: what people write stays text, whatever is in it.

const SVG = "http://www.w3.org/2000/svg";
// An address that may run something (javascript:, data:text/html) is left out.
const SAFE_ADDRESS = /^(?:https?:|mailto:|blob:|data:image\/(?:png|jpeg|gif|webp);|[/#?])/i;
const ADDRESSES = new Set(["href", "src"]);
const PROPERTIES = new Set(["value", "checked", "indeterminate", "selected"]);

export function h(tag, attributes, ...children) {
  return fill(document.createElement(tag), attributes, children);
}

export function svg(tag, attributes, ...children) {
  return fill(document.createElementNS(SVG, tag), attributes, children);
}

export function replace(element, ...children) {
  element.replaceChildren(...nodes(children));
  return element;
}

function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (value === null || value === undefined || value === false) continue;
    if (typeof value === "function") element.addEventListener(name.slice(2), value);
    else if (PROPERTIES.has(name)) element[name] = value;
    else if (name === "style") {
      for (const [property, each] of Object.entries(value)) element.style.setProperty(property, each);
    } else if (ADDRESSES.has(name) && !SAFE_ADDRESS.test(value)) continue;
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...nodes(children));
  return element;
}

function nodes(children) {
  return children
    .flat(Infinity)
    .filter((each) => each !== null && each !== undefined && each !== false)
    .map((each) => (each instanceof Node ? each : String(each)));
}
