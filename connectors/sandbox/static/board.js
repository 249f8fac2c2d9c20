"use strict";
// Cards can be dragged, and the page follows what happens on the site. Without this file the buttons do the same.
const main = document.getElementById("main");
let dragged = null;

function show(text) {
  const fresh = new DOMParser().parseFromString(text, "text/html").getElementById("main");
  if (!fresh || dragged || main.contains(document.activeElement) && document.activeElement.matches("input")) return false;
  for (const lane of fresh.querySelectorAll("details")) {
    const old = document.getElementById(lane.id);
    if (old) lane.open = old.open;
  }
  if (fresh.innerHTML === main.dataset.shown) return true;
  main.dataset.shown = fresh.innerHTML;
  const focused = document.activeElement && document.activeElement.getAttribute("aria-label");
  main.replaceChildren(...fresh.childNodes);
  if (focused) for (const one of main.querySelectorAll("button")) if (one.getAttribute("aria-label") === focused) one.focus();
  return true;
}

let known = null;

async function refresh() {
  try {
    const headers = { Accept: "text/html", ...(known && { "If-None-Match": known }) };
    const answer = await fetch(location.href, { headers, cache: "no-store" });
    if (answer.status !== 200) return;
    if (show(await answer.text())) known = answer.headers.get("ETag");
  } catch { /* the site is away; the next round tries again */ }
}

main.addEventListener("dragstart", (event) => {
  dragged = event.target.closest(".card");
  if (!dragged) return;
  dragged.classList.add("moving");
  event.dataTransfer.setData("text/plain", dragged.dataset.issue);
  event.dataTransfer.effectAllowed = "move";
});
main.addEventListener("dragend", () => {
  if (dragged) dragged.classList.remove("moving");
  dragged = null;
});
main.addEventListener("dragover", (event) => {
  const column = event.target.closest(".column");
  if (!dragged || !column) return;
  event.preventDefault();
  for (const one of main.querySelectorAll(".column.over")) one.classList.remove("over");
  column.classList.add("over");
});
main.addEventListener("dragleave", (event) => {
  const column = event.target.closest(".column");
  if (column && !column.contains(event.relatedTarget)) column.classList.remove("over");
});
main.addEventListener("drop", async (event) => {
  const column = event.target.closest(".column");
  if (!dragged || !column) return;
  event.preventDefault();
  column.classList.remove("over");
  const body = new URLSearchParams({ issue: dragged.dataset.issue, status: column.dataset.status });
  dragged = null;
  const answer = await fetch("/board/move", { method: "POST", body });
  if (answer.ok) await refresh();
});
setInterval(() => { if (!document.hidden) refresh(); }, 1000);
document.addEventListener("visibilitychange", () => { if (!document.hidden) refresh(); });
