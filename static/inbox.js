// Adds live updates and keyboard shortcuts to the inbox. Every page works without it.
"use strict";
(() => {
  const base = document.body.dataset.base;
  const $ = (selector, within = document) => within.querySelector(selector);
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];

  // Shows times in the reader's time zone.
  const clock = new Intl.DateTimeFormat(document.documentElement.lang, { timeStyle: "medium" });
  const day = new Intl.DateTimeFormat(document.documentElement.lang, { dateStyle: "medium", timeStyle: "short" });
  function localise(within) {
    for (const time of all("time[datetime]", within)) {
      const at = new Date(time.dateTime);
      if (isNaN(at)) continue;
      const today = at.toDateString() === new Date().toDateString();
      const text = (today ? clock : day).format(at);
      time.title = time.dateTime;
      if (time.textContent !== text) time.textContent = text;
    }
  }

  // Browsers offer the clipboard API only over https or on loopback addresses. Elsewhere, copy a selection.
  async function copied(text) {
    try {
      await navigator.clipboard.writeText(text);
      return true;
    } catch {
      const area = document.createElement("textarea");
      area.value = text;
      area.className = "off";
      document.body.append(area);
      area.select();
      const done = document.execCommand("copy");
      area.remove();
      return done;
    }
  }

  // Sets the text of a button, and an accessible name that distinguishes it from buttons with the same text.
  function say(button, text, name) {
    button.textContent = text;
    button.setAttribute("aria-label", name);
  }

  function enhance(within) {
    localise(within);
    for (const button of all(".copy", within)) {
      button.dataset.name ??= button.textContent;
      say(button, button.dataset.name, `${button.dataset.name}: ${button.dataset.copy}`);
      button.hidden = !(navigator.clipboard || document.queryCommandSupported?.("copy"));
      button.onclick = async () => {
        if (!await copied(button.dataset.copy)) return;
        button.focus();
        const { copy, name, done } = button.dataset;
        say(button, done, `${done}: ${copy}`);
        setTimeout(() => say(button, name, `${name}: ${copy}`), 1200);
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
  // Removes `done` from the address, so that a reload does not show the notice again.
  const here = new URL(location.href);
  if (here.searchParams.has("done")) {
    here.searchParams.delete("done");
    history.replaceState(history.state, "", here);
  }
  for (const hint of all(".keys")) hint.hidden = false;
  const tabs = $(".tabs"), tab = $(".tabs [aria-current]");
  if (tab) tabs.scrollLeft = tab.offsetLeft - (tabs.clientWidth - tab.offsetWidth) / 2;

  // Each event reloads the list from the page's own address. At most one request runs at a time; events that arrive
  // meanwhile cause one more.
  let asking = false, again = false;
  async function refresh() {
    if (asking) { again = true; return; }
    asking = true;
    try {
      const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
      if (!answer.ok) return;
      show(true);
      settle(new DOMParser().parseFromString(await answer.text(), "text/html"));
    } catch {
      // The server cannot be reached. The stream reconnects by itself.
      show(false);
    } finally {
      asking = false;
      if (again) { again = false; refresh(); }
    }
  }

  // The HTML that the server sent for an element, before the script changed it.
  const served = new WeakMap();
  const remember = (element) => { if (element) served.set(element, element.outerHTML); return element; };
  const rowsOf = (within) => all(".row", within);
  remember($("#list"));
  rowsOf(document).forEach(remember);
  enhance(document);

  function settle(page) {
    const list = $("#list"), next = document.adoptNode(page.getElementById("list"));
    for (const id of ["unread", "found", "tags"]) {
      const [now, then] = [document.getElementById(id), page.getElementById(id)];
      if (!now || !then || now.isEqualNode(then)) continue;
      if (!now.contains(document.activeElement)) now.replaceWith(document.adoptNode(then));
    }
    remember(next);
    rowsOf(next).forEach(remember);
    if (served.get(list) === served.get(next)) return;
    if ("later" in list.dataset) return later(list, next);
    if (!$(".rows", list) || !$(".rows", next)) return replace(list, next);
    const top = rowsOf(list).find((row) => row.getBoundingClientRect().bottom > bar());
    const before = top?.getBoundingClientRect().top;
    merge($(".rows", list), rowsOf(next));
    $(".pages", list).replaceWith($(".pages", next));
    served.set(list, served.get(next));
    // Keep the scroll position, except at the top of the list: there new messages should appear.
    if (scrollY > 0 && before < bar() + 1 && top.isConnected) scrollBy(0, top.getBoundingClientRect().top - before);
  }
  // The bottom edge of the sticky bar, or 0 if it has scrolled away.
  const bar = () => { const box = $(".bar").getBoundingClientRect(); return Math.max(0, box.bottom); };

  // Rows that remain keep their element, so that checkboxes, focus and a click in progress are not lost.
  function merge(rows, fresh) {
    const old = new Map(rowsOf(rows).map((row) => [row.dataset.id, row]));
    const held = rowsOf(rows).filter((row) => row.contains(document.activeElement));
    const wanted = fresh.map((row) => {
      const was = old.get(row.dataset.id);
      old.delete(row.dataset.id);
      if (was) return renew(was, row);
      row.classList.add("fresh");
      localise(row);
      return row;
    });
    // If the focused row was deleted, its neighbour gets the focus.
    for (const gone of old.values()) {
      const neighbour = gone.nextElementSibling ?? gone.previousElementSibling;
      if (held.includes(gone) && neighbour) {
        $(".open", neighbour).focus({ preventScroll: true });
        held.push(neighbour);
      }
      gone.remove();
    }
    let at = rows.firstElementChild;
    for (const row of wanted) {
      if (row === at) at = at.nextElementSibling;
      else rows.insertBefore(row, at);
    }
  }
  function renew(row, fresh) {
    if (served.get(row) === served.get(fresh)) return row;
    served.set(row, served.get(fresh));
    row.className = fresh.className;
    $(".open", row).replaceChildren(...$(".open", fresh).childNodes);
    localise(row);
    return row;
  }
  // On later pages, each new message would move every row. They update rows in place and only show a notice.
  function later(list, next) {
    const fresh = new Map(rowsOf(next).map((row) => [row.dataset.id, row]));
    for (const row of rowsOf(list)) if (fresh.has(row.dataset.id)) renew(row, fresh.get(row.dataset.id));
    const moved = rowsOf(next)[0]?.dataset.id !== rowsOf(list)[0]?.dataset.id;
    const notice = $("#moved");
    if (notice) notice.hidden = !moved;
  }
  function replace(list, next) {
    const focusable = "a, button, summary, input:not([type=hidden])";
    const at = all(focusable, list).indexOf(document.activeElement);
    list.replaceWith(next);
    enhance(next);
    if (at >= 0) all(focusable, next)[at]?.focus({ preventScroll: true });
  }

  const live = $("#live");
  function show(on) {
    const text = on ? live.dataset.on : live.dataset.off;
    // Screen readers would announce the same text again.
    if (live.textContent === text) return;
    live.dataset.state = on ? "on" : "off";
    live.textContent = text;
  }
  // Browsers allow six connections per host and a stream takes one of them, so only a visible list keeps a stream.
  const every = $("#list")?.dataset.every;
  let stream = null;
  function follow() {
    if (stream || document.hidden || !window.EventSource) return;
    stream = new EventSource(document.body.dataset.stream);
    // Events that were sent while the stream was closed are lost, so reload the list.
    stream.onopen = refresh;
    stream.onerror = () => show(false);
    for (const type of ["new", "refused", "update", "delete", "truncate", "prune"]) stream.addEventListener(type, refresh);
  }
  function rest() {
    stream?.close();
    stream = null;
  }
  if (every) {
    // The outbox has no events, so its page reloads at an interval while it is visible.
    setInterval(() => { if (!document.hidden) refresh(); }, every);
    addEventListener("pageshow", (event) => { if (event.persisted) refresh(); });
  } else if ($("[data-live=list]")) {
    // The script adjusts the scroll position when rows are added above; scroll anchoring would adjust it twice.
    document.documentElement.style.overflowAnchor = "none";
    follow();
    // After midnight, times of the previous day become dates.
    setInterval(() => localise(document), 60_000);
    document.addEventListener("visibilitychange", () => document.hidden ? rest() : follow());
    addEventListener("pagehide", rest);
    addEventListener("pageshow", (event) => { if (event.persisted) follow(); });
  }

  // Keys: j k move, Enter opens, x selects, # deletes, u goes back, U marks as unread, / searches, [ ] newer and older.
  const rows = () => rowsOf(document);
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
    }).catch(() => show(false));
    if (!answer?.ok) return;
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
