// The keyboard, and little else: every page works without this file.
"use strict";
(() => {
  const typing = (element) => element instanceof Element && element.closest("input, textarea, select, [contenteditable]");
  const rows = () => Array.from(document.querySelectorAll("tr[data-href], [data-row]"));
  const here = () => document.querySelector(".at");

  // Moves the mark among the rows of the page.
  const move = (step) => {
    const all = rows();
    if (all.length === 0) return;
    const at = all.indexOf(here());
    const next = all[Math.min(Math.max(at + step, 0), all.length - 1)];
    all.forEach((row) => row.classList.toggle("at", row === next));
    next.tabIndex = -1;
    next.focus({ preventScroll: true });
    next.scrollIntoView({ block: "nearest" });
  };

  const open = (row) => {
    const link = row && (row.dataset.href || row.querySelector("a")?.getAttribute("href"));
    // Rows lead within the console alone.
    if (link && link.startsWith("/console")) window.location.assign(link);
  };

  const search = () => document.querySelector("main input[type=search], main form[role=search] input:not([type=hidden])");
  const keys = () => document.getElementById("keys");

  let awaited = 0;
  const go = (key) => {
    const link = Array.from(document.querySelectorAll("nav a[data-key]")).find((it) => it.dataset.key === key);
    if (link) window.location.assign(link.getAttribute("href"));
  };

  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (event.key === "Escape" && typing(event.target)) return event.target.blur();
    if (typing(event.target) || document.querySelector("dialog[open]")) return;
    const isSecond = Date.now() < awaited;
    awaited = 0;
    if (isSecond) return go(event.key);
    const act = {
      j: () => move(1),
      k: () => move(-1),
      g: () => { awaited = Date.now() + 1500; },
      n: () => document.querySelector(".pager a[rel=next]")?.click(),
      "/": () => search()?.focus(),
      "?": () => keys()?.showModal(),
      Enter: () => open(here()),
    }[event.key];
    // Enter belongs to whatever has the focus, unless that is the marked row.
    if (!act || (event.key === "Enter" && event.target !== here())) return;
    if (event.key !== "g") event.preventDefault();
    act();
  });

  document.addEventListener("click", (event) => {
    const target = event.target;
    if (!(target instanceof Element)) return;
    if (target.closest("[data-print]")) return window.print();
    if (target.closest("[data-keys]")) return keys()?.showModal();
    const row = target.closest("tr[data-href]");
    const isSelecting = String(window.getSelection()) !== "";
    if (row && !isSelecting && !target.closest("a, button, input, label, select, summary")) open(row);
  });

  document.addEventListener("change", (event) => {
    const target = event.target;
    if (!(target instanceof HTMLElement)) return;
    // One box for all boxes of a name.
    if (target.dataset.all) {
      document.querySelectorAll(`input[type=checkbox][name="${CSS.escape(target.dataset.all)}"]`).forEach((box) => { if (!box.disabled) box.checked = target.checked; });
    }
    if (target.closest("[data-at-once]")) target.closest("form")?.requestSubmit();
  });

  // A picture that is wider than a phone begins with its middle, where the suspect stands.
  document.querySelectorAll(".picture-frame").forEach((frame) => { frame.scrollLeft = (frame.scrollWidth - frame.clientWidth) / 2; });

  // A form is sent once, however often its button is pressed; the node would answer the second time as the first.
  document.addEventListener("submit", (event) => {
    const form = event.target;
    // What only looks, filters that change quickly among it, may be sent as often as one likes.
    if (form.method !== "post") return;
    if (Number(form.dataset.sent || 0) > Date.now()) return event.preventDefault();
    form.dataset.sent = String(Date.now() + 2000);
  });

  // A menu folded open closes when something else is chosen.
  document.addEventListener("click", (event) => {
    document.querySelectorAll("details.folded[open]").forEach((menu) => { if (!menu.contains(event.target)) menu.open = false; });
  });
})();
