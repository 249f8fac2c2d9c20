// A page that shows work going on looks again by itself while it goes on. Only what is marked is swapped, so nobody loses their place.
(() => {
  "use strict";
  const again = async () => {
    const before = [...document.querySelectorAll("[data-refresh]")];
    if (!before.length) return;
    try {
      const answer = await fetch(location.href, { headers: { Accept: "text/html", "X-Looks-Again": "1" } });
      const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
      const now = [...fresh.querySelectorAll("[data-refresh]")];
      // Over: the rest of the page says something else now.
      if (now.length !== before.length) { location.reload(); return; }
      before.forEach((one, at) => one.replaceWith(document.adoptNode(now[at])));
    } catch { /* the server may be restarting; look again */ }
    wait();
  };
  const wait = () => {
    const place = document.querySelector("[data-refresh]");
    if (place) setTimeout(again, Number(place.dataset.refresh));
  };
  wait();
})();
