// The two panes: how wide they are, the code wrapped and copied, and each keeping to what the other one shows.
{
  const main = document.querySelector("main");
  const divider = document.getElementById("divider");
  const [least, most, usual] = [20, 80, 53]; // percent of the width for the derivation
  let share = usual;

  function split(percent) {
    share = Math.round(Math.max(least, Math.min(most, percent)));
    main.style.setProperty("--split", `${share}%`);
    divider.setAttribute("aria-valuenow", String(share));
  }
  divider.addEventListener("pointerdown", (event) => {
    if (event.button) return;
    event.preventDefault();
    divider.setPointerCapture(event.pointerId);
    divider.focus({ preventScroll: true });
  });
  divider.addEventListener("pointermove", (event) => {
    if (!divider.hasPointerCapture(event.pointerId)) return;
    const box = main.getBoundingClientRect();
    split(100 * (event.clientX - box.left) / box.width);
  });
  divider.addEventListener("dblclick", () => split(usual));
  divider.addEventListener("keydown", (event) => {
    const to = { ArrowLeft: share - 2, ArrowRight: share + 2, Home: least, End: most, Enter: usual }[event.key];
    if (to === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    split(to);
  });

  const wrap = document.getElementById("wrap");
  const wrapped = () => code.classList.toggle("wrapped", wrap.checked);
  wrap.addEventListener("change", wrapped);
  wrapped();

  // --- copying -----------------------------------------------------------------------------------------
  const told = document.getElementById("copied");
  const listing = () => code.querySelector(".listing:not([hidden])");

  /** For a browser that has no clipboard to offer: the code stands selected in a field of its own. */
  function copyField(text) {
    const field = document.createElement("textarea");
    field.value = text;
    field.readOnly = true;
    field.className = "unseen";
    code.append(field);
    field.select();
    const done = document.execCommand("copy");
    field.remove();
    return done;
  }
  async function copy() {
    const text = [...listing().querySelectorAll("pre > code")].map((part) => part.textContent).join("");
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      if (!copyField(text)) return say("not_copied");
    }
    return say("copied", { count: text.split("\n").length - 1 });
  }
  document.getElementById("copy").addEventListener("click", async () => {
    told.textContent = await copy();
    setTimeout(() => { told.textContent = ""; }, 4000);
  });

  // --- keeping together --------------------------------------------------------------------------------
  // The pane that the reader scrolls leads; the other one moves only where what belongs there is out of its view.
  const panes = [derivation, code];
  const bearing = { derivation: ".eq[data-l]", code: ".listing:not([hidden]) .chunk[id]" };
  const keep = document.getElementById("together");
  let leader = null;
  let settled = 0;

  /** What stands where one reads: the first element there that ends below a quarter of the pane. */
  function read(pane) {
    const box = pane.getBoundingClientRect();
    return [...pane.querySelectorAll(bearing[pane.id])].find((one) => {
      const place = one.getBoundingClientRect();
      return place.height && place.bottom > box.top + box.height / 4 && place.top < box.bottom;
    });
  }
  function bring(pane, labels) {
    const all = labels.flatMap((label) => bearers.get(label) || []).filter((one) => one.matches(bearing[pane.id]));
    const there = all.some((one) => one.matches(own)) ? all.filter((one) => one.matches(own)) : all;
    const box = pane.getBoundingClientRect();
    const seen = there.some((one) => {
      const place = one.getBoundingClientRect();
      return place.height && place.bottom > box.top && place.top < box.bottom;
    });
    if (!seen) reveal(pane, there.find((one) => !one.closest("details:not([open])")));
  }
  function accompany() {
    if (!keep.checked || held || lit.length || !leader) return; // pointing and holding lead by themselves
    const here = read(leader);
    if (here) bring(leader === code ? derivation : code, here.dataset.l.split(" "));
  }
  for (const pane of panes) {
    for (const kind of ["wheel", "touchstart", "pointerdown", "keydown"]) {
      pane.addEventListener(kind, () => { leader = pane; }, { passive: true, capture: true });
    }
    pane.addEventListener("scroll", () => {
      if (pane !== leader) return;
      clearTimeout(settled);
      settled = setTimeout(accompany, 160);
    }, { passive: true });
  }
  for (const button of document.querySelectorAll(".tabs button")) {
    let here = null;
    button.addEventListener("click", () => { here = read(page.dataset.tab === "code" ? code : derivation); }, { capture: true });
    button.addEventListener("click", () => {
      if (keep.checked && !held && here) bring(button.dataset.tab === "code" ? code : derivation, here.dataset.l.split(" "));
    });
  }
}
