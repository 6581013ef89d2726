"use strict";
// Equations, code and graph point at one another: whatever bears the label of an equation is lit with it. Pointing and
// focus light, a click or Enter holds, Escape lets go. Labels stand in `data-l`, several with spaces between.

const page = document.documentElement;
const data = JSON.parse(document.getElementById("data").textContent);
/** A phrase of the page's language, its holes filled. */
const say = (key, given) => data.words[key].replace(/\{(\w+)\}/g, (_, hole) => given[hole]);
const derivation = document.getElementById("derivation");
const code = document.getElementById("code");
const canvas = document.getElementById("canvas");
const bearers = new Map(); // label -> the elements that bear it
for (const element of document.querySelectorAll("[data-l]")) {
  for (const label of element.dataset.l.split(" ")) {
    if (!bearers.has(label)) bearers.set(label, []);
    bearers.get(label).push(element);
  }
}
let lit = [];
let held = null; // the labels held, or null
let waiting = 0;

const own = ":not([id*='-ahead-'])"; // computes an equation, not only a part of it ahead of a loop

const labelsOf = (target) => {
  const bearer = target instanceof Element ? target.closest("[data-l]") : null;
  if (bearer) return bearer.dataset.l.split(" ");
  const reference = target instanceof Element ? target.closest("a.ref, a.tag") : null;
  const label = reference ? reference.hash.slice(1).replace(/^code-/, "") : "";
  return bearers.has(label) ? [label] : null;
};

function light(labels) {
  for (const element of lit) element.classList.remove("lit");
  lit = (labels || []).flatMap((label) => bearers.get(label) || []);
  for (const element of lit) element.classList.add("lit");
}

/** Scrolls `box` alone, and only as far as needed, so that `element` is seen in it. */
function reveal(box, element) {
  if (!box || !element || box.contains(document.activeElement) && element.contains(document.activeElement)) return;
  const fold = element.closest("details");
  if (fold) fold.open = true;
  const outer = box.getBoundingClientRect();
  const inner = element.getBoundingClientRect();
  if (!outer.height || !inner.height && !inner.width) return;
  const behavior = matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth";
  const top = inner.top - outer.top;
  const hidden = top < 8 || inner.bottom > outer.bottom - 8;
  const left = inner.left - outer.left;
  const aside = box === canvas && (left < 0 || inner.right > outer.right);
  if (hidden || aside) {
    box.scrollTo({
      top: hidden ? box.scrollTop + top - Math.max(24, Math.min(outer.height / 3, outer.height - inner.height - 24)) : box.scrollTop,
      left: aside ? box.scrollLeft + left - outer.width / 2 : box.scrollLeft,
      behavior,
    });
  }
}

/** Lights the labels, and shows what bears them in the panes that the reader is not in. */
function show(labels, origin) {
  light(labels);
  if (!labels) return;
  const first = (selector) => labels.flatMap((label) => bearers.get(label) || []).find((element) => element.matches(selector) && !element.closest("[hidden]"));
  if (origin !== code) reveal(code, first(`.chunk[id]${own}`) || first(".chunk[id]"));
  if (origin !== derivation) reveal(derivation, first(".eq"));
}

function hold(labels, origin) {
  held = labels;
  page.classList.toggle("held", Boolean(held));
  for (const tag of document.querySelectorAll(".tag[aria-current]")) tag.removeAttribute("aria-current");
  for (const label of held || []) document.querySelector(`.eq[id="${label}"] .tag`).setAttribute("aria-current", "true");
  show(held, origin);
  announce();
  const hash = held && held.length === 1 ? `#${held[0]}` : "";
  if (location.hash !== hash) history.replaceState(null, "", hash || location.pathname + location.search);
}

function announce() {
  const bar = document.getElementById("held");
  bar.hidden = !held;
  if (!held) return;
  const told = document.querySelector(`.eq[id="${held[0]}"] .tag`).getAttribute("aria-label");
  const text = held.length === 1 ? told.replace(say("equation"), "") : say("held", { count: held.length, first: held[0] });
  document.getElementById("held-text").textContent = text;
  document.getElementById("held-other").textContent = say(page.dataset.tab === "code" ? "show_equation" : "show_code");
}

