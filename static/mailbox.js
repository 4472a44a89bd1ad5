// The list and the open message: panes are swapped, new rows slide in, place and focus stay.
const { $, all, make, clean, enhance, load, lost } = Inbox, { body } = document;
const id = (row) => row?.dataset.id;
const list = () => $("#list"), scroller = () => $("#scroller"), reading = () => $("#read");
const rows = () => all("#scroller .row"), boxes = () => all(".row > input");
const rowOf = (id) => id && $(`.row[data-id="${CSS.escape(id)}"]`);
const current = () => rowOf(id(reading())), focused = () => document.activeElement?.closest(".row");
const nextRow = (row, by) => rows()[rows().indexOf(row) + by];
// The list is beside the sidebar, not above it.
const isWide = () => $("main").offsetLeft > 0;
const start = () => +list().start.value, later = () => start() > 0;
// Rows of the list at most. Beyond them, the link to older messages leads on.
const MOST = 500;
const focus = (row) => row && $(".open", row).focus({ preventScroll: true });
const push = (url) => history.pushState(null, "", url);
const listUrl = () => list().dataset.url;

// Days, and the mark of the open message.
const undated = () => all(".day").forEach((day) => day.remove());
function decorate() {
  undated();
  let above;
  for (const row of rows()) {
    const at = new Date($("time", row).dateTime), day = at.toDateString();
    if (day !== above) row.before(make("li", { className: "day", textContent: Inbox.dayName(at) }));
    above = day;
  }
  foot();
  mark();
  selected();
  grow();
}
function mark() {
  for (const [row, open] of [[$(".row.now"), false], [current(), true]]) {
    row?.classList.toggle("now", open);
    if (row) $(".open", row).ariaCurrent = open || null;
  }
}

// Range and link of the rows that are shown.
function foot() {
  const [range, next] = all(".list-foot :is(span:first-child, [rel=next])"), end = start() + rows().length;
  const total = +/\d*$/.exec(range.textContent);
  if (total) range.textContent = `${start() + 1}–${end} / ${total}`;
  if (next) next.href = next.href.replace(/start=\d+/, `start=${end}`);
  if (end >= total) next?.remove();
}
// The next page joins the list when its end comes near.
let growing;
async function grow() {
  const box = scroller(), next = $(".list-foot [rel=next]"), last = rows().at(-1);
  if (growing || !next || !box.clientHeight || rows().length >= MOST || box.scrollHeight - box.scrollTop - box.clientHeight > 400) return;
  growing = true;
  try {
    const { ok, page } = await load(`${next.href}&before=${id(last)}`);
    const fresh = all(".row", page).filter((row) => !rowOf(id(row)));
    if (ok && fresh[0] && last === rows().at(-1)) {
      fresh.forEach(enhance);
      last.after(...fresh);
      setTimeout(decorate);
    }
  // The mark of the live connection says that the server is away.
  } catch {}
  growing = false;
}

