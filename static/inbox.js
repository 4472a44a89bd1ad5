// Every page of the inbox: times, copy buttons, the live connection, title, notifications. Pages work without scripts.
"use strict";
document.documentElement.classList.add("scripted");
const Inbox = (() => {
  const $ = (selector, within = document) => within.querySelector(selector);
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];
  const base = document.body.dataset.base;
  const language = document.documentElement.lang;

  // Times in the reader's time zone: the hour in rows of the list, and a day if it is not today.
  const format = (options) => new Intl.DateTimeFormat(language, options);
  const hour = format({ timeStyle: "short" }), clock = format({ timeStyle: "medium" });
  const date = format({ month: "short", day: "numeric" }), long = format({ dateStyle: "medium", timeStyle: "medium" });
  const heading = format({ weekday: "long", month: "long", day: "numeric" });
  const relative = new Intl.RelativeTimeFormat(language, { numeric: "auto" });
  const days = (at) => Math.round((new Date(at).setHours(0, 0, 0, 0) - new Date().setHours(0, 0, 0, 0)) / 86400000);
  function ago(at) {
    const seconds = (Date.now() - at) / 1000;
    if (seconds < 60) return relative.format(0, "minute");
    return seconds < 3600 ? relative.format(-Math.floor(seconds / 60), "minute")
      : relative.format(-Math.floor(seconds / 3600), "hour");
  }
  function localise(within) {
    for (const time of all("time[datetime]", within)) {
      const at = new Date(time.dateTime);
      if (isNaN(at) || time.parentElement.matches(".day")) continue;
      const today = days(at) === 0;
      const text = time.closest(".row") ? (today ? hour : date).format(at)
        : today ? `${clock.format(at)} · ${ago(at)}` : long.format(at);
      time.title = long.format(at);
      if (time.textContent !== text) time.textContent = text;
    }
  }
  function dayName(at) {
    const away = days(at);
    return away > -2 ? relative.format(away, "day") : heading.format(at);
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
  async function copy(button) {
    const focused = document.activeElement;
    if (!await copied(button.dataset.copy)) return;
    focused?.focus({ preventScroll: true });
    button.classList.add("copied");
    say(`${button.dataset.done ?? ""} ${button.dataset.copy}`.trim());
    setTimeout(() => button.classList.remove("copied"), 1200);
  }

  // A short message at the foot of the page, which a screen reader announces.
  let toast = null, hiding = 0;
  function show(element, time = 10_000) {
    if (toast !== element) toast?.remove();
    toast = element;
    clearTimeout(hiding);
    const hide = () => toast?.matches(":hover, :focus-within") ? (hiding = setTimeout(hide, 2000)) : toast?.remove();
    hiding = setTimeout(hide, time);
  }
  function say(text) {
    const element = document.createElement("p");
    element.className = "notice toast";
    element.setAttribute("role", "status");
    $("#main").prepend(element);
    show(element, 2500);
    element.textContent = text;
  }

  function enhance(within) {
    localise(within);
    // A code in the list is a button only where it can be copied.
    for (const mark of all("span.code[data-copy]", within)) {
      const button = document.createElement("button");
      button.type = "button";
      button.className = "code";
      Object.assign(button.dataset, { copy: mark.dataset.copy, done: $("#list")?.dataset.copied ?? "" });
      button.textContent = mark.textContent;
      mark.replaceWith(button);
    }
  }
  document.addEventListener("click", (event) => {
    const button = event.target.closest("button[data-copy]");
    if (button) copy(button);
    // Menus close when something else is clicked.
    for (const menu of all("details.menu[open]")) if (!menu.contains(event.target)) menu.open = false;
  });

  // One connection for all pages of the browser, where it can be shared; else one for a visible page.
  const listeners = [];
  const live = $("#live");
  function connected(on) {
    const text = on ? live.dataset.on : live.dataset.off;
    if (live.textContent !== text) live.textContent = text;
    live.dataset.state = on ? "on" : "off";
  }
  function receive({ type, data }) {
    if (type === "open" || type === "error") connected(type === "open");
    if (type === "stats") setUnread(data.Unread);
    for (const listener of listeners) listener(type, data);
  }
  const { stream, worker } = document.body.dataset;
  let source = null;
  function open() {
    if (source || document.hidden || !window.EventSource) return;
    source = Inbox.listen(stream, receive);
  }
  function connect() {
    try {
      const port = new SharedWorker(worker, stream).port;
      port.onmessage = (event) => receive(event.data);
      port.postMessage(stream);
      addEventListener("pagehide", () => port.postMessage(null));
      addEventListener("pageshow", (event) => { if (event.persisted) port.postMessage(stream); });
    } catch {
      open();
      const close = () => { source?.close(); source = null; };
      document.addEventListener("visibilitychange", () => document.hidden ? close() : open());
      addEventListener("pagehide", close);
      addEventListener("pageshow", (event) => { if (event.persisted) open(); });
    }
  }

  // The number of unread messages: in the title, beside the name, as a dot on the icon.
  const icon = $("link[rel=icon]"), plain = icon.href;
  let unread = Number($("#unread")?.textContent ?? 0), title = document.title.replace(/^\(\d+\) /, "");
  function setTitle(text = title) {
    title = text;
    document.title = unread > 0 ? `(${unread}) ${title}` : title;
  }
  function setUnread(count) {
    unread = count;
    const badge = $("#unread");
    if (badge && badge.textContent !== String(count)) badge.textContent = count;
    setTitle();
    const href = count > 0 ? icon.dataset.dot : plain;
    if (icon.getAttribute("href") !== href) icon.href = href;
    navigator.setAppBadge?.(count).catch(() => {});
  }

  // Notifications, if the reader asked for them. Browsers may refuse them, or to remember the choice.
  const stored = (key) => { try { return localStorage.getItem(key); } catch { return null; } };
  const store = (key, value) => { try { localStorage.setItem(key, value); } catch { /* this page only */ } };
  const notify = $("#notify");
  let notifying = window.Notification?.permission === "granted" && stored("notify") === "on";
  function showChoice() {
    notify.hidden = !window.Notification || Notification.permission === "denied";
    notify.textContent = notifying ? notify.dataset.on : notify.dataset.off;
    notify.setAttribute("aria-pressed", notifying);
  }
  if (notify) {
    showChoice();
    notify.onclick = async () => {
      notifying = !notifying && await Notification.requestPermission() === "granted";
      store("notify", notifying ? "on" : "off");
      showChoice();
    };
  }
  listeners.push((type, data) => {
    if (type !== "new" || !notifying || document.visibilityState === "visible" && document.hasFocus()) return;
    const code = /(?<!\d)\d{4,8}(?!\d)/.exec(`${data.Subject} ${/code|코드|인증|verif/i.test(data.Subject + data.Snippet) ? data.Snippet : ""}`);
    const from = data.From?.Name || data.From?.Address || "";
    try {
      const note = new Notification(code ? `${code[0]} — ${from}` : data.Subject, { body: code ? data.Subject : from, tag: data.ID });
      note.onclick = () => { focus(); Inbox.openMessage?.(data.ID) ?? location.assign(`${base}/view/${data.ID}`); };
    } catch { /* some systems allow them in a service worker alone */ }
  });

  // Removes `done` from the address, so that a reload does not show the notice again.
  const here = new URL(location.href);
  if (here.searchParams.has("done") || here.searchParams.has("undo")) {
    here.searchParams.delete("done");
    here.searchParams.delete("undo");
    history.replaceState(history.state, "", here);
  }
  if ($(".toast")) show($(".toast"));
  enhance(document);
  setInterval(() => localise(document), 60_000);
  return { $, all, base, listeners, connect, connected, enhance, localise, dayName, days, say, show, setTitle, setUnread, copy, stored, store };
})();