function same(labels) {
  return held && labels && held.join() === labels.join();
}

// --- pointing ------------------------------------------------------------------------------------------
const paneOf = (target) => (code.contains(target) ? code : derivation.contains(target) ? derivation : null);

document.addEventListener("pointerover", (event) => {
  if (held || event.pointerType === "touch") return;
  const labels = labelsOf(event.target);
  clearTimeout(waiting);
  light(labels);
  if (labels) waiting = setTimeout(() => show(labels, paneOf(event.target)), 180);
});
page.addEventListener("pointerleave", () => { if (!held) light(null); });

document.addEventListener("click", (event) => {
  if (event.defaultPrevented || event.button || String(getSelection()).length > 1) return;
  const labels = labelsOf(event.target);
  const link = event.target.closest("a");
  if (!labels) {
    if (held && !event.target.closest("a, button, input, select, summary, label, #held")) hold(null);
    return;
  }
  if (event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  if (same(labels) && !(link && link.classList.contains("ref"))) hold(null);
  else hold(labels, link && (link.classList.contains("ref") || canvas.contains(link)) ? null : paneOf(event.target));
  if (link && !link.classList.contains("ref")) go(link, false);
});

// --- keys ----------------------------------------------------------------------------------------------
// In the equations, in each style of the code and in the graph one link each can be reached by Tab; arrows go on from
// there.
const series = [
  [...derivation.querySelectorAll(".eq .tag")],
  ...[...code.querySelectorAll(".listing")].map((listing) => [...listing.querySelectorAll(".chunk .tag")]),
  ...[...document.querySelectorAll("#canvas .net-picture")].map((picture) => [...picture.querySelectorAll(".node a")]),
].filter((links) => links.length);
for (const links of series) links.forEach((link, place) => link.setAttribute("tabindex", place ? "-1" : "0"));

/** Makes the link the one of its series that Tab reaches, and moves there. */
function go(link, focus = true) {
  const links = series.find((some) => some.includes(link));
  if (!links) return;
  for (const other of links) other.setAttribute("tabindex", other === link ? "0" : "-1");
  if (focus) {
    link.focus({ preventScroll: true });
    const fold = link.closest("details");
    if (fold) fold.open = true;
    link.scrollIntoView({ block: "nearest", inline: "nearest" });
  }
}

document.addEventListener("focusin", (event) => {
  if (held || !event.target.matches(":focus-visible")) return;
  const labels = labelsOf(event.target);
  if (labels) show(labels, paneOf(event.target));
});

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && held) {
    hold(null);
    return;
  }
  const links = series.find((some) => some.includes(document.activeElement));
  if (!links || event.ctrlKey || event.metaKey || event.altKey) return;
  const place = links.indexOf(document.activeElement);
  const steps = { ArrowDown: place + 1, ArrowUp: place - 1, Home: 0, End: links.length - 1 };
  if (event.key in steps) {
    event.preventDefault();
    const next = links[Math.max(0, Math.min(links.length - 1, steps[event.key]))];
    if (held) hold(null);
    go(next);
  } else if (event.key === "ArrowRight" || event.key === "ArrowLeft") {
    event.preventDefault();
    across(document.activeElement, event.key === "ArrowRight");
  } else if (event.key === " ") {
    event.preventDefault();
    document.activeElement.dispatchEvent(new MouseEvent("click", { bubbles: true, cancelable: true }));
  }
});

/** From an equation to the code that computes it, and back. */
function across(link, toCode) {
  const labels = labelsOf(link);
  const inside = (links) => (toCode ? code.contains(links[0]) && !links[0].closest("[hidden]") : links === series[0]);
  const other = series.find(inside).find((some) => labels.some((label) => labelsOf(some).includes(label)));
  if (!other || other === link) return;
  showTab(toCode ? "code" : "derivation");
  go(other);
}

function showTab(name) {
  page.dataset.tab = name;
  for (const button of document.querySelectorAll(".tabs button")) {
    button.setAttribute("aria-pressed", String(button.dataset.tab === name));
  }
  announce();
}
