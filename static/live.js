// The events of the inbox. As a shared worker, this file holds one connection for all pages of the browser.
function listen(url, receive) {
  let source, later;
  // The server sends something every 20 seconds, or it is away without a word.
  const wait = (ms = 45e3) => { clearTimeout(later); later = setTimeout(begin, ms, true); };
  const notice = (type, data) => { wait(); receive({ type, data }); };
  function begin(again) {
    source?.close();
    if (again) receive({ type: "error" });
    source = new EventSource(url);
    source.onopen = () => notice("open");
    source.onerror = () => {
      receive({ type: "error" });
      // The browser does not try again after an answer such as 503.
      if (source.readyState === 2) wait(3e3);
    };
    for (const type of ["new", "restored", "refused", "update", "delete", "truncate", "prune", "stats", "ping"]) {
      source.addEventListener(type, ({ data }) => notice(type, JSON.parse(data)));
    }
    wait();
  }
  begin();
  return { close() { clearTimeout(later); source.close(); } };
}
if (globalThis.Inbox) Inbox.connect(listen);
const ports = new Set(), last = {};
let source;
function receive(event) {
  last[event.type === "error" ? "open" : event.type] = event;
  for (const port of ports) port.postMessage(event);
}
self.onconnect = ({ ports: [port] }) => {
  port.onmessage = ({ data: url }) => {
    if (url) ports.add(port); else ports.delete(port);
    if (!ports.size) source = source?.close();
    else if (!source) source = listen(url, receive);
    else if (url) for (const type of ["open", "stats"]) if (last[type]) port.postMessage(last[type]);
  };
};
