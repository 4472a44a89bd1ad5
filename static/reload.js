// The outbox and the SMTP sessions have no events, so their pages load themselves again while they are visible.
const { $, all, enhance, clean } = Inbox;
const inputs = (within) => all("a, button, summary, input", within);
let last;
async function refresh() {
  if (document.hidden) return;
  const answer = await fetch(clean(location)).catch(() => Inbox.connected(false));
  const next = answer?.ok && $("#list", new DOMParser().parseFromString(await answer.text(), "text/html"));
  if (!next || next.outerHTML === last) return;
  last = next.outerHTML;
  const now = $("#list"), at = inputs(now).indexOf(document.activeElement);
  all("details", next).forEach((details, n) => { details.open = all("details", now)[n]?.open ?? details.open; });
  now.replaceWith(next);
  enhance(next);
  inputs(next)[at]?.focus({ preventScroll: true });
}
setInterval(refresh, $("#list").dataset.every);
