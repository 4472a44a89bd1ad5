// Keys and the page that lists them. Pages without a list have few keys.
const { $, all, make, base } = Inbox, { Mailbox = {} } = window, { rows, current, focused, nextRow, open, close, select, selectAll, list, focus } = Mailbox;
const q = $("#q"), click = (selector) => $(selector)?.click();
const here = () => focused() ?? current();
const ticked = () => all(".row > input:checked").map((box) => box.value);

let resting;
function step(by, more) {
  const from = here(), next = from ? nextRow(from, by) : rows().at(by > 0 ? 0 : -1);
  if (!next) return;
  if (more) { select(from ?? next, true); select(next, true); }
  focus(next);
  next.scrollIntoView({ block: "nearest" });
  clearTimeout(resting);
  if (Mailbox.isWide() && !more) resting = setTimeout(() => open(here()), 120);
}
// One after the other: the next one concerns the message that opens then.
let acting = Promise.resolve();
const act = (action) => { acting = acting.finally(() => perform(action)); };
function perform(action) {
  const ids = ticked(), row = here(), data = new FormData(list());
  if (!ids[0] && !row) return;
  clearTimeout(resting);
  data.set("action", action);
  data.delete("id");
  for (const id of ids[0] ? ids : [row.dataset.id]) data.append("id", id);
  return Mailbox.send(list().getAttribute("action"), data);
}
function cycle(group) {
  const links = all(`${group} a`), at = links.findIndex((link) => link.matches("[aria-current]"));
  links[(at + 1) % links.length]?.click();
}
function menu(key) {
  const box = all(`summary[data-key="${key}"]`).find((each) => each.checkVisibility())?.parentElement;
  if (box) [box.open, box.was] = [true, document.activeElement];
  $("input", box ?? list())?.focus();
}
const goTo = { i: "/", o: "/outbox", l: "/previews", s: "/sessions", f: "/faults", a: "/api/v1/" };
const keys = {
  j: () => step(1), ArrowDown: () => step(1), k: () => step(-1), ArrowUp: () => step(-1), J: () => step(1, true), K: () => step(-1, true),
  Enter: () => { clearTimeout(resting); open(here(), true); }, Escape: () => ticked()[0] ? selectAll(false) : close(), u: close,
  x: () => here() && select(here(), !$("input", here()).checked), a: () => selectAll(ticked().length < rows().length),
  "#": () => act("delete"), Delete: () => act("delete"), U: () => act("unread"), z: Mailbox.undo,
  t: () => menu("t"), r: () => menu("r"), "/": () => { q.focus(); q.select(); },
  "[": () => click(".list-foot [rel=prev]"), "]": () => click(".list-foot [rel=next]"),
  c: () => click("#read .big .copy"), o: () => click("#read .go a"), y: () => click("#read .go .copy"),
  i: () => click("#read [data-key=i]"), w: () => cycle(".widths"), d: () => cycle(".schemes"), "=": () => click("#group"), v: () => click("#table"),
  m: () => { const [a, b] = ticked(); if (b) leave(`${base}/compare?a=${a}&b=${b}`); },
  f: () => Inbox.say($("#scroller").dataset[Mailbox.follow() ? "followOn" : "followOff"]), "?": async () => (await wanted()).sheet(),
};
if (!list) for (const key in keys) if (!"/?".includes(key)) delete keys[key];
let going = 0;
addEventListener("keydown", (event) => {
  const { target, key } = event, commands = event.ctrlKey || event.metaKey;
  if (commands && key === "k") { event.preventDefault(); return palette.click(); }
  if (event.defaultPrevented || commands || event.altKey || "keys" in document.body.dataset || $("dialog[open]")) return;
  const box = $("details.menu[open]");
  if (key === "Escape" && box) {
    box.open = false;
    (box.was?.isConnected ? box.was : $("summary", box)).focus();
    return box.was = 0;
  }
  if (target.matches("input:not([type=checkbox]), textarea, select")) return key === "Escape" && target.blur();
  if (key === "Enter" && !target.matches(".open, body") || key.startsWith("Arrow") && target.closest(".panel, .menu-box, .side")) return;
  if (Date.now() < going && goTo[key]) return leave(base + goTo[key]);
  going = key === "g" ? Date.now() + 1000 : 0;
  const tab = /^[1-8]$/.test(key) && all("#read .tabs > a")[key - 1];
  const action = tab ? () => tab.click() : Object.hasOwn(keys, key) && keys[key];
  if (action && action() !== false) event.preventDefault();
});

// While the server is away, a page that does not come would replace this one. The last choice counts.
let leaving;
function leave(url, event) {
  const go = () => location.assign(url);
  if (event?.defaultPrevented) return;
  if (Inbox.live.dataset.state !== "off") return event || go();
  event?.preventDefault();
  leaving?.abort();
  const { signal } = leaving = new AbortController();
  Inbox.load(url, { signal: AbortSignal.any([signal, AbortSignal.timeout(1e4)]) }).then(go, () => signal.aborted || Inbox.lost());
}
addEventListener("click", (event) => {
  const link = event.target.closest("a[href]:not([target], [href^='#'], [href*='/message/'])");
  if (link?.origin === location.origin && !event.ctrlKey && !event.metaKey && !event.shiftKey && !event.altKey) leave(link.href, event);
});
addEventListener("submit", (event) => {
  if (event.target.method === "get") leave(`${event.target.action}?${new URLSearchParams(new FormData(event.target))}`, event);
});

// Palette, completion and the list of keys are loaded when they are first wanted.
const palette = $("#palette-open"), wanted = () => import(palette.dataset.module);
palette.onclick = async () => (await wanted()).palette(menu);
q.addEventListener("focus", wanted, { once: true });
