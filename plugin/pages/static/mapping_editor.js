// The mapping editor: CodeMirror over the text area, with findings as one types and completion. Without script the text area and its buttons do it all.
(() => {
  "use strict";
  const form = document.querySelector("[data-editor]");
  if (!form || !window.CodeMirror) return;
  const cm = CodeMirror;
  const nonce = document.currentScript.nonce;
  const area = form.querySelector("textarea");
  const kept = form.querySelector("[data-kept]");
  const count = document.querySelector("[data-count]");
  const results = document.querySelector("[data-findings]");
  const token = form.querySelector("[name=csrf_token]");
  const LEVELS = { error: "off_track", warning: "at_risk", advice: "pending" };
  const MARKS = { error: "error", warning: "warning", advice: "info" };
  const REST_MS = 400;
  const PATIENCE_MS = 15_000;

  const told = (values) => {
    const body = new URLSearchParams({ ...values, text: area.value });
    if (token) body.set("csrf_token", token.value);
    return body;
  };
  const ask = async (address, values = {}) => {
    const options = { method: "POST", headers: { Accept: "application/json" }, signal: AbortSignal.timeout(PATIENCE_MS) };
    const answer = await fetch(address, { ...options, body: told(values) });
    if (answer.status === 409) throw new Error((await answer.json()).said, { cause: "outdated" });
    if (!answer.ok) throw new Error(String(answer.status));
    return answer.json();
  };

  // -- findings: underlined in the text, marked at the line number, listed below
  const made = (name, className, content) => {
    const element = document.createElement(name);
    if (className) element.className = className;
    if (content !== undefined) element.textContent = content;
    return element;
  };
  const line = (doc, number) => doc.line(Math.min(Math.max(number, 1), doc.lines));
  const placed = (findings) => findings.filter((one) => one.line);
  const marks = (doc, findings) => placed(findings).map((one) => {
    const on = line(doc, one.line);
    const start = Math.min(Math.max(one.column - 1, 0), Math.max(on.length - 1, 0));
    const word = /^[^\s,{}[\]:]+|^./.exec(on.text.slice(start));
    const said = [one.message, one.valid.length && `Valid: ${one.valid.join(", ")}`, one.remedy && `To do: ${one.remedy}`];
    return { from: on.from + start, to: on.from + start + (word ? word[0].length : 0), severity: MARKS[one.severity], message: said.filter(Boolean).join("\n") };
  });

  class Level extends cm.GutterMarker {
    constructor(level) { super(); this.elementClass = `is-${level}`; }
    eq(other) { return this.elementClass === other.elementClass; }
  }
  const found = cm.StateEffect.define();
  const levels = cm.StateField.define({
    create: () => cm.RangeSet.empty,
    update(set, { changes, effects, state }) {
      for (const effect of effects) if (effect.is(found)) {
        const worst = new Map();
        for (const severity of ["advice", "warning", "error"])
          for (const one of placed(effect.value)) if (one.severity === severity) worst.set(line(state.doc, one.line).from, LEVELS[severity]);
        return cm.RangeSet.of([...worst].map(([at, level]) => new Level(level).range(at)), true);
      }
      return set.map(changes);
    },
    provide: (field) => cm.gutterLineClass.from(field),
  });

  const list = (findings) => {
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
  const goTo = (number, column) => {
    const on = line(view.state.doc, number);
    const at = Math.min(on.from + Math.max(column - 1, 0), on.to);
    view.dispatch({ selection: { anchor: at }, effects: cm.EditorView.scrollIntoView(at, { y: "center" }) });
    view.focus();
  };

  // -- the draft is kept by the same call that looks at it; one call at a time, so that an older text never comes after a newer
  const tell = (said, refused = false) => {
    kept.textContent = said;
    kept.classList.toggle("is-refused", refused);
  };
  const never = new Promise(() => {});
  const seen = form.elements.seen;
  let outdated = false;
  let typed = false;
  let leaving = false;
  let sent = area.value;
  let asked = area.value;
  let before = Promise.resolve();
  let underWay = 0;
  const look = (view) => {
    const { doc } = view.state;
    const first = typed ? before.then(() => (leaving || !view.state.doc.eq(doc) ? never : keep(doc))) : JSON.parse(form.dataset.found);
    return Promise.resolve(first).then((findings) => {
      if (!view.state.doc.eq(doc)) return never;
      if (typed) tell("Kept.");
      list(findings);
      view.dispatch({ effects: found.of(findings) });
      return marks(doc, findings);
    }).catch((error) => {
      outdated = error.cause === "outdated";
      if (view.state.doc.eq(doc)) tell(outdated
        ? `Not kept: ${error.message} Your text is still here; “Keep the draft” shows how to go on.`
        : "Not kept: the connector does not answer. Your text is still here; it is tried again as you type.", true);
      return never;
    });
  };
  const keep = (doc) => {
    const text = doc.toString();
    asked = text;
    const answer = ask(form.dataset.diagnostics, { seen: seen.value }).then(({ diagnostics, seen: now }) => { outdated = false; sent = text; seen.value = now; return diagnostics; });
    underWay += 1;
    before = answer.catch(() => {}).then(() => { underWay -= 1; });
    return answer;
  };
  const changed = cm.EditorView.updateListener.of((update) => {
    if (!update.docChanged) return;
    typed = true;
    area.value = update.state.doc.toString();
    tell("Keeping…");
  });

  // -- completion: keys and values of the schema, names of the site
  const complete = async (context) => {
    const on = context.state.doc.lineAt(context.pos);
    const column = context.pos - on.from + 1;
    if (!context.explicit && !/[\w.]$|:\s$/.test(on.text.slice(0, column - 1))) return null;
    const { suggestions } = await ask(form.dataset.completion, { line: on.number, column }).catch(() => ({ suggestions: [] }));
    if (!suggestions.length) return null;
    const from = context.pos - suggestions[0].replaces;
    if (suggestions.length === 1 && suggestions[0].text === context.state.sliceDoc(from, context.pos)) return null;
    return { from, filter: false, options: suggestions.map(({ text, label, detail }) => ({ label, detail, apply: text })) };
  };

  // -- typing: a new line begins where the one above does, and further in below a key; what is typed takes the place of what is selected
  const indent = cm.indentService.of((context, at) => {
    if (context.simulatedBreak === null) return undefined;
    const { text } = context.lineAt(at, -1);
    return /^ *(?:- )*/.exec(text)[0].length + (/:\s*$/.test(text) ? 2 : 0);
  });
  // Chromium would style what it puts there, which the policy of the page refuses.
  const over = cm.EditorView.domEventHandlers({
    beforeinput(event, { state }) {
      if (event.inputType !== "insertText" || event.isComposing || !event.data || state.selection.main.empty) return false;
      event.preventDefault();
      view.dispatch(state.replaceSelection(event.data), { userEvent: "input.type", scrollIntoView: true });
      return true;
    },
  });

  // -- keys: Escape, then Tab, leaves the text, however long it takes
  const leave = { key: "Escape", run: (view) => { view.setTabFocusMode(true); return false; } };
  const stay = cm.EditorView.domEventHandlers({
    keydown(event, view) { if (!["Escape", "Tab", "Shift"].includes(event.key)) view.setTabFocusMode(false); },
    focus(_event, view) { view.setTabFocusMode(false); },
  });
  const keys = cm.keymap.of([
    { key: "Tab", run: cm.acceptCompletion }, ...cm.searchKeymap, leave,
    { key: "F8", run: cm.nextDiagnostic }, { key: "Shift-F8", run: cm.previousDiagnostic },
    ...cm.historyKeymap, cm.indentWithTab, ...cm.defaultKeymap,
  ]);

  const view = new cm.EditorView({
    doc: area.value,
    extensions: [
      cm.EditorView.cspNonce.of(nonce),
      cm.EditorView.contentAttributes.of({ tabindex: "0", "aria-labelledby": "text-label", "aria-describedby": "editor-help findings-count" }),
      cm.EditorState.tabSize.of(2), cm.indentUnit.of("  "),
      cm.lineNumbers(), cm.highlightActiveLine(), cm.highlightActiveLineGutter(), levels,
      cm.yaml(), cm.syntaxHighlighting(cm.classHighlighter), cm.bracketMatching(), cm.history(),
      cm.search({ top: true }), cm.highlightSelectionMatches(),
      cm.autocompletion({ override: [complete], icons: false }), cm.linter(look, { delay: REST_MS }),
      indent, over, stay, keys, changed,
    ],
  });
  area.hidden = true;
  area.after(view.dom);
  cm.forceLinting(view);

  // Not lost by leaving either: what the last pause did not keep is sent on the way out. Who comes back before that has arrived
  // finds it in this tab, as long as the connector still holds a text that was sent before it.
  const LEFT = `draft ${form.dataset.diagnostics}`;
  const left = JSON.parse(sessionStorage.getItem(LEFT) || "null");
  sessionStorage.removeItem(LEFT);
  if (left && left.text !== area.value && left.before.includes(area.value)) {
    view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: left.text } });
  }
  // Nor may it come after what is sent by a button: a draft that was dropped would be there again.
  form.addEventListener("submit", (event) => {
    leaving = true;
    if (!underWay) return;
    const { submitter } = event;
    event.preventDefault();
    before.then(() => form.requestSubmit(submitter));
  });
  addEventListener("pageshow", () => { leaving = false; });
  addEventListener("pagehide", () => {
    if (leaving || outdated || area.value === sent) return;
    sessionStorage.setItem(LEFT, JSON.stringify({ text: area.value, before: [sent, asked] }));
    // What is under way will be the draft by then, whose version nobody here knows yet.
    navigator.sendBeacon(form.dataset.diagnostics, told(underWay ? {} : { seen: seen.value }));
  });
})();
