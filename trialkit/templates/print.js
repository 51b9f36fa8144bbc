"use strict";
/* Print: what is too tall for one page becomes several drawings, cut between rows, each with the scale it is read by. */
(() => {
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const PAGE = { width: 680, height: 900 }; /* px of A4 between its margins, with room for a caption */
  const draws = (tag, attributes, ...children) => {
    const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
    Object.entries(attributes).forEach(([name, value]) => element.setAttribute(name, value));
    element.append(...children);
    return element;
  };
  const slice = (figure) => {
    const svg = figure.querySelector("svg.marks:not(.one-page)");
    if (!svg) return;
    const { top: origin, width, height } = svg.getBoundingClientRect();
    const extent = (nodes, spare = 0) => {
      const boxes = nodes.map((node) => node.getBoundingClientRect());
      return { top: Math.min(...boxes.map((box) => box.top)) - origin - spare, bottom: Math.max(...boxes.map((box) => box.bottom)) - origin + spare };
    };
    /* What must stay whole: words and marks, but no background or line down the whole chart. A bold line keeps what it heads. */
    const rows = all("text, .role-mark > *", svg).map((node) => {
      const { top, bottom } = extent([node]);
      const spare = Math.min(2, (bottom - top) / 5); /* boxes of text reach below their letters */
      return { top, bottom: bottom - spare + (node.getAttribute("font-weight") === "bold" ? 20 : 0) };
    }).filter((row) => row.bottom - row.top < 100);
    const crossed = (y) => rows.filter((row) => row.top < y && row.bottom > y).length;
    const axes = all(".role-axis", svg).flatMap((axis) => {
      const labels = all(".role-axis-label text", axis);
      const [first, last] = [labels.at(0), labels.at(-1)].map((label) => label?.getBoundingClientRect());
      if (!first || Math.abs(last.left - first.left) <= Math.abs(last.top - first.top)) return [];
      return { ...extent([...labels, ...all(".role-axis-title text", axis)], 7), above: /,\s*-/.test(labels[0].getAttribute("transform")) };
    }).sort((a, b) => a.top - b.top);
    const limit = PAGE.height * Math.max(1, width / PAGE.width) - Math.max(0, ...axes.map((axis) => axis.bottom - axis.top));
    const cuts = [0];
    for (let left = height; left > limit; left = height - cuts.at(-1)) {
      const count = Math.ceil(left / limit / 0.95);
      const even = left / count; /* the cut through the fewest rows, and of these the one nearest to equal parts */
      const lowest = Math.ceil(Math.max(left - (count - 1) * limit, even - limit / 3));
      const cost = (y) => 1e4 * crossed(cuts.at(-1) + y) + Math.abs(y - even);
      const places = Array.from({ length: Math.floor(limit) - lowest + 1 }, (_, step) => ({ y: lowest + step, cost: cost(lowest + step) }));
      cuts.push(cuts.at(-1) + places.reduce((best, place) => (place.cost < best.cost ? place : best)).y);
    }
    cuts.push(height);
    const marks = svg.querySelector(":scope > g");
    marks.id = `${figure.id}-marks`;
    const parts = cuts.slice(1).map((bottom, number) => {
      const top = cuts[number];
      const inside = axes.filter((axis) => axis.top >= top && axis.bottom <= bottom);
      const [opening, closing] = [inside.find((axis) => axis.above), inside.findLast((axis) => !axis.above)];
      const head = axes.findLast((axis) => axis.above && axis.bottom <= top && !opening);
      const open = !closing || rows.some((row) => row.top > closing.bottom && row.bottom < bottom); /* rows below the last scale */
      const foot = open ? axes.find((axis) => !axis.above && axis.top >= bottom) : undefined;
      let at = 0;
      const pieces = [head, { top, bottom }, foot].filter(Boolean).map((part) => {
        const tall = part.bottom - part.top;
        const piece = draws("svg", { y: at, width, height: tall, viewBox: `0 ${part.top} ${width} ${tall}` }, draws("use", { href: `#${marks.id}` }));
        at += tall;
        return piece;
      });
      const label = `${svg.getAttribute("aria-label")} Part ${number + 1} of ${cuts.length - 1}.`;
      return draws("svg", { width, height: at, viewBox: `0 0 ${width} ${at}`, role: "img", "aria-label": label }, ...pieces);
    });
    const slices = document.createElement("div");
    slices.className = "slices";
    slices.append(...parts);
    svg.after(slices);
    figure.classList.add("sliced");
  };
  const unslice = () => all("figure.sliced").forEach((figure) => {
    figure.classList.remove("sliced");
    figure.querySelector(".slices")?.remove();
  });
  addEventListener("beforeprint", () => { unslice(); all("figure.chart").forEach(slice); });
  addEventListener("afterprint", unslice);
})();
