// Enhancements only: every page works without this file. Shows and hides passwords, counts down waiting times, suggests
// corrections of mistyped mail domains, and moves the focus to the errors of a form.
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
  // On submit the field must be a password field, or browsers remember its value as ordinary form text.
  if (input.form) input.form.addEventListener("submit", () => show(false));
  box.append(button);
  box.classList.add("with-toggle");
}

for (const button of document.querySelectorAll("button[data-wait]")) {
  const label = button.textContent;
  const until = Date.now() + Number(button.dataset.wait) * 1000;
  const hint = document.getElementById(button.getAttribute("aria-describedby"));
  // The button counts down. The sentence does not, so after a second the two would disagree.
  if (hint) hint.hidden = true;
  const tick = () => {
    const left = Math.ceil((until - Date.now()) / 1000);
    button.disabled = left > 0;
    button.textContent = left > 0 ? `${label} (${left})` : label;
    if (left > 0) setTimeout(tick, 250);
  };
  tick();
}

// An email to a mistyped domain reaches the wrong person or nobody. The check runs locally and sends nothing.
const PROVIDERS = ["naver.com", "gmail.com", "hanmail.net", "daum.net", "kakao.com", "nate.com", "outlook.com",
  "hotmail.com", "yahoo.com", "icloud.com"];
const NO_MISTAKE = ["mail.com", "email.com", "ymail.com", "gmail.co.kr", "yahoo.co.kr"];

// True if `a` and `b` differ by one inserted, missing or wrong character, or by two swapped ones.
const oneSlip = (a, b) => {
  if (Math.abs(a.length - b.length) > 1) return false;
  let i = 0;
  while (i < a.length && a[i] === b[i]) i++;
  const swapped = a[i] === b[i + 1] && a[i + 1] === b[i] && a.slice(i + 2) === b.slice(i + 2);
  return swapped || a.slice(i + 1) === b.slice(i + 1) || a.slice(i + 1) === b.slice(i) || a.slice(i) === b.slice(i + 1);
};

const meant = (address) => {
  const [local, domain, more] = address.trim().toLowerCase().split("@");
  if (!local || !domain || more !== undefined) return null;
  if (PROVIDERS.includes(domain) || NO_MISTAKE.includes(domain)) return null;
  const provider = PROVIDERS.find((known) => oneSlip(domain, known));
  return provider ? `${address.trim().split("@")[0]}@${provider}` : null;
};

for (const input of document.querySelectorAll("input[data-suggest]")) {
  const line = document.createElement("p");
  line.className = "hint";
  line.setAttribute("role", "status");
  input.after(line);
  input.addEventListener("change", () => {
    const address = meant(input.value);
    line.replaceChildren();
    if (!address) return;
    const button = document.createElement("button");
    button.type = "button";
    button.className = "plain address";
    button.textContent = address;
    button.addEventListener("click", () => {
      input.value = address;
      line.replaceChildren();
      input.focus();
    });
    line.append(`${input.dataset.suggest} `, button);
  });
}

const summary = document.querySelector(".summary[autofocus]");
if (summary) summary.focus();