// Takes over what a page of the server shows.
function settle(page, jump) {
  const next = $("#list", page);
  if (!next) return;
  const [now, then] = [$("#side"), $("#side", page)];
  if (!now.matches(":hover, :focus-within")) {
    all("details", then).forEach((details, at) => { details.open = all("details", now)[at]?.open; });
    const top = now.scrollTop;
    now.replaceWith(then);
    then.scrollTop = top;
  }
  $("#found").textContent = $("#found", next).textContent;
  Inbox.setUnread($("#unread", page).textContent);
  const [old, fresh] = [$(".rows"), all(".row", next)];
  if (!old || !fresh[0]) {
    const held = list().contains(document.activeElement);
    list().replaceWith(next);
    enhance(next);
    if (held) focusList();
    return decorate();
  }
  const bin = $("[value=clear]");
  if (bin) $(".off", bin).textContent = bin.title = $("[value=clear]", next).title;
  const known = new Map(rows().map((row) => [id(row), row])), ids = fresh.map(id);
  // The reader has scrolled, points at a row or holds the pointer down: rows must not move.
  const aims = Date.now() - aimed < 1500, away = later() || scroller().scrollTop > 4;
  if (!jump && (aims || away || scroller().matches(":active"))) {
    fresh.forEach((row) => renew(known.get(id(row)), row));
    const count = ids.filter((each) => !known.has(each)).length, pill = $("#moved");
    pill.hidden = !count;
    pill.textContent = pill.dataset.text.replace("#", count < ids.length ? count : `${count}+`);
    if (aims && count && !away) resting ??= setTimeout(() => { resting = null; refresh(); }, 1600);
    return;
  }
  const last = [...known.keys()].findLastIndex((key) => ids.includes(key));
  const wanted = fresh.map((row) => renew(known.get(id(row)), row, last >= 0));
  // Rows below the first page stay for a while, and the open message stays where it is when the search no longer finds it.
  [...known.values()].forEach((row, at) => {
    if (ids.includes(id(row))) return;
    const below = wanted.indexOf(nextRow(row, 1));
    if (row === current()) wanted.splice(below < 0 ? wanted.length : below, 0, row);
    else if (last >= 0 && at > last && ids.length > 49 && wanted.length < MOST) wanted.push(row); else drop(row);
  });
  undated();
  wanted.forEach((row, at) => { if (old.children[at] !== row) old.insertBefore(row, old.children[at] ?? null); });
  $("#moved").hidden = true;
  $(".list-foot").replaceWith($(".list-foot", next));
  decorate();
}
let aimed = 0, resting;
onpointermove = ({ target }) => { if (target.closest?.(".row")) aimed = Date.now(); };
function renew(row, fresh, slides) {
  if (!row) { fresh.classList.toggle("fresh", !!slides); enhance(fresh); return fresh; }
  row.classList.toggle("unread", fresh.matches(".unread"));
  for (const part of [".open", ".marks"]) {
    if ($(part, row).textContent !== $(part, fresh).textContent) $(part, row).replaceChildren(...$(part, fresh).childNodes);
  }
  enhance(row);
  return row;
}
// The neighbour of a deleted row gets its focus.
function drop(row) {
  if (row && row === focused()) focus(nextRow(row, 1) ?? nextRow(row, -1));
  row?.remove();
}

// One request at a time; events meanwhile cause one more. The list waits while a message opens.
let busy = 0, again, follows, missed;
async function refresh(jump) {
  if (document.hidden || busy) { again = true; return; }
  [busy, again, missed] = [1, false, true];
  try {
    const { ok, page } = await load(listUrl());
    if (ok) { missed = false; settle(page, jump === true); }
    if (follows && rows()[0] !== current()) open(rows()[0]);
  } catch {}
  release(120);
}
const release = (ms) => setTimeout(() => { busy--; if (again) refresh(); }, ms);
document.onvisibilitychange = () => again && refresh();
Inbox.listeners.push((type, data) => {
  if (/delete|truncate/.test(type)) {
    const shown = id(reading());
    drop(rowOf(data?.ID));
    if (shown && !sending.includes(shown) && (data?.ID ?? shown) === shown) show(`${Inbox.base}/view/${shown}`, false, true);
  }
  if (type === "restored" && location.pathname.endsWith(data.ID)) show(location.href, false, true);
  // A sign of life after a refresh that failed.
  if (type !== "error" && (!/stats|ping/.test(type) || missed && !busy)) refresh();
});

// The frame of the open message loads the next one before its pane arrives; a new frame would take longer. `own` is the
// address of the open message's frame, `ahead` that of the next message's, `loaded` what the frame shows. The `src` of the
// frame stays that of its first message: to set it would load it again. A frame that came with the page is not used: the
// browser restores its last address when one comes back to the page.
const spare = $("#spare").content.firstElementChild;
let own, ahead, loaded, loading;
function begin(id) {
  const frame = $("#read .mail"), src = id ? `${Inbox.base}/view/${id}/frame${spare.dataset.query}` : own;
  // The next frame is the only one of the page.
  if (!own && id) spare.remove();
  if (!own || view.scheme || ahead === (id && src)) return;
  ahead = id && src;
  loading = new Promise((done) => {
    frame.onload = () => done(loaded = src);
    setTimeout(done, 150);
  });
  frame.contentWindow.location.replace(src);
}
onpointerdown = ({ target, button, pointerType, ctrlKey, metaKey }) => {
  if (!button && pointerType === "mouse" && !ctrlKey && !metaKey && target.closest(".row .open")) begin(id(target.closest(".row")));
};
// A press that opens nothing, such as the start of a drag.
onpointerup = onpointercancel = () => setTimeout(() => opening || begin());
// Without a message's frame, one that nobody sees keeps the browser's process for frames, whose start takes longer than
// all the rest.
onload = () => body.append(spare);

