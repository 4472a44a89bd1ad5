// Shows a notification for each new message, unless the page has the focus. Loaded when notifications are switched on.
const { $, base, listeners } = Inbox;
// Senders wrote it: no controls, and no more than a line.
const short = (text = "") => text.replace(/[\p{Cc}\u061c\u200b\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]/gu, " ").trim().slice(0, 200);
listeners.push((type, data) => {
  if (type !== "new" || $("#notify").ariaPressed !== "true" || document.hasFocus()) return;
  const { ID, Subject, Snippet, From } = data;
  const text = `${Subject} ${Snippet}`, code = /code|코드|인증|verif/i.test(text) && /(?<!\d)\d{4,8}(?!\d)/.exec(text)?.[0];
  const from = short(From?.Name || From?.Address), subject = short(Subject);
  try {
    const note = new Notification(code ? `${code} — ${from}` : subject || from, { body: code ? subject : from, tag: ID });
    note.onclick = () => { focus(); location.assign(`${base}/view/${ID}`); };
  } catch {}
});
