// The way of calling that a reader picks is the one that every example shows, here and on the next page.
"use strict";
document.addEventListener("DOMContentLoaded", () => {
  const key = "tim-async-tab";
  const inputs = [...document.querySelectorAll(".tabs > input")];
  const pick = (value) => inputs.filter((each) => each.value === value).forEach((each) => (each.checked = true));
  const store = (work) => {
    try {
      return work(window.localStorage);
    } catch {
      return null; // switched off
    }
  };
  pick(store((storage) => storage.getItem(key)));
  for (const input of inputs) {
    input.addEventListener("change", () => {
      const top = input.parentElement.getBoundingClientRect().top;
      pick(input.value);
      window.scrollBy({ top: input.parentElement.getBoundingClientRect().top - top, behavior: "instant" });
      store((storage) => storage.setItem(key, input.value));
    });
  }
});
