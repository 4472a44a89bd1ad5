// Accessibility checks: use without a mouse, with a screen reader, with low vision or limited dexterity.
// Runs in the page and returns a list of findings. arguments[0] is the expected language of the page.
const wanted = arguments[0];
const found = [];
const say = (element, what) => {
  const text = (element.id ? "#" + element.id : element.outerHTML.slice(0, 90)).replace(/\s+/g, " ");
  found.push(text + ": " + what);
};
const shown = (element) => element.checkVisibility({ visibilityProperty: true, opacityProperty: false });
const text = (id) => (document.getElementById(id)?.textContent ?? "").trim();
const idrefs = (element, attribute) => (element.getAttribute(attribute) ?? "").split(/\s+/).filter(Boolean);

// Language, title, landmarks, headings.
if (document.documentElement.lang !== wanted) found.push("html lang is " + document.documentElement.lang);
if (!document.title.trim()) found.push("no title");
if (document.querySelectorAll("main").length !== 1) found.push("not exactly one main");
if (document.querySelectorAll("h1").length !== 1) found.push("not exactly one h1");
let level = 0;
for (const heading of document.querySelectorAll("h1, h2, h3, h4")) {
  const next = Number(heading.tagName[1]);
  if (next > level + 1) say(heading, "skips a level of headings");
  level = next;
}
const ids = [...document.querySelectorAll("[id]")].map((element) => element.id);
for (const id of new Set(ids)) if (ids.filter((other) => other === id).length > 1) found.push("two elements have the id " + id);

// Names of inputs and controls.
const name = (element) => {
  const by = idrefs(element, "aria-labelledby").map(text).join(" ");
  const labels = [...(element.labels ?? [])].filter(shown).map((label) => label.textContent).join(" ");
  return (by || element.getAttribute("aria-label") || labels || (element.matches("a, button") ? element.textContent : "")).trim();
};
// An element hidden from assistive technology (such as a user name for password managers) must not be focusable.
const apart = (element) => element.closest("[aria-hidden=true]") !== null;
const inputs = [...document.querySelectorAll("input:not([type=hidden]), select, textarea")].filter((input) => shown(input) && !apart(input));
for (const element of document.querySelectorAll("[aria-hidden=true]")) {
  if (element.matches("a[href], button, input:not([type=hidden])") && element.tabIndex >= 0) say(element, "is hidden and focusable");
}
for (const input of inputs) {
  if (!name(input)) say(input, "has no label");
  if (!input.autocomplete && ["email", "password"].includes(input.type)) say(input, "has no autocomplete");
}
for (const control of document.querySelectorAll("a[href], button")) {
  if (shown(control) && !name(control)) say(control, "has no name");
}
for (const image of document.querySelectorAll("img")) if (!image.hasAttribute("alt")) say(image, "has no alt");

// Errors are linked to their fields.
for (const input of document.querySelectorAll("[aria-invalid=true]")) {
  const descriptions = idrefs(input, "aria-describedby");
  if (!descriptions.length) say(input, "is invalid without a description");
  for (const id of descriptions) if (!text(id)) say(input, "is described by #" + id + ", which is empty or missing");
}
for (const error of document.querySelectorAll(".error")) {
  const linked = error.id && document.querySelector(`[aria-describedby~="${error.id}"]`);
  if (!linked) say(error, "is an error without a field");
}

// The focus order is the document order.
for (const element of document.querySelectorAll("[tabindex]")) {
  if (element.tabIndex > 0) say(element, "has a positive tabindex");
}

// Contrast (WCAG 1.4.3): 4.5, or 3 for large text. A canvas converts any CSS colour to bytes.
const canvas = document.createElement("canvas");
canvas.width = canvas.height = 1;
const context = canvas.getContext("2d", { willReadFrequently: true });
const bytes = (color) => {
  context.clearRect(0, 0, 1, 1);
  context.fillStyle = color;
  context.fillRect(0, 0, 1, 1);
  const [r, g, b, a] = context.getImageData(0, 0, 1, 1).data;
  return { r, g, b, a: a / 255 };
};
const over = (top, under) => {
  const mix = (channel) => top[channel] * top.a + under[channel] * (1 - top.a);
  return { r: mix("r"), g: mix("g"), b: mix("b"), a: 1 };
};
const page = bytes(getComputedStyle(document.documentElement).colorScheme.includes("dark")
  && matchMedia("(prefers-color-scheme: dark)").matches ? "#121212" : "#ffffff");
const behind = (element) => {
  const layers = [];
  for (let at = element; at; at = at.parentElement) layers.unshift(bytes(getComputedStyle(at).backgroundColor));
  return layers.reduce((under, layer) => over(layer, under), page);
};
const luminance = ({ r, g, b }) => {
  const [x, y, z] = [r, g, b].map((c) => (c / 255 <= 0.04045 ? c / 255 / 12.92 : ((c / 255 + 0.055) / 1.055) ** 2.4));
  return 0.2126 * x + 0.7152 * y + 0.0722 * z;
};
const ratio = (one, other) => {
  const [a, b] = [luminance(one), luminance(other)];
  return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
};
const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
while (walker.nextNode()) {
  const element = walker.currentNode.parentElement;
  const inert = element.closest(":disabled, [aria-hidden=true], script, style, template, .skip:not(:focus)");
  if (!walker.currentNode.data.trim() || inert || !shown(element)) continue;
  const style = getComputedStyle(element);
  const under = behind(element);
  const size = parseFloat(style.fontSize);
  const large = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
  const contrast = ratio(over(bytes(style.color), under), under);
  if (contrast < (large ? 3 : 4.5)) say(element, "contrast " + contrast.toFixed(2) + " of " + JSON.stringify(walker.currentNode.data.trim().slice(0, 30)));
}
// Contrast of a field's border, or of its background (1.4.11): 3.
for (const input of inputs.filter((input) => !["checkbox", "radio"].includes(input.type))) {
  const style = getComputedStyle(input);
  const outside = behind(input.parentElement);
  const edge = parseFloat(style.borderTopWidth) > 0 ? over(bytes(style.borderTopColor), outside) : outside;
  if (Math.max(ratio(edge, outside), ratio(behind(input), outside)) < 3) say(input, "has a border with too little contrast");
}

// Size of targets (2.5.8): 24 by 24 pixels, except for links within a sentence.
for (const target of document.querySelectorAll("a[href], button, input:not([type=hidden]), select, summary")) {
  if (!shown(target) || apart(target) || target.matches(".skip")) continue;
  const box = target.getBoundingClientRect();
  const label = [...(target.labels ?? [])].some((label) => label.getBoundingClientRect().height >= 24);
  const inline = target.matches("a") && getComputedStyle(target).display === "inline";
  if (!label && !inline && (box.width < 24 || box.height < 24)) say(target, `is ${box.width.toFixed()}×${box.height.toFixed()} pixels, less than 24×24`);
}

// The page is not wider than the window (1.4.10).
const width = document.scrollingElement.scrollWidth;
if (width > document.documentElement.clientWidth) found.push(`the page is ${width} wide in a window of ${document.documentElement.clientWidth}`);
return found;
