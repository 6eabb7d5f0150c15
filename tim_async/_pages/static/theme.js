// Runs before anything is drawn: the theme that was chosen, so that the page does not flash in the other one.
(() => {
  try {
    const theme = localStorage.getItem("tim.theme");
    if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
  } catch {
    // no storage: as the system has it
  }
})();
