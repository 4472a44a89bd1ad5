// The events of the inbox. As a shared worker, it holds one connection for all pages of the browser.
"use strict";
(() => {
  const TYPES = ["new", "refused", "update", "delete", "truncate", "prune", "stats"];
  function listen(url, receive) {
    const source = new EventSource(url);
    source.onopen = () => receive({ type: "open" });
    source.onerror = () => receive({ type: "error" });
    for (const type of TYPES) source.addEventListener(type, (event) => receive({ type, data: JSON.parse(event.data) }));
    return source;
  }
  if (typeof Inbox !== "undefined") {
    Inbox.listen = listen;
    Inbox.connect();
    return;
  }
  const ports = new Set();
  let source = null, state = null, stats = null;
  function receive(event) {
    if (event.type === "open" || event.type === "error") state = event;
    if (event.type === "stats") stats = event;
    for (const port of ports) port.postMessage(event);
  }
  self.onconnect = ({ ports: [port] }) => {
    port.onmessage = ({ data: url }) => {
      if (!url) {
        ports.delete(port);
        if (!ports.size) { source?.close(); source = null; }
        return;
      }
      ports.add(port);
      if (!source || source.readyState === 2) source = listen(url, receive);
      else for (const event of [state, stats]) if (event) port.postMessage(event);
    };
  };
})();
