// Narrows a list of projects as somebody types; what is ticked stays in sight. Without this file the list scrolls.
(() => {
  "use strict";
  const picker = document.querySelector("[data-picker]");
  const search = picker && picker.querySelector("[data-picker-search]");
  if (!search) return;
  search.hidden = false;
  const lines = [...picker.querySelectorAll(".check")];
  const said = picker.querySelector("[data-picker-said]");
  const narrow = () => {
    const word = search.querySelector("input").value.trim().toLowerCase();
    let shown = 0;
    for (const line of lines) {
      const fits = line.textContent.toLowerCase().includes(word);
      line.hidden = !fits && !line.querySelector("input").checked;
      shown += fits;
    }
    said.textContent = word ? `${shown} of ${lines.length} projects` : "";
  };
  search.addEventListener("input", narrow);
  // Enter would choose the first preset.
  search.addEventListener("keydown", (event) => { if (event.key === "Enter") event.preventDefault(); });
})();

// Shows the value of a real issue for a field as it is chosen. Without this file “Show values” does it.
(() => {
  "use strict";
  const form = document.querySelector("[data-mapping-form]");
  if (!form) return;
  form.addEventListener("change", (event) => {
    const place = form.querySelector(`[data-sample-of="${CSS.escape(event.target.name)}"]`);
    const option = event.target.selectedOptions && event.target.selectedOptions[0];
    if (!place || !option) return;
    const value = document.createElement("b");
    value.textContent = option.dataset.sample || "";
    place.replaceChildren(value.textContent ? "Holds: " : "", value);
  });
  // The first button of a form answers Enter; in this form that must not be “Show values”.
  form.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || !event.target.matches("input:not([type=checkbox])")) return;
    event.preventDefault();
    form.requestSubmit(form.querySelector(event.target.name === "issue" ? "[value=values]" : "[value=keep]"));
  });
})();
