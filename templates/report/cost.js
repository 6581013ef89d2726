// The cost as curves over one size, the others as the reader sets them. Expressions are nested lists: see the grammar in
// symbackprop/report/cost_data.py.

function evaluate(expression, sizes) {
  if (typeof expression === "number") return expression;
  if (typeof expression === "string") return sizes[expression];
  const [operator, ...parts] = expression;
  switch (operator) {
    case "+": { let sum = 0; for (const part of parts) sum += evaluate(part, sizes); return sum; }
    case "*": { let product = 1; for (const part of parts) product *= evaluate(part, sizes); return product; }
    case "max": return Math.max(...parts.map((part) => evaluate(part, sizes)));
    case "min": return Math.min(...parts.map((part) => evaluate(part, sizes)));
    case "^": return evaluate(parts[0], sizes) ** parts[1];
    case "/": return parts[0] / parts[1];
    case "floor": return Math.floor(evaluate(parts[0], sizes) + 1e-9);
    default: throw new Error(`no such operator: ${operator}`);
  }
}

{
  const names = Object.keys(data.quantities);
  const sizes = { ...data.sizes };
  const classes = { forward: "forward", backward: "backward", "central differences": "central", "chain rule without reuse": "chain" };
  const figure = document.getElementById("plot");
  const [high, left, bottom] = [330, 62, 44];
  const quantity = document.getElementById("quantity");
  const axis = document.getElementById("axis");

  const unmet = (at) => data.conditions.filter((condition) => {
    const value = evaluate(condition.expression, at);
    return condition.equal ? value !== 0 : value < 0;
  });
  const step = (place) => Math.max(1, Math.round(2 ** (place / 3)));
  const place = (size) => Math.round(3 * Math.log2(size));
  const short = (value) => {
    if (value < 1e15) return Math.round(value).toLocaleString("en-US");
    const [mantissa, exponent] = value.toExponential(3).split("e");
    return `${mantissa} × 10^${Number(exponent)}`;
  };

  function svg(name, attributes, text) {
    const element = document.createElementNS("http://www.w3.org/2000/svg", name);
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, String(value));
    if (text !== undefined) element.textContent = text;
    return element;
  }

  /** A power of ten as text with its exponent raised. */
  function power(x, y, exponent, anchor) {
    const text = svg("text", { x, y, "text-anchor": anchor }, "10");
    text.append(svg("tspan", { dy: -5, "font-size": 10 }, String(exponent)));
    return text;
  }

  function curves(name, along) {
    const last = Math.max(9, Math.ceil(Math.log2(sizes[along])) + 2);
    const at = [...new Set(Array.from({ length: 8 * last + 1 }, (_, k) => Math.round(2 ** (k / 8))))];
    const fits = at.filter((size) => !unmet({ ...sizes, [along]: size }).length);
    return {
      last,
      rows: Object.entries(data.rows).map(([row, costs]) => ({
        row,
        points: fits.map((size) => [size, evaluate(costs[name], { ...sizes, [along]: size })]).filter(([, value]) => value > 0),
        here: evaluate(costs[name], sizes),
      })),
    };
  }

  /** At the size of the letters around it: a narrow figure has its legend above rather than at the curves' ends. */
  function draw() {
    const wide = Math.max(280, Math.min(820, figure.clientWidth || 680));
    const beside = wide >= 540;
    const [right, top] = beside ? [150, 14] : [14, 62];
    const name = names[quantity.selectedIndex];
    const along = axis.value;
    const { last, rows } = curves(name, along);
    const values = rows.flatMap(({ points }) => points.map(([, value]) => value));
    const low = values.length ? Math.floor(Math.log10(Math.min(...values))) : 0;
    const up = values.length ? Math.max(low + 1, Math.ceil(Math.log10(Math.max(...values)))) : 1;
    const x = (size) => left + (wide - left - right) * Math.log2(size) / last;
    const y = (value) => top + (high - top - bottom) * (1 - (Math.log10(value) - low) / (up - low));
    const label = say("over", { quantity: data.quantities[name], axis: along });
    const picture = svg("svg", { viewBox: `0 0 ${wide} ${high}`, role: "img", "aria-label": label });
    const every = Math.ceil((up - low) / 8);
    const doublings = Math.ceil(last / (beside ? 10 : 5));
    for (let exponent = low; exponent <= up; exponent += every) {
      picture.append(svg("path", { class: "grid", d: `M${left} ${y(10 ** exponent)}H${wide - right}` }));
      picture.append(power(left - 8, y(10 ** exponent) + 5, exponent, "end"));
    }
    for (let exponent = 0; exponent <= last; exponent += doublings) {
      picture.append(svg("path", { class: "grid", d: `M${x(2 ** exponent)} ${top}V${high - bottom}` }));
      picture.append(svg("text", { x: x(2 ** exponent), y: high - bottom + 18, "text-anchor": "middle" }, String(2 ** exponent)));
    }
    picture.append(svg("rect", { class: "frame", x: left, y: top, width: wide - left - right, height: high - top - bottom }));
    picture.append(svg("text", { x: (left + wide - right) / 2, y: high - 6, "text-anchor": "middle", "font-style": "italic" }, along));
    picture.append(svg("text", { x: -(top + high - bottom) / 2, y: 14, transform: "rotate(-90)", "text-anchor": "middle" }, data.quantities[name]));
    picture.append(svg("path", { class: "here", d: `M${x(sizes[along])} ${top}V${high - bottom}` }));
    const ends = [];
    for (const { row, points, here } of rows) {
      if (!points.length) continue;
      const path = points.map(([size, value], k) => `${k ? "L" : "M"}${x(size).toFixed(1)} ${y(value).toFixed(1)}`).join("");
      picture.append(svg("path", { class: `curve ${classes[row]}`, d: path, "data-row": row }));
      if (here > 0 && !unmet(sizes).length) {
        picture.append(svg("circle", { class: `dot ${classes[row]}`, cx: x(sizes[along]), cy: y(here), r: 3.6 }));
      }
      ends.push({ row, at: y(points[points.length - 1][1]) });
    }
    if (beside) legendAtEnds(picture, ends, wide - right);
    else legendAbove(picture, ends, wide);
    figure.querySelector("svg")?.remove();
    figure.prepend(picture);
  }

  function legendAtEnds(picture, ends, x) {
    ends.sort((a, b) => a.at - b.at);
    ends.forEach((end, k) => { end.text = k ? Math.max(end.at, ends[k - 1].text + 17) : end.at; });
    for (const { row, at, text } of ends) {
      picture.append(svg("path", { class: `curve ${classes[row]}`, d: `M${x + 3} ${at}L${x + 18} ${text}` }));
      picture.append(svg("text", { x: x + 22, y: text + 4 }, data.curves[row]));
    }
  }

  function legendAbove(picture, ends, wide) {
    ends.forEach(({ row }, k) => {
      const [x, y] = [k % 2 ? wide / 2 - 10 : 8, k < 2 ? 14 : 36];
      picture.append(svg("path", { class: `curve ${classes[row]}`, d: `M${x} ${y}H${x + 26}` }));
      picture.append(svg("text", { x: x + 32, y: y + 4 }, data.curves[row]));
    });
  }

  function tell() {
    const missed = unmet(sizes);
    const warning = document.getElementById("unmet");
    warning.hidden = !missed.length;
    const texts = missed.slice(0, 3).map((condition) => condition.text);
    if (missed.length) warning.textContent = say("undefined", { conditions: texts.join(say("comma")) });
    document.getElementById("cost-sizes").textContent = data.dims.map((name) => `${name} = ${sizes[name]}`).join(say("comma"));
    const rows = document.querySelectorAll("#cost-table tbody tr");
    Object.values(data.rows).forEach((costs, k) => {
      rows[k].querySelectorAll("td").forEach((cell, j) => {
        cell.textContent = missed.length ? "–" : short(evaluate(costs[names[j]], sizes));
      });
    });
  }

  function set(name, value) {
    sizes[name] = Math.max(1, Math.min(1e6, Math.round(value) || 1));
    for (const input of document.querySelectorAll(`input[data-size="${name}"]`)) {
      input.value = input.type === "range" ? place(sizes[name]) : sizes[name];
    }
    draw();
    tell();
  }

  if (quantity) {
    for (const input of document.querySelectorAll("input[data-size]")) {
      const name = input.dataset.size;
      if (input.type === "range") {
        input.value = place(sizes[name]);
        input.addEventListener("input", () => set(name, step(Number(input.value))));
      } else {
        input.addEventListener("change", () => set(name, Number(input.value)));
      }
    }
    quantity.addEventListener("change", draw);
    axis.addEventListener("change", draw);
    document.getElementById("cost-form").addEventListener("submit", (event) => event.preventDefault());
    draw();
    new ResizeObserver(() => requestAnimationFrame(draw)).observe(figure);
  }
}
