// Enhancements only: every page works without this file. Shows a password on request, counts a wait down, and brings
// a reader to the errors of a form.
"use strict";

for (const box of document.querySelectorAll(".secret[data-show]")) {
  const input = box.querySelector("input");
  const button = document.createElement("button");
  button.type = "button";
  button.className = "toggle";
  button.setAttribute("aria-controls", input.id);
  const show = (shown) => {
    input.type = shown ? "text" : "password";
    button.textContent = shown ? box.dataset.hide : box.dataset.show;
    button.setAttribute("aria-label", shown ? box.dataset.hideName : box.dataset.showName);
  };
  show(false);
  button.addEventListener("click", () => {
    show(input.type === "password");
    input.focus();
  });
  // A password manager, and the browser's own memory of form values, must not see a text field.
  if (input.form) input.form.addEventListener("submit", () => show(false));
  box.append(button);
  box.classList.add("with-toggle");
}

for (const button of document.querySelectorAll("button[data-wait]")) {
  const label = button.textContent;
  const until = Date.now() + Number(button.dataset.wait) * 1000;
  const hint = document.getElementById(button.getAttribute("aria-describedby"));
  const tick = () => {
    const left = Math.ceil((until - Date.now()) / 1000);
    button.disabled = left > 0;
    button.textContent = left > 0 ? `${label} (${left})` : label;
    if (left > 0) return setTimeout(tick, 250);
    if (hint) hint.hidden = true;
  };
  tick();
}

const summary = document.querySelector(".summary[autofocus]");
if (summary) summary.focus();