// Opens a message or a tab of it. Width and colours are kept.
let opening;
const view = {};
async function show(url, take, stay, id) {
  opening?.abort();
  const { signal } = opening = new AbortController();
  begin(id);
  const pane = clean(url), path = pane.pathname + pane.search + pane.hash;
  for (const name in view) if (!pane.searchParams.has(name)) pane.searchParams.set(name, view[name]);
  pane.searchParams.set("pane", "1");
  busy++;
  try {
    const article = $("#read", (await load(pane, { signal })).page);
    if (!article) return location.assign(path);
    if ($(".mail", article)) await loading;
    signal.throwIfAborted();
    place(article);
    if (!stay) push(path);
    if (take) (isWide() && $(".mail, .panel", reading()) || reading()).focus();
    document.getElementById(pane.hash.slice(1))?.scrollIntoView();
  } catch {
    if (signal.aborted) return;
    begin();
    lost();
  } finally {
    if (opening?.signal === signal) opening = null;
    release(200);
  }
}
// Replaces everything around a node with what is around another one. The frame stays, since one that moves loads again.
function around(node, other) {
  const fresh = [...other.parentElement.childNodes], middle = fresh.indexOf(other);
  for (const each of [...node.parentElement.childNodes]) if (each !== node) each.remove();
  node.before(...fresh.slice(0, middle));
  node.after(...fresh.slice(middle + 1));
}
function place(article) {
  const frame = $(".mail", article), kept = $("#read .mail"), src = frame?.getAttribute("src");
  if (kept && src && src === loaded) {
    around(kept.parentElement, frame.parentElement);
    around(kept, frame);
    kept.className = frame.className;
    for (const { name, value } of article.attributes) reading().setAttribute(name, value);
    article = reading();
  } else reading().replaceWith(article);
  [own, loaded, ahead] = [src, src];
  src ? spare.remove() : body.append(spare);
  enhance(article);
  body.classList.toggle("open", "title" in article.dataset);
  Inbox.setTitle(article.dataset.title ?? list().dataset.title);
  current()?.classList.remove("unread");
  mark();
  showTab();
}
function showTab() {
  const tab = $(".tabs [aria-current]");
  if (tab) tab.parentElement.scrollLeft = tab.offsetLeft - 80;
}
// The tab stays, unless it is the first one.
function open(row, take) {
  if (!row) return;
  const to = clean($(".open", row).href), tab = $(".tabs > a + [aria-current]")?.dataset.tab;
  if (tab) to.searchParams.set("tab", tab);
  return show(to, take, row === current(), id(row));
}
// Back to the list, to the row of the message.
function close() {
  const row = current() ?? rows()[0];
  if (!isWide() && body.classList.contains("open")) { body.classList.remove("open"); push(listUrl()); }
  row?.scrollIntoView({ block: "nearest" });
  focus(row);
}
function focusList() {
  scroller().tabIndex = -1;
  rows()[0] ? focus(rows()[0]) : scroller().focus();
}
onpopstate = async () => {
  if (location.pathname.includes("/view/")) return show(location.href, false, true).then(() => focused() && focus(current()));
  const { searchParams } = new URL(location.href);
  if ((searchParams.get("q") ?? "") !== list().q.value) return location.reload();
  const { page } = await load(listUrl());
  settle(page, true);
  place($("#read", page));
};
addEventListener("click", (event) => {
  const { target } = event, link = target.closest("a"), row = link?.matches(".open") && link.closest(".row");
  if (target.matches("#all")) selectAll(target.checked);
  else if (target.matches(".row > input")) select(target.closest(".row"), target.checked, event.shiftKey);
  if (!link || link.target || event.defaultPrevented || event.metaKey || event.ctrlKey || event.altKey || event.shiftKey && !row) return;
  if (row && event.shiftKey) select(row, true, true);
  else if (row) open(row, !isWide());
  else if (link.matches(".back")) close();
  else if (link.id === "moved" && !later()) { scroller().scrollTop = 0; refresh(true); }
  else if (link.matches("#read :is(.tabs, .stage, .acts) a") && /\/view\/[^/.]+$/.test(link.pathname) && !link.getAttribute("href").startsWith("#")) {
    const to = new URL(link.href);
    for (const name of ["w", "scheme"]) if (link.closest(".tools")) view[name] = to.searchParams.get(name) ?? "";
    show(link.href, false, link.closest(".tools"));
  } else return;
  event.preventDefault();
});

