// The mapping editor: line numbers, findings as one types, completion. Without this file the text area and its buttons do it all.
(() => {
  "use strict";
  const form = document.querySelector("[data-editor]");
  if (!form) return;
  const text = form.querySelector("textarea");
  const numbers = form.querySelector("[data-lines]");
  const shade = form.querySelector("[data-shade]");
  const list = form.querySelector("[data-completion-list]");
  const kept = form.querySelector("[data-kept]");
  const count = document.querySelector("[data-count]");
  const results = document.querySelector("[data-findings]");
  const token = form.querySelector("[name=csrf_token]");
  const LEVELS = { error: "off_track", warning: "at_risk", advice: "pending" };
  const RANK = ["advice", "warning", "error"];
  let findings = [...results.querySelectorAll("[data-line]")].map((item) => ({
    line: Number(item.dataset.line), column: Number(item.dataset.column), message: item.innerText,
    severity: item.classList.contains("is-off_track") ? "error" : item.classList.contains("is-at_risk") ? "warning" : "advice",
  }));

  const made = (name, className, content) => {
    const element = document.createElement(name);
    if (className) element.className = className;
    if (content !== undefined) element.textContent = content;
    return element;
  };

  // -- line numbers and underlines
  const draw = () => {
    const lines = text.value.split("\n");
    const worst = new Map();
    for (const one of findings) {
      const before = worst.get(one.line);
      if (!before || RANK.indexOf(one.severity) > RANK.indexOf(before.severity)) worst.set(one.line, one);
    }
    numbers.replaceChildren(...lines.map((_, index) => {
      const found = worst.get(index + 1);
      const number = made("span", found ? `is-${LEVELS[found.severity]}` : "", String(index + 1));
      if (found) number.title = found.message;
      return number;
    }));
    shade.replaceChildren(...lines.flatMap((line, index) => {
      const found = worst.get(index + 1);
      if (!found) return [`${line}\n`];
      const start = Math.max(0, Math.min(found.column - 1, line.length - 1));
      const word = /^[^\s,{}[\]:]+|^./.exec(line.slice(start));
      const end = start + (word ? word[0].length : 1);
      return [line.slice(0, start), made("mark", `is-${LEVELS[found.severity]}`, line.slice(start, end) || " "), `${line.slice(end)}\n`];
    }));
    follow();
  };
  const follow = () => {
    numbers.scrollTop = text.scrollTop;
    shade.scrollTop = text.scrollTop;
    shade.scrollLeft = text.scrollLeft;
  };

  // -- findings as one types; the same call keeps the draft
  const send = async (address, values) => {
    const body = new URLSearchParams({ ...values, text: text.value });
    if (token) body.set("csrf_token", token.value);
    const answer = await fetch(address, { method: "POST", body, headers: { Accept: "application/json" } });
    if (!answer.ok) throw new Error(String(answer.status));
    return answer.json();
  };
  const say = () => {
    count.textContent = findings.length || "none";
    if (!findings.length) { results.replaceChildren(made("p", "muted", "Nothing to say. Preview shows what activating would do.")); return; }
    const items = made("ul", "findings");
    for (const one of findings) {
      const item = made("li", `finding is-${LEVELS[one.severity]}`);
      const said = made("p");
      if (one.line) {
        const place = made("button", "link place", `Line ${one.line}, column ${one.column}`);
        place.type = "button";
        place.addEventListener("click", () => goTo(one.line, one.column));
        said.append(place, " ");
      }
      said.append(made("b", "severity", one.severity), ` ${one.message} `, made("code", "code-name", one.code));
      const content = made("div");
      content.append(said);
      if (one.valid.length) content.append(made("p", "under", `Valid: ${one.valid.join(", ")}`));
      if (one.remedy) content.append(made("p", "under", `To do: ${one.remedy}`));
      item.append(content);
      items.append(item);
    }
    results.replaceChildren(items);
  };
  let turn = 0;
  let sent = text.value;
  const look = async () => {
    const mine = ++turn;
    const now = text.value;
    kept.textContent = "Keeping…";
    try {
      const answer = await send(form.dataset.diagnostics, {});
      if (mine !== turn) return;
      sent = now;
      findings = answer.diagnostics;
      kept.textContent = "Kept.";
      say();
      draw();
    } catch {
      if (mine === turn) kept.textContent = "Not kept: the connector does not answer. Your text is still here; it is tried again as you type.";
    }
  };
  const goTo = (line, column) => {
    const lines = text.value.split("\n");
    const at = lines.slice(0, line - 1).reduce((sum, one) => sum + one.length + 1, 0) + Math.max(column - 1, 0);
    text.focus();
    text.setSelectionRange(at, at);
    text.scrollTop = Math.max(0, (line - 6) * lineHeight());
    follow();
  };

  // -- completion
  const lineHeight = () => parseFloat(getComputedStyle(text).lineHeight);
  const place = () => {
    const before = text.value.slice(0, text.selectionStart).split("\n");
    return { line: before.length, column: before[before.length - 1].length + 1 };
  };
  let suggestions = [];
  let chosen = 0;
  let asked = 0;
  const close = () => {
    asked += 1;
    list.hidden = true;
    suggestions = [];
    text.removeAttribute("aria-activedescendant");
  };
  const choose = (index) => {
    chosen = (index + suggestions.length) % suggestions.length;
    [...list.children].forEach((item, at) => item.setAttribute("aria-selected", String(at === chosen)));
    text.setAttribute("aria-activedescendant", `completion-${chosen}`);
    list.children[chosen].scrollIntoView({ block: "nearest" });
  };
  const open = () => {
    list.replaceChildren(...suggestions.map((one, index) => {
      const item = made("li");
      item.id = `completion-${index}`;
      item.setAttribute("role", "option");
      item.append(made("b", "", one.label), made("span", "", one.detail));
      item.addEventListener("mousedown", (event) => { event.preventDefault(); insert(index); });
      return item;
    }));
    const style = getComputedStyle(text);
    const wide = document.createElement("canvas").getContext("2d");
    wide.font = style.font;
    const { line, column } = place();
    const left = parseFloat(style.paddingLeft) + (column - 1) * wide.measureText("m").width - text.scrollLeft;
    list.style.top = `${parseFloat(style.paddingTop) + line * lineHeight() - text.scrollTop + 2}px`;
    list.style.left = `${Math.max(0, Math.min(left, text.clientWidth - 240))}px`;
    list.hidden = false;
    choose(0);
  };
  const ask = async () => {
    const mine = ++asked;
    try {
      const answer = await send(form.dataset.completion, place());
      if (mine !== asked) return;
      suggestions = answer.suggestions;
      if (suggestions.length) open(); else close();
    } catch { close(); }
  };
  const insert = (index) => {
    const one = suggestions[index];
    const end = text.selectionStart;
    text.setSelectionRange(end - one.replaces, end);
    // Keeps the browser's own undo; setRangeText would not.
    if (!document.execCommand("insertText", false, one.text)) text.setRangeText(one.text, end - one.replaces, end, "end");
    close();
    changed();
  };

  // -- keys
  let resting = 0;
  let leaving = false;
  const changed = () => {
    clearTimeout(resting);
    turn += 1;  // an answer to an earlier text says nothing about this one
    kept.textContent = "Keeping…";
    resting = setTimeout(look, 400);
    draw();
  };
  text.addEventListener("input", (event) => {
    changed();
    const typed = event.data || "";
    if (event.inputType === "insertText" && (/[\w.]/.test(typed) || (typed === " " && /:\s$/.test(text.value.slice(0, text.selectionStart))))) ask();
    else if (!list.hidden) close();
  });
  text.addEventListener("keydown", (event) => {
    if (event.ctrlKey && event.key === " ") { event.preventDefault(); ask(); return; }
    if (!list.hidden) {
      if (event.key === "ArrowDown" || event.key === "ArrowUp") { event.preventDefault(); choose(chosen + (event.key === "ArrowDown" ? 1 : -1)); return; }
      if (event.key === "Enter" || event.key === "Tab") { event.preventDefault(); insert(chosen); return; }
      if (event.key === "Escape") { event.preventDefault(); close(); return; }
      if (event.key === "ArrowLeft" || event.key === "ArrowRight") close();
    }
    if (event.key === "Escape") { leaving = true; return; }
    if (event.key === "Tab" && !event.shiftKey && !leaving) { event.preventDefault(); document.execCommand("insertText", false, "  "); return; }
    if (event.key === "Enter" && !event.ctrlKey) {
      const line = text.value.slice(0, text.selectionStart).split("\n").pop();
      const indent = /^ *(?:- )?/.exec(line)[0].replace("- ", "  ") + (/:\s*$/.test(line) ? "  " : "");
      if (indent) { event.preventDefault(); document.execCommand("insertText", false, `\n${indent}`); }
    }
    leaving = false;
  });
  text.addEventListener("scroll", () => { follow(); if (!list.hidden) close(); });
  text.addEventListener("blur", close);
  // Not lost by leaving either: what the last pause did not keep is sent on the way out.
  addEventListener("pagehide", () => {
    if (text.value === sent) return;
    const body = new URLSearchParams({ text: text.value });
    if (token) body.set("csrf_token", token.value);
    navigator.sendBeacon(form.dataset.diagnostics, body);
  });
  form.addEventListener("submit", () => { sent = text.value; });

  text.setAttribute("aria-autocomplete", "list");
  text.setAttribute("aria-controls", list.id);
  text.setAttribute("aria-haspopup", "listbox");
  form.classList.add("is-lively");
  draw();
  // The list that came with the page has no places to jump to; ask for it once more where it says something.
  if (findings.length) renew();

  async function renew() {
    try {
      findings = (await send(form.dataset.diagnostics, {})).diagnostics;
      say();
      draw();
    } catch { /* the list of the page stands */ }
  }
})();
