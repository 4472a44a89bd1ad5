// Every page: times, copying, the live connection, title, notifications.
document.documentElement.classList.add("scripted");
const $ = (selector, within = document) => within.querySelector(selector);
const all = (selector, within = document) => [...within.querySelectorAll(selector)];
const make = (name, properties) => Object.assign(document.createElement(name), properties);
// fetch() refuses a password, which addresses inherit from that of the page.
const clean = (url) => Object.assign(new URL(url, location.origin), { username: "", password: "" });
const { base, ...data } = document.body.dataset, [stream, worker] = [data.stream, data.worker].map((url) => clean(url).href);

// Times in the reader's time zone.
const language = document.documentElement.lang, format = (options) => new Intl.DateTimeFormat(language, options);
const hour = format({ timeStyle: "short" }), date = format({ month: "short", day: "numeric" });
const long = format({ dateStyle: "medium", timeStyle: "medium" }), heading = format({ weekday: "long", month: "long", day: "numeric" });
const relative = new Intl.RelativeTimeFormat(language, { numeric: "auto", style: "short" });
const days = (at) => Math.round((new Date(at).setHours(0, 0, 0, 0) - new Date().setHours(0, 0, 0, 0)) / 864e5);
const dayName = (at) => days(at) > -2 ? relative.format(days(at), "day") : heading.format(at);
function ago(at) {
  const minutes = Math.max(0, Math.floor((Date.now() - at) / 6e4));
  return minutes < 60 ? relative.format(-minutes, minutes ? "minute" : "second") : relative.format(-Math.floor(minutes / 60), "hour");
}
function localise(within) {
  for (const time of all("time[datetime]", within)) {
    const at = new Date(time.dateTime), today = days(at) === 0;
    if (isNaN(at) || time.closest(".day")) continue;
    time.title = long.format(at);
    const short = time.closest(".row") ? (today ? hour : date).format(at) : today && `${hour.format(at)} · ${ago(at)}`;
    time.textContent = "exact" in time.dataset ? time.title : short || time.title;
  }
}

async function load(url, options) {
  // An offer to undo stays.
  const slow = setTimeout(() => $(".toast form") || say(live.dataset.slow), 5e3);
  const answer = await fetch(clean(url), { headers: { Accept: "text/html" }, ...options }).finally(() => clearTimeout(slow));
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  return { ok: answer.ok, url: answer.url, page };
}

// A short message at the foot.
let toast = $(".toast"), hiding;
function show(element, time = 1e4) {
  if (toast !== element) toast?.remove();
  toast = element;
  clearTimeout(hiding);
  hiding = setTimeout(() => toast.matches(":hover, :focus-within") ? show(toast, 2e3) : toast.remove(), time);
}
function say(text) {
  const element = make("p", { className: "notice toast", role: "status" });
  $("#main").prepend(element);
  show(element, 4e3);
  element.textContent = text;
}

// The clipboard API works only over https and on loopback.
async function copy(button) {
  const text = button.dataset.copy;
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    const area = make("textarea", { value: text, className: "off" });
    document.body.append(area);
    area.select();
    const done = document.execCommand("copy");
    area.remove();
    button.focus({ preventScroll: true });
    if (!done) return;
  }
  say(`${button.dataset.done ?? $("#list")?.dataset.copied ?? ""} ${text}`);
}
function enhance(within) {
  localise(within);
  for (const mark of all("span.code", within)) {
    const button = make("button", { type: "button", className: "code", textContent: mark.textContent });
    button.dataset.copy = mark.textContent;
    mark.replaceWith(button);
  }
}
addEventListener("click", ({ target }) => {
  const button = target.closest("button[data-copy]");
  if (button) copy(button);
  for (const menu of all("details.menu[open]")) if (!menu.contains(target)) menu.open = false;
});

// One connection for all pages where it can be shared; else one for a visible page.
const listeners = [], live = $("#live");
function connected(on) {
  const state = on ? "on" : "off";
  if (live.dataset.state !== state) live.textContent = live.dataset[live.dataset.state = state];
}
function lost() {
  connected(false);
  say(live.dataset.lost);
}
function receive({ type, data }) {
  connected(type !== "error");
  if (type === "stats") setUnread(data.Unread + data.UnreadRefused);
  for (const listener of listeners) listener(type, data);
}
function connect(listen) {
  let source, port;
  function use(on) {
    if (port) return port.postMessage(on && stream);
    source?.close();
    source = on && !document.hidden ? listen(stream, receive) : null;
  }
  function alone() {
    port = null;
    document.addEventListener("visibilitychange", () => use(true));
    use(true);
  }
  try {
    const shared = new SharedWorker(worker, stream);
    shared.onerror = alone;
    port = shared.port;
    port.onmessage = (event) => receive(event.data);
    use(true);
  } catch { alone(); }
  onpagehide = () => use(false);
  onpageshow = (event) => event.persisted && use(true);
}

// Unread messages: title, name, icon.
const icon = $("link[rel=icon]"), plain = icon.href;
let unread = +($("#unread")?.textContent ?? 0), title = document.title.replace(/^\(\d+\) /, "");
function setTitle(text = title) {
  title = text;
  document.title = unread > 0 ? `(${unread}) ${title}` : title;
}
function setUnread(count) {
  unread = +count;
  if ($("#unread")) $("#unread").textContent = unread;
  setTitle();
  icon.href = unread > 0 ? icon.dataset.dot : plain;
}
setUnread(unread);

// Notifications on request. Browsers may refuse them, or to remember the choice.
const notify = $("#notify");
let notifying;
function choose(on) {
  notifying = on;
  notify.hidden = !window.Notification || Notification.permission === "denied";
  notify.title = notify.dataset[on ? "on" : "off"];
  notify.ariaPressed = on;
  if (on) import(notify.dataset.module);
  try { localStorage.setItem("notify", on); } catch {}
}
try { notifying = localStorage.getItem("notify") === "true"; } catch {}
choose(notifying && window.Notification?.permission === "granted");
notify.onclick = async () => choose(!notifying && await Notification.requestPermission() === "granted");
// Dividers between panes. What moves them is loaded when one is touched.
for (const divider of all(".divider")) {
  divider.ariaValueNow = $(`.${divider.dataset.pane}`)?.offsetWidth;
  divider.onpointerenter = divider.onfocus = () => import(divider.dataset.module);
  divider.onpointerdown = ({ pointerId }) => divider.setPointerCapture(pointerId);
}

// A reload does not show the notice again.
const here = clean(location);
if (here.searchParams.has("done")) {
  for (const name of ["done", "undo"]) here.searchParams.delete(name);
  history.replaceState(null, "", here.pathname + here.search + here.hash);
}
if (toast) show(toast);
enhance(document);
setInterval(localise, 6e4, document);
window.Inbox = { $, all, make, base, clean, live, listeners, connect, connected, lost, enhance, load, dayName, say, show, setTitle, setUnread };
