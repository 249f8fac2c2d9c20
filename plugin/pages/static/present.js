// Arrows lead from one objective to the next, Escape out. Without this file the links below each do.
(() => {
  "use strict";
  const slides = [...document.querySelectorAll(".slide")];
  const here = () => {
    const middle = innerHeight / 2;
    const found = slides.findIndex((one) => one.getBoundingClientRect().bottom > middle);
    return found < 0 ? slides.length - 1 : found;
  };
  const show = (place) => {
    const slide = slides[Math.min(Math.max(place, 0), slides.length - 1)];
    history.replaceState(null, "", `#${slide.id}`);
    slide.scrollIntoView();
    slide.focus({ preventScroll: true });
  };
  const keys = {
    ArrowRight: () => show(here() + 1), ArrowDown: () => show(here() + 1), PageDown: () => show(here() + 1),
    ArrowLeft: () => show(here() - 1), ArrowUp: () => show(here() - 1), PageUp: () => show(here() - 1),
    Home: () => show(0), End: () => show(slides.length - 1),
    Escape: () => { location.href = document.querySelector("[data-leave]").href; },
  };
  document.addEventListener("keydown", (event) => {
    const act = keys[event.key];
    if (!act || event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    act();
  });
})();
