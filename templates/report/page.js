// The rest of the page: the form of the equations, the theme, the tabs of a narrow screen, fragments, and printing.
{
  page.classList.add("scripted");
  for (const input of document.querySelectorAll('input[name="form"]')) {
    input.addEventListener("change", () => { page.dataset.form = input.value; });
    if (input.checked) page.dataset.form = input.value;
  }

  const styled = [...document.querySelectorAll("[data-styles]")];
  for (const input of document.querySelectorAll('input[name="style"]')) {
    const choose = () => {
      for (const one of styled) one.hidden = !one.dataset.styles.split(" ").includes(input.value);
      if (held) show(held, derivation);
    };
    input.addEventListener("change", choose);
    if (input.checked) choose();
  }

  const theme = document.getElementById("theme");
  const system = matchMedia("(prefers-color-scheme: dark)");
  const dark = () => (page.dataset.theme ? page.dataset.theme === "dark" : system.matches);
  const name = () => theme.setAttribute("aria-label", say(dark() ? "light" : "dark"));
  theme.addEventListener("click", () => {
    page.dataset.theme = dark() ? "light" : "dark";
    name();
  });
  system.addEventListener("change", name);
  name();

  for (const button of document.querySelectorAll(".tabs button")) {
    button.addEventListener("click", () => {
      showTab(button.dataset.tab);
      if (held) show(held, null);
    });
  }
  document.getElementById("held-release").addEventListener("click", () => hold(null));
  document.getElementById("held-other").addEventListener("click", () => {
    showTab(page.dataset.tab === "code" ? "derivation" : "code");
    show(held, null);
  });

  function follow() {
    const label = decodeURIComponent(location.hash.slice(1)).replace(/^(code|plain|c)-(ahead-)?/, "").replace(/-\d+$/, "");
    if (bearers.has(label)) hold([label], null);
  }
  window.addEventListener("hashchange", follow);
  follow();

  let folded = [];
  window.addEventListener("beforeprint", () => {
    folded = [...document.querySelectorAll("details:not([open])")];
    for (const fold of folded) fold.open = true;
  });
  window.addEventListener("afterprint", () => { for (const fold of folded) fold.open = false; });
}
