// What a person chose, kept by the browser; forgotten where it keeps nothing.

export function stored(name) {
  try {
    return localStorage.getItem(`tim.${name}`);
  } catch {
    return null;
  }
}

export function store(name, value) {
  try {
    if (value === null) localStorage.removeItem(`tim.${name}`);
    else localStorage.setItem(`tim.${name}`, value);
  } catch {
    // it holds for this page only
  }
}
