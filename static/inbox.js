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
      const text = (today ? clock : day).format(at);
      time.title = time.dateTime;
      if (time.textContent !== text) time.textContent = text;
    }
  }

  // Plain http has no clipboard but on a loopback address: there a selection is copied.
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

  // What a button shows, and what it is called where several show the same.
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
  // A notice tells what was done once; loaded again, the address would tell it again.
  const here = new URL(location.href);
  if (here.searchParams.has("done")) {
    here.searchParams.delete("done");
    history.replaceState(history.state, "", here);
  }
  for (const hint of all(".keys")) hint.hidden = false;
  const tabs = $(".tabs"), tab = $(".tabs [aria-current]");
  if (tab) tabs.scrollLeft = tab.offsetLeft - (tabs.clientWidth - tab.offsetWidth) / 2;

  // The list follows the server: on each event the page's own address is asked again. One request at a time, one more
  // if events came meanwhile.
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
      // The server is away; the stream comes back with it.
      show(false);
    } finally {
      asking = false;
      if (again) { again = false; refresh(); }
    }
  }

  // What the server sent for an element, before the script touched it.
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
    // Above the first row nothing is read: there new mail comes into sight.
    if (scrollY > 0 && before < bar() + 1 && top.isConnected) scrollBy(0, top.getBoundingClientRect().top - before);
  }
  // Where the page begins below what stays in sight.
  const bar = () => { const box = $(".bar").getBoundingClientRect(); return Math.max(0, box.bottom); };

  // A row that is still there stays the same element, so that ticks, focus and a click under way stay with it.
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
    // The place of a row that somebody else deleted is its neighbour's.
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
  // On later pages each new mail would push every row down under the reader's eyes.
  function later(list, next) {
    const fresh = new Map(rowsOf(next).map((row) => [row.dataset.id, row]));
    for (const row of rowsOf(list)) if (fresh.has(row.dataset.id)) renew(row, fresh.get(row.dataset.id));
    const moved = rowsOf(next)[0]?.dataset.id !== rowsOf(list)[0]?.dataset.id;
    const notice = $("#moved");
    if (notice) notice.hidden = !moved;
  }
  function replace(list, next) {
    const places = "a, button, summary, input:not([type=hidden])";
    const at = all(places, list).indexOf(document.activeElement);
    list.replaceWith(next);
    enhance(next);
    if (at >= 0) all(places, next)[at]?.focus({ preventScroll: true });
  }

  const live = $("#live");
  function show(on) {
    const text = on ? live.dataset.on : live.dataset.off;
    // Written again it would be read out again.
    if (live.textContent === text) return;
    live.dataset.state = on ? "on" : "off";
    live.textContent = text;
  }
  // A browser keeps six connections to a host, and a stream holds one: only a list that is seen has one.
  const every = $("#list")?.dataset.every;
  let stream = null;
  function follow() {
    if (stream || document.hidden || !window.EventSource) return;
    stream = new EventSource(document.body.dataset.stream);
    // What came while nobody listened is no event any more.
    stream.onopen = refresh;
    stream.onerror = () => show(false);
    for (const type of ["new", "refused", "update", "delete", "truncate", "prune"]) stream.addEventListener(type, refresh);
  }
  function rest() {
    stream?.close();
    stream = null;
  }
  if (every) {
    // What no event tells is asked for again and again, while somebody looks.
    setInterval(() => { if (!document.hidden) refresh(); }, every);
    addEventListener("pageshow", (event) => { if (event.persisted) refresh(); });
  } else if ($("[data-live=list]")) {
    // The page sets its own place when rows come above it; the browser's doing the same would double it.
    document.documentElement.style.overflowAnchor = "none";
    follow();
    // At midnight a time becomes a date.
    setInterval(() => localise(document), 60_000);
    document.addEventListener("visibilitychange", () => document.hidden ? rest() : follow());
    addEventListener("pagehide", rest);
    addEventListener("pageshow", (event) => { if (event.persisted) follow(); });
  }

  // Keys: j k move, Enter opens, x ticks, # deletes, u marks unread or goes back, / searches, [ ] newer and older.
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
