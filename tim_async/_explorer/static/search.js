// Finding endpoints: by title in both languages, command, Python name, family, and words of their fields.

// The endpoints that match all words, the best first. Equally good ones keep the order of the catalogue.
export function search(catalogue, text) {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) return catalogue.endpoints;
  const families = new Map(catalogue.families.map((each) => [each.name, `${each.title} ${each.title_zh}`.toLowerCase()]));
  return catalogue.endpoints
    .map((endpoint, index) => ({ endpoint, index, rank: rank(endpoint, families.get(endpoint.family), words, text.trim().toLowerCase()) }))
    .filter(({ rank }) => rank > 0)
    .sort((one, other) => other.rank - one.rank || one.index - other.index)
    .map(({ endpoint }) => endpoint);
}

function rank(endpoint, family, words, whole) {
  const title = endpoint.title.toLowerCase();
  const names = [endpoint.command.toLowerCase(), endpoint.path.toLowerCase(), endpoint.title_zh.toLowerCase(), title];
  if (names.includes(whole) || names[0].endsWith(`/${whole}`)) return 1000;
  let sum = 0;
  for (const word of words) {
    const each = rankWord(endpoint, family, names, title, word);
    if (each === 0) return 0;
    sum += each;
  }
  return sum / words.length;
}

function rankWord(endpoint, family, names, title, word) {
  const parts = names.flatMap((name) => name.split(/[\s/._-]+/));
  if (parts.includes(word)) return 100;
  if (parts.some((part) => part.startsWith(word))) return 80;
  if (names.some((name) => name.includes(word))) return 60;
  const fields = endpoint.words.split(" ");
  if (fields.includes(word)) return 40;
  if (family.includes(word)) return 30;
  return word.length > 1 && endpoint.words.includes(word) ? 20 : 0;
}
