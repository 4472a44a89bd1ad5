// Every page of the inbox: times, copy buttons, the live connection, title, notifications. Pages work without scripts.
"use strict";
document.documentElement.classList.add("scripted");
const Inbox = (() => {
  const $ = (selector, within = document) => within.querySelector(selector);
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];
  const { base, stream, worker } = document.body.dataset;

  // Times in the reader's time zone: in rows the hour or the date, elsewhere both.
  const language = document.documentElement.lang, format = (options) => new Intl.DateTimeFormat(language, options);
  const hour = format({ timeStyle: "short" }), clock = format({ timeStyle: "medium" });
  const date = format({ month: "short", day: "numeric" }), long = format({ dateStyle: "medium", timeStyle: "medium" });
  const heading = format({ weekday: "long", month: "long", day: "numeric" });
  const relative = new Intl.RelativeTimeFormat(language, { numeric: "auto" });
  const days = (at) => Math.round((new Date(at).setHours(0, 0, 0, 0) - new Date().setHours(0, 0, 0, 0)) / 864e5);
  const dayName = (at) => days(at) > -2 ? relative.format(days(at), "day") : heading.format(at);
  function ago(at) {
    const minutes = Math.max(0, Math.floor((Date.now() - at) / 6e4));
    return minutes < 60 ? relative.format(-minutes, "minute") : relative.format(-Math.floor(minutes / 60), "hour");
  }
  function localise(within) {
    for (const time of all("time[datetime]", within)) {
      const at = new Date(time.dateTime), today = days(at) === 0;
      if (isNaN(at) || time.closest(".day")) continue;
      time.title = long.format(at);
      time.textContent = time.closest(".row") ? (today ? hour : date).format(at) : today ? `${clock.format(at)} · ${ago(at)}` : time.title;
    }
  }

  // A short message at the foot of the page, which a screen reader announces.
  let toast = $(".toast"), hiding;
  function show(element, time = 1e4) {
    if (toast !== element) toast?.remove();
    toast = element;
    clearTimeout(hiding);
    hiding = setTimeout(() => toast.matches(":hover, :focus-within") ? show(toast, 2e3) : toast.remove(), time);
  }
  function say(text) {
    const element = Object.assign(document.createElement("p"), { className: "notice toast", role: "status" });
    $("#main").prepend(element);
    show(element, 2500);
    element.textContent = text;
  }

  // Browsers offer the clipboard API only over https or on loopback addresses. Elsewhere, copy a selection.
  async function copy(button) {
    const text = button.dataset.copy;
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      const area = Object.assign(document.createElement("textarea"), { value: text, className: "off" });
      document.body.append(area);
      area.select();
      const done = document.execCommand("copy");
      area.remove();
      button.focus({ preventScroll: true });
      if (!done) return;
    }
    button.classList.add("copied");
    say(`${button.dataset.done ?? $("#list")?.dataset.copied ?? ""} ${text}`);
    setTimeout(() => button.classList.remove("copied"), 1200);
  }
  function enhance(within) {
    localise(within);
    // A code in the list is a button only where it can be copied.
    for (const mark of all("span.code", within)) {
      const button = Object.assign(document.createElement("button"), { type: "button", className: "code", textContent: mark.textContent });
      button.dataset.copy = mark.textContent;
      mark.replaceWith(button);
    }
  }
  document.addEventListener("click", ({ target }) => {
    const button = target.closest("button[data-copy]");
    if (button) copy(button);
    for (const menu of all("details.menu[open]")) if (!menu.contains(target)) menu.open = false;
  });

  // One connection for all pages of the browser, where it can be shared; else one for a visible page.
  const listeners = [], live = $("#live");
  function connected(on) {
    live.dataset.state = on ? "on" : "off";
    const text = live.dataset[live.dataset.state];
    if (live.textContent !== text) live.textContent = text;
  }
  function receive({ type, data }) {
    if (type === "open" || type === "error") connected(type === "open");
    if (type === "stats") setUnread(data.Unread);
    for (const listener of listeners) listener(type, data);
  }
  function connect(listen) {
    let source;
    const close = () => { source?.close(); source = null; };
    const open = () => { if (!source && !document.hidden) source = listen(stream, receive); };
    const alone = () => { open(); document.addEventListener("visibilitychange", () => document.hidden ? close() : open()); };
    let enter = open, leave = close;
    try {
      const shared = new SharedWorker(worker, stream);
      shared.onerror = alone;
      shared.port.onmessage = (event) => receive(event.data);
      enter = () => shared.port.postMessage(stream);
      leave = () => shared.port.postMessage(null);
      enter();
    } catch { alone(); }
    addEventListener("pagehide", leave);
    addEventListener("pageshow", (event) => { if (event.persisted) enter(); });
  }

  // The number of unread messages: in the title, beside the name, as a dot on the icon.
  const icon = $("link[rel=icon]"), plain = icon.href;
  let unread = Number($("#unread")?.textContent ?? 0), title = document.title.replace(/^\(\d+\) /, "");
  function setTitle(text = title) {
    title = text;
    document.title = unread > 0 ? `(${unread}) ${title}` : title;
  }
  function setUnread(count) {
    unread = Number(count);
    if ($("#unread")) $("#unread").textContent = unread;
    setTitle();
    icon.href = unread > 0 ? icon.dataset.dot : plain;
    navigator.setAppBadge?.(unread).catch(() => {});
  }
  setUnread(unread);

  // Notifications, if the reader asked for them. Browsers may refuse them, or to remember the choice.
  const notify = $("#notify");
  let notifying = false;
  function choose(on) {
    notifying = on;
    notify.hidden = !window.Notification || Notification.permission === "denied";
    notify.textContent = notify.dataset[on ? "on" : "off"];
    notify.setAttribute("aria-pressed", on);
    try { localStorage.setItem("notify", on); } catch { /* for this page alone */ }
  }
  try { notifying = localStorage.getItem("notify") === "true"; } catch { /* off */ }
  choose(notifying && window.Notification?.permission === "granted");
  notify.onclick = async () => choose(!notifying && await Notification.requestPermission() === "granted");
  listeners.push((type, { ID, Subject, Snippet, From } = {}) => {
    if (type !== "new" || !notifying || document.hasFocus()) return;
    const text = `${Subject} ${Snippet}`, code = /code|코드|인증|verif/i.test(text) && /(?<!\d)\d{4,8}(?!\d)/.exec(text)?.[0];
    const from = From?.Name || From?.Address || "";
    try {
      const note = new Notification(code ? `${code} — ${from}` : Subject, { body: code ? Subject : from, tag: ID });
      note.onclick = () => { focus(); Inbox.openMessage ? Inbox.openMessage(ID) : location.assign(`${base}/view/${ID}`); };
    } catch { /* some systems allow them in a service worker alone */ }
  });

  // Removes `done` from the address, so that a reload does not show the notice again.
  const here = new URL(location.href);
  if (here.searchParams.has("done")) {
    for (const name of ["done", "undo"]) here.searchParams.delete(name);
    history.replaceState(null, "", here);
  }
  if (toast) show(toast);
  enhance(document);
  setInterval(localise, 6e4, document);
  return { $, all, base, listeners, connect, connected, enhance, dayName, days, say, show, setTitle, setUnread };
})();
