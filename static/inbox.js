// Makes the inbox live and quick; every page works without it.
"use strict";
(() => {
  const base = document.body.dataset.base;
  const $ = (selector, within = document) => within.querySelector(selector);
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];

  // Times in the reader's own zone.
  const clock = new Intl.DateTimeFormat(document.documentElement.lang, { timeStyle: "medium" });
  const day = new Intl.DateTimeFormat(document.documentElement.lang, { dateStyle: "medium", timeStyle: "short" });
  function localise(within) {
    for (const time of all("time[datetime]", within)) {
      const at = new Date(time.dateTime);
      if (isNaN(at)) continue;
      const today = at.toDateString() === new Date().toDateString();
      time.title = time.dateTime;
      time.textContent = (today ? clock : day).format(at);
    }
  }

  function enhance(within) {
    localise(within);
    for (const button of all(".copy", within)) {
      button.hidden = false;
      button.onclick = async () => {
        await navigator.clipboard.writeText(button.dataset.copy);
        const before = button.textContent;
        button.textContent = button.dataset.done;
        setTimeout(() => { button.textContent = before; }, 1200);
      };
    }
    const frame = $("iframe.mail", within), widths = $("[data-widths]", within);
    if (frame && widths) {
      widths.hidden = false;
      widths.onclick = (event) => {
        const button = event.target.closest("button");
        if (!button) return;
        if (button.dataset.scheme) {
          button.setAttribute("aria-pressed", frame.classList.toggle("dark"));
          return;
        }
        for (const other of all("[data-width]", widths)) other.setAttribute("aria-pressed", other === button);
        frame.classList.toggle("tablet", button.dataset.width === "768px");
        frame.classList.toggle("phone", button.dataset.width === "390px");
      };
    }
  }
  enhance(document);

  // The list follows the server: on each event the page's own address is asked again and the list put in place,
  // with what was ticked and focused kept. One request at a time, one more if events came meanwhile.
  let asking = false, again = false;
  async function refresh() {
    const list = $("#list");
    if (!list) return;
    if (asking) { again = true; return; }
    asking = true;
    try {
      const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
      if (!answer.ok) return;
      show(true);
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const ticked = new Set(all("input[name=id]:checked", list).map((box) => box.value));
      const known = new Set(all(".row", list).map((row) => row.dataset.id));
      const focused = document.activeElement.closest?.(".row")?.dataset.id;
      for (const id of ["list", "unread", "found"]) {
        const [now, then] = [document.getElementById(id), page.getElementById(id)];
        if (now && then) now.replaceWith(document.adoptNode(then));
      }
      const fresh = $("#list");
      for (const row of all(".row", fresh)) {
        if (ticked.has(row.dataset.id)) $("input", row).checked = true;
        if (!known.has(row.dataset.id)) row.classList.add("fresh");
        if (row.dataset.id === focused) $(".open", row).focus({ preventScroll: true });
      }
      enhance(fresh);
    } catch {
      // The server is away; the stream comes back with it.
      show(false);
    } finally {
      asking = false;
      if (again) { again = false; refresh(); }
    }
  }

  const live = $("#live");
  function show(on) {
    live.dataset.state = on ? "on" : "off";
    live.textContent = on ? live.dataset.on : live.dataset.off;
  }
  // What no event tells is asked for again and again, while somebody looks.
  const every = $("#list")?.dataset.every;
  if (every) {
    setInterval(() => { if (!document.hidden) refresh(); }, every);
  } else if (window.EventSource) {
    const stream = new EventSource(document.body.dataset.stream);
    stream.onopen = () => show(true);
    stream.onerror = () => show(false);
    for (const type of ["new", "refused", "update", "delete", "truncate", "prune"]) stream.addEventListener(type, refresh);
    addEventListener("pagehide", () => stream.close());
  }

  // Keys: j k move, Enter opens, x ticks, # deletes, u marks unread or goes back, / searches, [ ] newer and older.
  const rows = () => all(".row");
  const at = () => rows().findIndex((row) => row.contains(document.activeElement));
  function step(by) {
    const list = rows();
    if (!list.length) return;
    const from = at();
    const next = list[Math.min(list.length - 1, Math.max(0, from < 0 ? (by > 0 ? 0 : list.length - 1) : from + by))];
    $(".open", next).focus();
    next.scrollIntoView({ block: "nearest" });
  }
  async function remove(row) {
    const answer = await fetch(`${base}/api/v1/messages`, {
      method: "DELETE",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ IDs: [row.dataset.id] }),
    });
    if (!answer.ok) return;
    step(row.nextElementSibling ? 1 : -1);
    row.remove();
    refresh();
  }
  const go = (selector) => $(selector)?.click();
  addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.matches("input:not([type=checkbox]), textarea, select")) {
      if (event.key === "Escape") event.target.blur();
      return;
    }
    const row = rows()[at()];
    const keys = {
      j: () => step(1), ArrowDown: row && (() => step(1)),
      k: () => step(-1), ArrowUp: row && (() => step(-1)),
      x: row && (() => go(`.row[data-id="${CSS.escape(row.dataset.id)}"] input`)),
      "#": row ? () => remove(row) : () => go("[data-key='#']"),
      Delete: row && (() => remove(row)),
      u: () => go(".back"), Escape: () => go(".back"),
      U: () => go("[data-key='u']"),
      "[": () => go("a[rel=prev]"), "]": () => go("a[rel=next]"),
      "/": () => $("#q").focus(),
    };
    const action = keys[event.key] || (/^[1-9]$/.test(event.key) && (() => all(".tabs a")[event.key - 1]?.click()));
    if (action) { event.preventDefault(); action(); }
  });
})();
