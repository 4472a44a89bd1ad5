// The list and the open message: panes are swapped in place, new rows slide in, place and focus stay.
"use strict";
const Mailbox = (() => {
  const { $, all, base, enhance, localise, dayName, days, setTitle } = Inbox;
  const MOST_ROWS = 300;
  const list = () => $("#list"), scroller = () => $("#scroller"), reading = () => $("#read");
  const rows = () => all("#scroller .row");
  const isWide = () => matchMedia("(min-width: 830px)").matches;
  const parse = (html) => new DOMParser().parseFromString(html, "text/html");
  const adopt = (element) => document.adoptNode(element);
  const rowOf = (id) => $(`.row[data-id="${CSS.escape(id)}"]`);
  const current = () => rowOf(reading().dataset.id ?? "");
  const focused = () => document.activeElement?.closest(".row");

  // Headings of days in the reader's time zone.
  function headings() {
    all("#scroller .day").forEach((day) => day.remove());
    let above = null;
    for (const row of rows()) {
      const at = new Date($("time", row).dateTime), day = days(at);
      if (day === above) continue;
      above = day;
      const heading = document.createElement("li");
      heading.className = "day";
      heading.textContent = dayName(at);
      row.before(heading);
    }
  }

  // The HTML that the server sent for an element, before the script changed it.
  const served = new WeakMap();
  const remember = (element) => { if (element) served.set(element, element.outerHTML); return element; };

  // Takes rows, counts and the sidebar from a page that the server has just rendered.
  function settle(page, { jump = false, gone = [] } = {}) {
    const next = page.getElementById("list");
    if (!next) return;
    for (const row of all(".row", next)) remember(row);
    for (const id of ["found", "side", "unread"]) replaceIfNew(id, page);
    for (const id of gone) drop(rowOf(id));
    const [old, fresh] = [$(".rows", list()), $(".rows", next)];
    if (!old || !fresh) return swapList(next);
    if ("later" in list().dataset || !jump && isAway()) pending(all(".row", fresh));
    else merge(old, all(".row", fresh), next);
  }
  function replaceIfNew(id, page) {
    const [now, then] = [document.getElementById(id), page.getElementById(id)];
    if (!now || !then || now.outerHTML === (served.get(now) ?? now.outerHTML) && now.outerHTML === then.outerHTML) return;
    if (now.contains(document.activeElement) || now.matches(":hover") && id === "side") return counts(now, then);
    const top = now.scrollTop, open = all("details", now).map((details) => details.open);
    now.replaceWith(adopt(then));
    then.scrollTop = top;
    all("details", then).forEach((details, at) => { details.open = open[at] ?? false; });
    if (id === "side") { const notify = $("#notify", now); notify && $("#notify", then)?.replaceWith(notify); }
  }
  // While the pointer or the focus is in the sidebar, only its numbers change.
  function counts(now, then) {
    const [olds, news] = [all(".n", now), all(".n", then)];
    if (olds.length === news.length) olds.forEach((old, at) => { old.textContent = news[at].textContent; });
  }
  function swapList(next) {
    all(".row", next).forEach(remember);
    list().replaceWith(adopt(next));
    decorate();
  }
  // The reader has scrolled, or holds the pointer down, or has a menu open: rows must not move.
  let pressed = false;
  addEventListener("pointerdown", () => { pressed = true; });
  addEventListener("pointerup", () => { pressed = false; });
  addEventListener("pointercancel", () => { pressed = false; });
  const isAway = () => scroller().scrollTop > 4 || pressed;

  function pending(fresh) {
    const known = new Set(rows().map((row) => row.dataset.id));
    for (const row of fresh) if (known.has(row.dataset.id)) renew(rowOf(row.dataset.id), row);
    const first = rows()[0]?.dataset.id;
    const at = fresh.findIndex((row) => row.dataset.id === first);
    const pill = $("#moved"), count = at < 0 ? `${fresh.length}+` : at;
    pill.hidden = at === 0;
    pill.textContent = pill.dataset.text.replace("#", count);
  }
  function merge(old, fresh, next) {
    const known = new Map(rows().map((row) => [row.dataset.id, row]));
    const shared = fresh.filter((row) => known.has(row.dataset.id)).length;
    const last = [...known.keys()].findLastIndex((id) => fresh.some((row) => row.dataset.id === id));
    const ids = new Set(fresh.map((row) => row.dataset.id));
    const wanted = fresh.map((row) => {
      const was = known.get(row.dataset.id);
      if (was) return renew(was, row);
      if (shared) row.classList.add("fresh");
      enhance(row);
      return row;
    });
    // Rows below the first page stay, since they were appended or have moved down.
    [...known.values()].forEach((row, at) => {
      if (ids.has(row.dataset.id)) return;
      if (shared && at > last && fresh.length >= 50) wanted.push(row);
      else drop(row);
    });
    all(".day", old).forEach((day) => day.remove());
    let at = old.firstElementChild;
    for (const row of wanted.slice(0, MOST_ROWS)) {
      if (row === at) at = at.nextElementSibling;
      else old.insertBefore(adopt(row), at);
    }
    for (const row of rows().slice(MOST_ROWS)) row.remove();
    $("#moved").hidden = true;
    headings();
    mark();
    foot(next);
  }
  // If the focused row is deleted, its neighbour gets the focus.
  function drop(row) {
    if (!row) return;
    const neighbour = row === focused() && (nextRow(row, 1) ?? nextRow(row, -1));
    if (neighbour) $(".open", neighbour).focus({ preventScroll: true });
    row.remove();
  }
  function renew(row, fresh) {
    if (!row || served.get(row) === served.get(fresh)) return row;
    served.set(row, served.get(fresh));
    row.className = fresh.className;
    for (const part of [".open", ".marks"]) $(part, row).replaceChildren(...$(part, fresh).cloneNode(true).childNodes);
    enhance(row);
    return row;
  }
  function mark() {
    const open = current();
    for (const row of all(".row.now")) if (row !== open) { row.classList.remove("now"); $(".open", row).removeAttribute("aria-current"); }
    open?.classList.add("now");
    if (open) $(".open", open).setAttribute("aria-current", "true");
  }
  function foot(next) {
    const [now, then] = [$(".list-foot", list()), $(".list-foot", next)];
    const range = $("span", then).textContent, shown = rows().length;
    if (shown <= 50) now.replaceWith(adopt(then));
    else $("span", now).textContent = range.replace(/–\d+/, `–${shown}`);
  }
  function decorate() {
    enhance(list());
    headings();
    mark();
    selected();
  }

  // At most one request at a time; events that arrive meanwhile cause one more.
  let asking = false, again = false;
  const gone = new Set();
  async function refresh(options = {}) {
    if (document.hidden || asking) { again = true; return; }
    asking = true;
    const deleted = [...gone];
    gone.clear();
    try {
      const answer = await fetch(listUrl(), { headers: { Accept: "text/html" } });
      if (answer.ok) settle(parse(await answer.text()), { ...options, gone: deleted });
    } catch {
      Inbox.connected(false);
    } finally {
      setTimeout(() => { asking = false; if (again) { again = false; refresh(); } }, 120);
    }
  }
  function listUrl() {
    const data = new FormData(list()), url = new URL(`${base}/`, location);
    for (const name of ["q", "start"]) if (Number(data.get(name)) !== 0 || name === "q" && data.get(name)) url.searchParams.set(name, data.get(name));
    return url;
  }
  document.addEventListener("visibilitychange", () => { if (!document.hidden && again) { again = false; refresh(); } });
  Inbox.listeners.push((type, data) => {
    if (type === "stats" || type === "error") return;
    if (type === "delete") gone.add(data.ID);
    refresh().then(() => { if (type === "new" && following) setTimeout(follow, 200); });
  });

  // Opens a message, or another tab of it, in the reading pane.
  let opening = null;
  async function show(url, { push = true, focus = false } = {}) {
    opening?.abort();
    opening = new AbortController();
    const pane = new URL(url, location);
    for (const [name, value] of Object.entries(view)) if (value && !pane.searchParams.has(name)) pane.searchParams.set(name, value);
    pane.searchParams.set("pane", "1");
    pane.hash = "";
    try {
      const answer = await fetch(pane, { signal: opening.signal, headers: { Accept: "text/html" } });
      if (!answer.ok) throw new Error(answer.status);
      place($("#read", parse(await answer.text())), focus);
      if (push) history.pushState({ pane: true }, "", url);
    } catch (error) {
      if (error.name !== "AbortError") location.assign(url);
    }
  }
  function place(article, focus) {
    reading().replaceWith(adopt(article));
    enhance(article);
    document.body.classList.add("open");
    setTitle(article.dataset.title);
    const row = current();
    if (row) { row.classList.remove("unread"); }
    mark();
    if (focus) article.focus({ preventScroll: true });
    const tab = $(".tabs [aria-current]", article), tabs = $(".tabs", article);
    if (tab) tabs.scrollLeft = tab.offsetLeft - (tabs.clientWidth - tab.offsetWidth) / 2;
  }
  const openRow = (row, options) => row && show($(".open", row).href, options);
  Inbox.openMessage = (id) => show(`${base}/view/${id}`);
  // Back to the list: on a phone the message gives way, elsewhere the focus returns to its row.
  function close() {
    const row = current();
    if (document.body.classList.contains("open") && !isWide()) {
      document.body.classList.remove("open");
      history.pushState({ pane: true }, "", listUrl());
    }
    (row ?? rows()[0])?.scrollIntoView({ block: "nearest" });
    $(".open", row ?? rows()[0] ?? document.createElement("p"))?.focus({ preventScroll: true });
  }
  addEventListener("popstate", () => {
    const id = /\/view\/([^/?]+)/.exec(location.pathname)?.[1];
    const at = new URL(location), here = listUrl();
    if ((at.searchParams.get("q") ?? "") !== (here.searchParams.get("q") ?? "")) return location.reload();
    if (id) return show(location.href, { push: false });
    document.body.classList.remove("open");
    if (isWide() && reading().dataset.id) location.reload();
  });

  // Width and colours of the preview, kept for the messages that are opened next.
  const view = {};
  document.addEventListener("click", (event) => {
    if (event.defaultPrevented || event.button || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    const link = event.target.closest("a");
    if (!link || link.target) return;
    if (link.matches(".row .open")) { event.preventDefault(); openRow(link.closest(".row"), { focus: !isWide() }); }
    else if (link.matches(".back")) { event.preventDefault(); close(); }
    else if (link.matches("#moved")) { event.preventDefault(); scroller().scrollTop = 0; refresh({ jump: true }); }
    else if (link.matches("#read [data-tab], #read .tools a, #read [rel=prev], #read [rel=next]")) {
      event.preventDefault();
      const to = new URL(link.href);
      for (const name of ["w", "scheme"]) if (to.searchParams.has(name)) view[name] = to.searchParams.get(name);
      show(link.href, { push: !link.closest(".tools") });
    }
  });

  // Forms answer with a page: its list and its notice are taken over, and the next message opens after a deletion.
  document.addEventListener("submit", async (event) => {
    const form = event.target, button = event.submitter;
    if (form.method !== "post" || !form.closest(".mailbox") || form.matches("[data-plain]")) return;
    event.preventDefault();
    send(form.action, new FormData(form, button), button);
  });
  async function send(action, data, button) {
    const ids = data.get("action") === "delete" ? data.getAll("id") : /\/view\/([^/]+)\/delete/.exec(action)?.slice(1) ?? [];
    const wasOpen = ids.includes(reading().dataset.id), next = wasOpen && after(ids);
    const answer = await fetch(action, { method: "POST", body: new URLSearchParams(data), headers: { Accept: "text/html" } })
      .catch(() => Inbox.connected(false));
    if (!answer) return;
    const page = parse(await answer.text());
    if (!answer.ok && !$("#read", page)) return location.assign(answer.url);
    for (const id of ids) drop(rowOf(id));
    for (const box of all(".row input:checked")) box.checked = false;
    selected();
    settle(page, { jump: scroller().scrollTop < 5, gone: ids });
    const toast = $(".toast", page);
    if (toast) { $("#main").prepend(adopt(toast)); Inbox.show(toast); undoing = $("form", toast) ?? undoing; }
    const article = $("#read", page);
    if (article?.dataset.id && article.dataset.id === reading().dataset.id) place(article);
    else if (wasOpen && next) openRow(next);
    else if (wasOpen || action.endsWith("/unread") || data.get("action") === "clear") { place($("#read.none", page) ?? reading()); document.body.classList.remove("open"); history.pushState({ pane: true }, "", listUrl()); }
    button?.blur?.();
  }
  let undoing = $(".toast form");
  function undo() {
    if (undoing) send(undoing.action, new FormData(undoing));
    undoing = null;
    $(".toast")?.remove();
  }
  function after(ids) {
    let row = current();
    for (const by of [1, -1]) for (let at = row; at; at = nextRow(at, by)) if (!ids.includes(at.dataset.id)) return at;
    return null;
  }
  function nextRow(row, by) {
    const list = rows();
    return list[list.indexOf(row) + by] ?? null;
  }

  // The selection: ranges by shift, all of the page, all that the search finds.
  let anchor = null;
  const boxes = () => all(".row > input");
  function selected() {
    const count = boxes().filter((box) => box.checked).length, label = $("#selected");
    if (label) label.textContent = label.dataset.text.replace("#", count);
    const box = $("#all");
    if (box) { box.checked = count > 0 && count === boxes().length; box.indeterminate = count > 0 && !box.checked; }
  }
  function select(row, on, range) {
    const list = boxes(), box = $("input", row);
    const [from, to] = range && anchor?.isConnected ? [list.indexOf(anchor), list.indexOf(box)].sort((a, b) => a - b) : [0, -1];
    for (const each of list.slice(from, to + 1)) each.checked = on;
    box.checked = on;
    anchor = box;
    selected();
  }
  function selectAll(on) {
    for (const box of boxes()) box.checked = on;
    selected();
  }
  document.addEventListener("click", (event) => {
    const box = event.target;
    if (box.matches("#all")) selectAll(box.checked);
    else if (box.matches("[data-none]")) { selectAll(false); box.checked = true; }
    else if (box.matches(".row > input")) select(box.closest(".row"), box.checked, event.shiftKey);
    else if (event.shiftKey && box.closest(".row .open")) { event.preventDefault(); select(box.closest(".row"), true, true); }
  });

  // The next page is appended before the end is reached.
  let loading = false;
  async function append() {
    const older = $(".list-foot [rel=next]");
    if (!older || loading || rows().length >= MOST_ROWS) return;
    loading = true;
    try {
      const answer = await fetch(older.href, { headers: { Accept: "text/html" } });
      const next = answer.ok && parse(await answer.text()).getElementById("list");
      if (!next) return;
      const known = new Set(rows().map((row) => row.dataset.id));
      for (const row of all(".row", next)) {
        if (known.has(row.dataset.id)) continue;
        remember(row);
        $("#scroller .rows").append(adopt(row));
        enhance(row);
      }
      const link = $(".list-foot [rel=next]", next);
      if (link) older.href = link.href; else older.remove();
      const range = $(".list-foot span");
      range.textContent = range.textContent.replace(/–\d+/, `–${Number(/\d+/.exec(range.textContent)) + rows().length - 1}`);
      headings();
    } catch { /* the link stays */ } finally { loading = false; }
  }
  document.addEventListener("scroll", (event) => {
    const box = event.target;
    if (box.id !== "scroller") return;
    if (box.scrollHeight - box.scrollTop - box.clientHeight < 400) append();
    if (box.scrollTop < 5 && !$("#moved").hidden && !("later" in list().dataset)) refresh({ jump: true });
  }, true);

  // Follow mode opens each message that arrives.
  let following = false;
  function follow() { if (rows()[0] && rows()[0] !== current()) openRow(rows()[0]); }
  function toggleFollow() { following = !following; document.body.classList.toggle("following", following); if (following) follow(); return following; }

  all(".row", document).forEach(remember);
  decorate();
  if (reading().dataset.id) current()?.scrollIntoView({ block: "nearest" });
  return { rows, current, focused, nextRow, openRow, close, select, selectAll, selected, undo, send, show, isWide, toggleFollow, list };
})();
