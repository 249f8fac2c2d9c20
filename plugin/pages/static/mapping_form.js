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