// Forms answer with a page. After a deletion the next message opens.
// The messages that are deleted here: what opens next is shown, not that they are deleted.
let sending = [];
onsubmit = (event) => {
  const form = event.target;
  // A choice of how the page looks returns to it, wherever the script has led.
  if (form.matches(".display *, #view-form")) form.next.value = location.pathname + location.search;
  if (form.method !== "post" || "plain" in form.dataset || event.submitter?.value === "export") return;
  event.preventDefault();
  send(event.submitter?.getAttribute("formaction") ?? form.getAttribute("action"), new FormData(form, event.submitter));
};
async function send(action, data) {
  const what = data.get("action"), deleted = what === "delete" ? data.getAll("id") : /([^/]+)\/delete/.exec(action)?.slice(1) ?? [];
  const was = [focused(), current()].find((row) => deleted.includes(id(row))) ?? current(), leaves = deleted.includes(id(was) ?? id(reading())) || what === "clear" || action.includes("/unread");
  let next = what !== "clear" && leaves && was;
  while (next && (next === was || deleted.includes(id(next)))) next = nextRow(next, 1);
  const every = deleted[0] && rows().every((row) => deleted.includes(id(row)));
  sending = what === "clear" ? [id(reading())] : deleted;
  const { ok, url, page } = await load(action, { method: "POST", body: new URLSearchParams(data) }).catch(() => ({}));
  if (!page) return lost();
  const toast = $(".toast", page), article = $("#read", page);
  if (!ok && !article) return location.assign(url);
  list().reset();
  deleted.forEach((each) => drop(rowOf(each)));
  settle(page, true);
  if (toast) { $("#main").prepend(toast); Inbox.show(toast); }
  if (leaves && every) next = rows()[0];
  if (id(article) && (!ok || id(article) === id(reading()))) place(article);
  else if (leaves && next && isWide()) await open(next);
  else if (leaves && article && !id(article)) { place(article); history.replaceState(null, "", listUrl()); }
  if (deleted[0] && document.activeElement === body) focusList();
}
const undo = () => $(".list-foot .undo")?.click();

// The selection, with ranges by shift.
let anchor;
function selected() {
  const count = all(".row > input:checked").length, label = $("#selected"), box = $("#all");
  label.textContent = label.dataset.text.replace("#", count);
  box.checked = count;
  box.indeterminate = count && count < boxes().length;
  for (const every of all("[name=all]")) every.checked &&= count;
}
function select(row, on, range) {
  const box = $("input", row), every = boxes(), [a, b] = [every.indexOf(anchor), every.indexOf(box)].sort((a, b) => a - b);
  if (range && a >= 0) every.slice(a, b + 1).forEach((each) => { each.checked = on; });
  box.checked = on;
  anchor = box;
  selected();
}
onreset = () => setTimeout(selected);
function selectAll(on) { boxes().forEach((box) => { box.checked = on; }); selected(); }
addEventListener("scroll", () => {
  if (scroller().scrollTop < 5 && !$("#moved").hidden && !later()) refresh(true);
  grow();
}, true);
function follow() {
  follows = body.classList.toggle("following");
  if (follows) open(rows()[0]);
  return follows;
}

enhance(list());
decorate();
current()?.scrollIntoView({ block: "nearest" });
showTab();
window.Mailbox = { rows, current, focused, nextRow, open, close, select, selectAll, undo, send, isWide, follow, list, focus };
