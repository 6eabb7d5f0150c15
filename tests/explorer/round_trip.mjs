// Reads {folder, samples: [{name, fields, text}]} from standard input; prints what the form changes of each sample.

import { pathToFileURL } from "node:url";

const chunks = [];
for await (const chunk of process.stdin) chunks.push(chunk);
const { folder, samples } = JSON.parse(Buffer.concat(chunks).toString("utf8"));
const load = (name) => import(pathToFileURL(`${folder}/${name}.js`));
const { parseJson, formatJson } = await load("json_text");
const values = await load("form_values");

// Takes every value out of its control and puts it back, as if someone typed what is shown.
function retype(fields, object) {
  const order = fields.map((field) => field.wire_name);
  for (const field of fields) {
    const name = field.wire_name;
    if (!Object.hasOwn(object, name)) continue;
    const value = object[name];
    const control = values.controlOf(field, value);
    counts[control] = (counts[control] ?? 0) + 1;
    // Empty ones are shown as given, and stay so until something is typed.
    if (value === "" || (control === "lines" && value.length === 0)) continue;
    if (control === "object") retype(field.fields, value);
    else if (control === "objects") {
      for (const item of value) {
        const kind = values.hasKinds(field) ? field.kinds[item.MsgType] : null;
        if (kind !== null) retype(kind ?? [], item.MsgContent ?? {});
        else retype(field.fields, item);
      }
    } else if (control === "choice" || control === "choices") {
      values.setAt(object, [name], value, order);
    } else {
      const again =
        control === "any"
          ? values.anyValue(values.anyKind(value), values.anyKind(value) === "json" ? values.toText("json", value) : values.toText("any", value))
          : values.fromText(field, control, values.toText(control, value));
      values.setAt(object, [name], undefined);
      values.setAt(object, [name], again, order);
    }
  }
}

const counts = {};
const changed = [];
for (const { name, fields, text } of samples) {
  const body = parseJson(text);
  const before = formatJson(body, 0);
  retype(fields, body);
  const sorted = (value) =>
    value !== null && typeof value === "object" && !Array.isArray(value)
      ? Object.fromEntries(Object.keys(value).sort().map((key) => [key, sorted(value[key])]))
      : Array.isArray(value)
        ? value.map(sorted)
        : value;
  if (formatJson(sorted(parseJson(before)), 0) !== formatJson(sorted(body), 0)) changed.push({ name, before, after: formatJson(body, 0) });
  if (formatJson(parseJson(formatJson(body)), 0) !== formatJson(body, 0)) changed.push({ name, text: "indented" });
}
console.log(JSON.stringify({ changed, counts }));
