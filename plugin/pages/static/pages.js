// Comforts only: every page reads and filters without this file.
(() => {
  "use strict";
  const root = document.documentElement;

  // The theme: a cookie, so that the server renders it and nothing flashes.
  const toggle = document.querySelector("[data-theme-toggle]");
  if (toggle) {
    toggle.hidden = false;
    toggle.addEventListener("click", () => {
      const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
      root.dataset.theme = dark ? "light" : "dark";
      document.cookie = `theme=${root.dataset.theme}; path=/; max-age=31536000; samesite=lax`;
    });
  }

  // The menu of the signed-in person closes as menus do: Escape, a click elsewhere, or the keyboard moving on. Without script its button closes it.
  const menu = document.querySelector("details.me");
  if (menu) {
    const button = menu.querySelector("summary");
    document.addEventListener("click", (event) => { if (!menu.contains(event.target)) menu.open = false; });
    menu.addEventListener("focusout", (event) => { if (event.relatedTarget && !menu.contains(event.relatedTarget)) menu.open = false; });
    document.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || !menu.open) return;
      menu.open = false;
      button.focus();
    });
  }

  // On a phone the navigation scrolls; the place one is at should be seen.
  const here = document.querySelector(".nav [aria-current]");
  if (here) {
    const list = here.closest(".nav");
    list.scrollLeft += Math.max(0, here.getBoundingClientRect().right + 56 - list.getBoundingClientRect().right);
  }

  // Instants in the reader's zone; ages go on growing while the page is open.
  const full = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });
  const units = [[90, 1, "s"], [5400, 60, "min"], [172800, 3600, "h"], [Infinity, 86400, "days"]];
  const opened = Date.now();
  const ago = (seconds) => {
    const [, size, word] = units.find(([below]) => seconds < below);
    return seconds < 1 ? "just now" : `${Math.floor(seconds / size)} ${word} ago`;
  };
  const seconds = (text) => {
    const found = /^(\d+) (s|min|h|days) ago$/.exec(text);
    return found ? found[1] * units.find(([, , word]) => word === found[2])[1] : null;
  };
  const localise = () => {
    for (const time of document.querySelectorAll("time[data-time]")) {
      const at = full.format(new Date(time.dateTime));
      if (time.dataset.time === "absolute") { time.textContent = at; continue; }
      time.title = at;
      // Counted on from the server's age, so that a wrong clock here shows no wrong age.
      if (time.dataset.age === undefined) time.dataset.age = seconds(time.textContent) ?? "";
      if (time.dataset.age !== "") time.textContent = ago(Number(time.dataset.age) + Math.floor((Date.now() - opened) / 1000));
    }
  };
  localise();
  setInterval(() => { if (!document.hidden) localise(); }, 15000);

  // Filters apply as they are chosen, the search as one types where htmx can swap the list in place.
  const filters = document.querySelector("[data-filters]");
  if (filters) {
    let waiting;
    filters.addEventListener("change", (event) => { if (event.target.matches("select")) filters.requestSubmit(); });
    filters.addEventListener("input", (event) => {
      if (!window.htmx || !event.target.matches("[type=search]")) return;
      clearTimeout(waiting);
      waiting = setTimeout(() => { if (filters.isConnected) filters.requestSubmit(); }, 300);
    });
    // What is sent holds the search too: it need not be sent once more, nor after somebody went back to another page.
    filters.addEventListener("submit", () => clearTimeout(waiting));
    // Addresses stay short: what is not filtered is not said.
    filters.addEventListener("formdata", (event) => {
      for (const [name, value] of [...event.formData]) if (!value) event.formData.delete(name);
    });
  }
  document.addEventListener("htmx:after:swap", localise);
})();
