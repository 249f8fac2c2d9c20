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

  // How much room a row has: a cookie, as with the theme. Printing is the browser's own.
  document.addEventListener("click", (event) => {
    if (!(event.target instanceof Element)) return;
    if (event.target.closest("[data-print]")) { window.print(); return; }
    const density = event.target.closest("[data-density-toggle]");
    if (!density) return;
    const roomy = density.getAttribute("aria-pressed") !== "true";
    density.setAttribute("aria-pressed", roomy);
    density.closest("#page").classList.toggle("is-roomy", roomy);
    document.cookie = `density=${roomy ? "roomy" : "dense"}; path=/; max-age=31536000; samesite=lax`;
  });

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

  // An open page follows what it shows, while somebody looks. It asks by what it knows, and the server says nothing where nothing changed.
  // Only what changed is put in, never under somebody's hands, and nothing that was opened is closed.
  const live = document.querySelector("main[data-live]");
  if (live) {
    const STAYS = "[data-filters], .alert[role=status]";
    let known = null, timer = null, asking = false;
    const said = (part) => {
      const copy = part.cloneNode(true);
      for (const one of [copy, ...copy.querySelectorAll("*")]) {
        if (one.matches("time")) { one.textContent = ""; one.removeAttribute("title"); one.removeAttribute("data-age"); }
        if (one.matches("details")) one.removeAttribute("open");
        if (one.matches("[name=csrf_token]")) one.removeAttribute("value");
        if (one.matches("[hidden]")) one.removeAttribute("hidden");
      }
      return copy.outerHTML;
    };
    const typed = (part) => [...part.querySelectorAll("input, textarea, select")].some((one) => !one.closest("[data-filters]") && (
      one.type === "checkbox" || one.type === "radio" ? one.checked !== one.defaultChecked
        : one.options ? [...one.options].some((choice) => choice.selected !== choice.defaultSelected)
          : one.value !== one.defaultValue));
    const busy = (part) => typed(part) || part.contains(document.activeElement) && document.activeElement.matches("input, textarea, select");
    const called = (details) => details.id || details.querySelector("summary")?.textContent;
    const put = (old, now) => {
      const open = new Set([...old.querySelectorAll("details[open]")].map(called));
      const closed = new Set([...old.querySelectorAll("details:not([open])")].map(called));
      const focus = old.contains(document.activeElement) && document.activeElement;
      for (const one of now.querySelectorAll("details")) {
        if (open.has(called(one))) one.open = true;
        else if (closed.has(called(one))) one.open = false;
      }
      old.replaceWith(now);
      if (!focus) return;
      const again = focus.id ? document.getElementById(focus.id)
        : [...now.querySelectorAll(focus.tagName)].find((one) => one.textContent === focus.textContent && one.getAttribute("href") === focus.getAttribute("href"));
      if (again) again.focus({ preventScroll: true });
    };
    const follow = (fresh) => {
      const main = fresh.querySelector("main[data-live]");
      if (!main || busy(live)) return false;
      const before = [...live.children].filter((one) => !one.matches(STAYS));
      const after = [...main.children].filter((one) => !one.matches(STAYS)).map((one) => document.adoptNode(one));
      if (before.length === after.length) before.forEach((one, place) => { if (said(one) !== said(after[place])) put(one, after[place]); });
      else { location.reload(); return false; }
      const pulse = document.querySelector(".pulse"), beat = fresh.querySelector(".pulse");
      if (pulse && beat) pulse.replaceWith(document.adoptNode(beat));
      localise();
      return true;
    };
    // Whoever wants a page to stand still while they read says so once, for all pages of this browser.
    const hold = document.querySelector("[data-hold]");
    let held = false;
    try { held = localStorage.getItem("hold") === "yes"; } catch { /* no storage: it begins anew with each page */ }
    const look = async () => {
      if (asking || held || document.hidden) return;
      asking = true;
      try {
        const headers = { Accept: "text/html", "X-Poll": "1", ...(known && { "If-None-Match": known }) };
        const answer = await fetch(location.href, { headers, cache: "no-store", redirect: "error" });
        if (answer.status === 200) {
          const etag = answer.headers.get("ETag");
          if (follow(new DOMParser().parseFromString(await answer.text(), "text/html"))) known = etag;
        }
      } catch { /* signed out, or the server is away: what is there stays */ }
      asking = false;
    };
    const wait = () => {
      clearInterval(timer);
      if (held || document.hidden) return;
      timer = setInterval(look, Number(live.dataset.live));
    };
    document.addEventListener("visibilitychange", () => { wait(); look(); });
    document.addEventListener("htmx:after:swap", () => { known = null; });
    if (hold) {
      hold.hidden = false;
      hold.setAttribute("aria-pressed", held);
      hold.addEventListener("click", () => {
        held = !held;
        hold.setAttribute("aria-pressed", held);
        try { localStorage.setItem("hold", held ? "yes" : "no"); } catch { /* this page alone, then */ }
        wait();
        look();
      });
    }
    wait();
  }
})();
