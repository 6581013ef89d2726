// The picture of the network: which one, how large, and moved by dragging; it scrolls as any other box.
{
  const choice = document.getElementById("picture");
  const flow = document.getElementById("flow");
  const shown = () => canvas.querySelector("svg.net-picture:not([hidden])");
  const scales = new Map();

  const size = (picture) => picture.viewBox.baseVal;
  const fitting = (picture) => Math.min(1, (canvas.clientWidth - 4) / size(picture).width);

  function resize(scale) {
    const picture = shown();
    const before = scales.get(picture) || 1;
    const to = Math.max(0.1, Math.min(3, scale));
    const [x, y] = [canvas.scrollLeft + canvas.clientWidth / 2, canvas.scrollTop + canvas.clientHeight / 2];
    scales.set(picture, to);
    picture.setAttribute("width", String(Math.floor(size(picture).width * to)));
    picture.setAttribute("height", String(Math.floor(size(picture).height * to)));
    canvas.scrollTo(x * to / before - canvas.clientWidth / 2, y * to / before - canvas.clientHeight / 2);
  }
  const fit = () => resize(Math.max(fitting(shown()), 0.6));
  const whole = () => resize(fitting(shown()));

  if (choice) {
    choice.addEventListener("change", () => {
      for (const picture of canvas.querySelectorAll("svg.net-picture")) {
        picture.toggleAttribute("hidden", picture.id !== `picture-${choice.value}`);
      }
      fit();
      canvas.scrollTo((canvas.scrollWidth - canvas.clientWidth) / 2, 0);
    });
  }
  flow.addEventListener("change", () => canvas.classList.toggle("without-flow", !flow.checked));
  document.getElementById("zoom-in").addEventListener("click", () => resize((scales.get(shown()) || 1) * 1.25));
  document.getElementById("zoom-out").addEventListener("click", () => resize((scales.get(shown()) || 1) / 1.25));
  document.getElementById("zoom-fit").addEventListener("click", whole);
  canvas.addEventListener("wheel", (event) => {
    if (!event.ctrlKey && !event.metaKey) return;
    event.preventDefault();
    resize((scales.get(shown()) || 1) * Math.exp(-event.deltaY / 300));
  }, { passive: false });
  canvas.addEventListener("keydown", (event) => {
    if (event.target !== canvas) return;
    if (event.key === "+" || event.key === "=") resize((scales.get(shown()) || 1) * 1.25);
    if (event.key === "-") resize((scales.get(shown()) || 1) / 1.25);
    if (event.key === "0") whole();
  });

  let from = null;
  let dragged = false; // until the click that ends a drag has passed
  canvas.addEventListener("pointerdown", (event) => {
    if (event.pointerType !== "mouse" || event.button) return;
    from = { x: event.clientX, y: event.clientY, left: canvas.scrollLeft, top: canvas.scrollTop, moved: false };
  });
  window.addEventListener("pointermove", (event) => {
    if (!from) return;
    const [dx, dy] = [event.clientX - from.x, event.clientY - from.y];
    if (Math.abs(dx) + Math.abs(dy) > 4) from.moved = true;
    if (!from.moved) return;
    canvas.classList.add("dragged");
    canvas.scrollTo(from.left - dx, from.top - dy);
  });
  window.addEventListener("pointerup", () => {
    const moved = from && from.moved;
    from = null;
    canvas.classList.remove("dragged");
    dragged = Boolean(moved);
    setTimeout(() => { dragged = false; });
  });
  canvas.addEventListener("click", (event) => { if (dragged) event.preventDefault(); }, { capture: true });
  canvas.addEventListener("dragstart", (event) => event.preventDefault());
  fit();
  canvas.scrollTo((canvas.scrollWidth - canvas.clientWidth) / 2, 0);
}
