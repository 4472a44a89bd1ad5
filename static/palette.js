// The palette of commands, the completion of the search, the list of keys. Loaded when they are first wanted.
const { $, all, make, base } = Inbox, q = $("#q");

// Lists what `find` returns below an input.
function suggest(input, box, find, take, first) {
  let chosen = first;
  const items = () => [...box.children];
  function mark(at) {
    chosen = at;
    items().forEach((item, n) => { item.ariaSelected = n === at; });
    items()[at]?.scrollIntoView({ block: "nearest" });
    input.setAttribute("aria-activedescendant", items()[at]?.id ?? "");
  }
  function update() {
    box.replaceChildren(...find(input.value).slice(0, 12).map((item, at) => {
      const line = make("li", { id: `${box.id}-${at}`, role: "option", item });
      line.append(item.text, item.key ? make("kbd", { textContent: item.key }) : "");
      line.onpointerdown = (event) => { event.preventDefault(); take(item); };
      return line;
    }));
    box.hidden = !items().length;
    input.ariaExpanded = !box.hidden;
    mark(first);
  }
  box.role = "listbox";
  Object.assign(input, { role: "combobox", ariaAutoComplete: "list", ariaExpanded: false, oninput: update, onblur: () => { box.hidden = true; } });
  input.setAttribute("aria-controls", box.id);
  input.onkeydown = (event) => {
    const by = { ArrowDown: 1, ArrowUp: -1 }[event.key], count = box.hidden ? 0 : items().length;
    if (!count) return;
    if (by) mark((chosen + by + count) % count);
    else if (["Enter", "Tab"].includes(event.key) && chosen >= 0) take(items()[chosen].item);
    else if (event.key === "Escape" && first < 0) box.hidden = true;
    else return;
    event.preventDefault();
  };
  return update;
}

function dialog(label, className, ...children) {
  const box = make("dialog", { ariaLabel: label, className, onclose: () => box.remove() });
  box.onclick = (event) => { if (event.target === box) box.close(); };
  box.append(...children);
  document.body.append(box);
  box.showModal();
  return box;
}
export async function sheet() {
  const { page } = await Inbox.load(`${base}/keys`);
  dialog($("h1", page).textContent, "", $(".keys", page));
}

export function palette(menu) {
  if ($("dialog[open]")) return;
  const label = $("#palette-open").title, input = make("input", { ariaLabel: label }), box = make("ul", { id: "palette" });
  const commands = all(".side a, .side button, .bar a.btn, .list-head.plain [title], .list-foot .undo, #read [data-key], #read .tabs a").map((element) => ({
    element, text: (element.matches(".undo") ? `${element.textContent}: ${element.title}` : element.title || $("bdi", element)?.textContent || element.textContent).trim(), key: element.dataset.key }));
  // What begins with the text is listed first.
  const rank = ({ text }, typed) => { const at = ` ${text.toLowerCase()}`.indexOf(` ${typed}`); return at < 0 ? 2 : at > 0 ? 1 : 0; };
  const update = suggest(input, box, (text) => {
    const typed = text.toLowerCase(), found = commands.filter((each) => typed.split(" ").every((word) => each.text.toLowerCase().includes(word)));
    found.sort((a, b) => rank(a, typed) - rank(b, typed));
    return text ? [...found.slice(0, 11), { text: `${q.labels[0].textContent}: ${text}`, search: text }] : found;
  }, ({ element, search }) => {
    around.close();
    if (search) location.assign(`${base}/?q=${encodeURIComponent(search)}`);
    else if (element.matches("summary")) menu(element.dataset.key);
    else element.click();
  }, 0);
  const around = dialog(label, "palette", input, box);
  update();
}

const box = make("ul", { id: "completion", hidden: true });
q.form.append(box);
const update = suggest(q, box, (text) => {
  const word = /[^\s!-]\S*$/.exec(text)?.[0].toLowerCase().replace(/^to:(?=.)/, "mailbox:");
  const known = all(".facets li a").map((link) => new URL(link.href).searchParams.get("q") ?? "");
  const fits = (each) => each !== word && (word.length > 1 ? each.includes(word) : each.startsWith(word));
  return word ? [...q.dataset.words.split(" "), ...known].filter(fits).map((text) => ({ text })) : [];
}, ({ text }) => {
  q.value = q.value.replace(/[^\s!-]\S*$/, text + (text.endsWith(":") ? "" : " "));
  q.oninput();
}, -1);
// What was typed before this file had come.
if (q.value !== q.defaultValue) update();
