// The dividers between panes: dragged, moved by arrow keys, reset by Enter or a double click. Loaded when one is touched.
const { $, all, base, clean } = Inbox;
// One after the other, since both widths are in one cookie.
let saved = Promise.resolve();
for (const divider of all(".divider")) {
  const name = divider.dataset.pane, { ariaValueMin: least, ariaValueMax: most } = divider;
  const pane = () => $(`.${name}`).getBoundingClientRect(), width = () => Math.round(pane().width);
  let moved;
  function move(to) {
    moved = true;
    document.documentElement.style.setProperty(`--${name}`, to ? `${Math.min(most, Math.max(least, to))}px` : "initial");
    divider.ariaValueNow = width();
  }
  function save(to = width()) {
    const body = new URLSearchParams({ set: `${name}-${to}`, next: `${base}/` });
    const send = () => fetch(clean(`${base}/preferences`), { method: "POST", body, redirect: "manual", keepalive: true });
    if (moved) saved = saved.then(send, send);
    moved = false;
  }
  divider.onpointermove = ({ buttons, clientX }) => buttons && move(clientX - pane().left);
  divider.onlostpointercapture = divider.onkeyup = () => save();
  divider.ondblclick = () => { move(0); save(0); };
  divider.onkeydown = (event) => {
    const to = { ArrowLeft: width() - 16, ArrowRight: width() + 16, Home: 1, End: most }[event.key];
    if (event.key === "Enter") divider.ondblclick();
    else if (to) move(to);
    else return;
    event.preventDefault();
  };
}
