"use strict";
(() => {
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const make = (tag, attributes = {}, ...children) => {
    const element = document.createElement(tag);
    Object.entries(attributes).forEach(([name, value]) => element.setAttribute(name, value));
    element.append(...children);
    return element;
  };

  /* Packed parts of the page: base64 of gzip. */
  const unpack = async (id) => {
    const packed = Uint8Array.from(atob(document.getElementById(id).textContent), (letter) => letter.charCodeAt(0));
    return new Response(new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"))).text();
  };
  let datasets;
  const data = () => (datasets ??= unpack("chart-data").then(JSON.parse));

  /* Charts. Until one is drawn, and if drawing fails, its still image stands. */
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const DARK = {
    axis: { labelColor: "#c3ccd5", titleColor: "#e4e9ee", domainColor: "#76828e", tickColor: "#3a444e", gridColor: "#2b343d" },
    legend: { labelColor: "#c3ccd5", titleColor: "#e4e9ee" },
    header: { labelColor: "#c3ccd5", titleColor: "#e4e9ee" },
    title: { color: "#e4e9ee", subtitleColor: "#c3ccd5" },
    text: { color: "#e4e9ee" }, rule: { color: "#c3ccd5" },
    style: { "guide-label": { fill: "#c3ccd5" }, "guide-title": { fill: "#e4e9ee" }, "group-title": { fill: "#e4e9ee" } },
  };
  const darken = (config = {}) => {
    const result = { ...config };
    for (const key of new Set([...Object.keys(DARK), ...Object.keys(config).filter((key) => key.startsWith("axis"))])) {
      const colours = DARK[key] ?? DARK.axis;
      result[key] = { ...config[key], ...colours };
      if (key === "style") for (const name in colours) result.style[name] = { ...config.style?.[name], ...colours[name] };
    }
    return result;
  };
  /* Ink, paper, grid, charcoal and two blues as charts write them, and what they are on a dark page. */
  const RECOLOUR = {
    "#24292f": "#e4e9ee", "#57606a": "#a3adb8", "#d8dee4": "#2b343d", "#ffffff": "#12171c", "#3d3d3d": "#e4e9ee", "#fefefe": "#12171c",
    "#004b76": "#9ccbe8", "rgba(0, 114, 178, 0.5)": "rgba(127, 184, 220, 0.75)",
  };
  const recolour = (node) => {
    if (typeof node === "string") return RECOLOUR[node] ?? node;
    if (Array.isArray(node)) return node.map(recolour);
    return node && typeof node === "object" ? Object.fromEntries(Object.entries(node).map(([key, value]) => [key, recolour(value)])) : node;
  };
  /* A legend that highlights answers to the mouse alone: buttons beside it answer to every other way, too. */
  const addHighlights = (figure, stage) => {
    figure.querySelector(".picks")?.remove();
    const marks = all('g[class*="_legend_symbols"] path', stage);
    if (!marks.length) return;
    const buttons = marks.map((mark) => {
      const button = make("button", { type: "button", "aria-pressed": "false" }, mark.__data__.datum.label);
      button.addEventListener("click", () => {
        button.setAttribute("aria-pressed", String(button.getAttribute("aria-pressed") !== "true"));
        mark.dispatchEvent(new MouseEvent("click", { bubbles: true, view: window, shiftKey: true })); /* shift: one more, or one less */
      });
      return button;
    });
    const label = `Highlight in ${figure.querySelector("figcaption b").textContent.replace(/\.$/, "").toLowerCase()}`;
    figure.prepend(make("div", { class: "picks", role: "group", "aria-label": label }, make("span", {}, "Highlight:"), ...buttons));
  };

  const finish = new Map(); /* figure -> how to let go of its present drawing */
  const draw = async (figure) => {
    const plain = JSON.parse(figure.querySelector("script.spec").textContent);
    const spec = dark.matches ? recolour(plain) : plain;
    const values = await data();
    /* A copy for each chart: Vega writes into the rows it is given. */
    spec.datasets = Object.fromEntries(figure.dataset.datasets.split(" ").filter(Boolean).map((name) => [name, structuredClone(values[name])]));
    spec.background = dark.matches ? "#12171c" : "#ffffff";
    spec.config = { ...(dark.matches ? darken(spec.config) : spec.config) };
    delete spec.config.background;
    const before = figure.querySelector(".drawing");
    const stage = make("div", { class: "drawing" });
    stage.style.cssText = "position: absolute; left: 0; visibility: hidden"; /* drawn unseen, so that nothing jumps */
    before.after(stage);
    const menus = make("div", { class: "menus" });
    try {
      const { finalize } = await window.vegaEmbed(stage, spec, {
        renderer: "svg", ast: true, bind: menus, tooltip: { theme: dark.matches ? "dark" : "light" },
        downloadFileName: figure.id, i18n: { CLICK_TO_VIEW_ACTIONS: "Save this chart", PNG_ACTION: "Save as PNG", SVG_ACTION: "Save as SVG" },
        actions: { export: { svg: true, png: true }, source: false, compiled: false, editor: false },
      });
      const svg = stage.querySelector("svg.marks");
      svg.setAttribute("role", "img");
      svg.classList.toggle("one-page", svg.height.baseVal.value < 1240); /* printed smaller rather than in parts */
      svg.setAttribute("aria-label", spec.description || figure.querySelector("figcaption").textContent);
      all('[class*="_brush"]', svg).forEach((mark) => mark.setAttribute("aria-hidden", "true")); /* the menus say and do the same */
      stage.querySelector("summary")?.setAttribute("aria-label", `Save ${figure.querySelector("figcaption b").textContent.replace(/\.$/, "").toLowerCase()}`);
      figure.classList.toggle("drawn-dark", dark.matches);
      figure.classList.add("drawn");
      finish.get(figure)?.();
      finish.set(figure, finalize);
      before.remove();
      stage.style.cssText = "";
      addHighlights(figure, stage);
      figure.querySelector(".menus")?.remove();
      if (menus.hasChildNodes()) figure.prepend(menus);
    } catch (error) {
      stage.remove();
      figure.classList.add("failed");
      console.warn(`${figure.id} could not be drawn: ${error}`);
    }
  };
  const drawAll = async () => {
    for (const figure of all("figure.chart")) {
      await draw(figure);
      await new Promise((resume) => setTimeout(resume)); /* let the page answer between charts */
    }
    document.documentElement.dataset.charts = "done";
    markScrolling();
  };
  const startCharts = async () => {
    if (!document.getElementById("chart-script")) return;
    try {
      document.head.append(make("script", {}, await unpack("chart-script")));
      await drawAll();
      dark.addEventListener("change", drawAll);
    } catch (error) {
      console.warn(`Charts stay still images: ${error}`);
      document.documentElement.dataset.charts = "still";
    }
  };

  /* Download: a text that a spreadsheet would take for a formula gets an apostrophe in front, by the rule of formulas.py. */
  const formula = /^(?:'*[\t\r\n]|[\x00-\x20"'`\x7f-\xa0\u00ad\u1680\u180e\u2000-\u200f\u2028-\u202f\u205f-\u206f\u3000\ufeff‘’“”]*[=+\-@＝＋－＠﹢﹣﹦﹫])/;
  const harmless = (words) => (formula.test(words) ? `'${words}` : words);
  const field = (value) => {
    if (value === null || value === undefined) return "";
    if (typeof value === "object") value = JSON.stringify(value);
    if (typeof value === "string") value = harmless(value);
    return /[",\r\n]/.test(value) ? `"${String(value).replaceAll('"', '""')}"` : String(value);
  };
  const toCsv = (rows) => {
    const columns = [...new Set(rows.flatMap((row) => Object.keys(row)))];
    return [columns.map(field), ...rows.map((row) => columns.map((column) => field(row[column])))].map((cells) => cells.join(",")).join("\r\n") + "\r\n";
  };
  const download = async (button) => {
    const rows = (await data())[button.dataset.dataset];
    const address = URL.createObjectURL(new Blob(["\ufeff", toCsv(rows)], { type: "text/csv;charset=utf-8" }));
    make("a", { href: address, download: button.dataset.file }).click();
    setTimeout(() => URL.revokeObjectURL(address), 60_000);
  };
  all("button.csv").forEach((button) => { button.hidden = false; button.addEventListener("click", () => download(button)); });

  /* Code: one switch for the page; each piece can still be folded by itself. */
  const toggle = document.getElementById("code-toggle");
  const codes = all("details.code");
  if (toggle && codes.length) {
    toggle.hidden = false;
    toggle.addEventListener("click", () => {
      const show = toggle.getAttribute("aria-pressed") !== "true";
      toggle.setAttribute("aria-pressed", show);
      document.documentElement.classList.toggle("show-code", show);
      codes.forEach((code) => { code.open = show; });
      markScrolling();
    });
  }

  /* Tables: class tk-table sorts by its headers and, when long, filters. Empty cells always sort last. */
  const text = (cell) => (cell?.querySelector(":scope > .tk-missing") ? "" : cell?.dataset.sort ?? cell?.textContent.trim() ?? "");
  const number = (words) => {
    const plain = words.replace(/(?<=\d)[,\u202f\u00a0 ](?=\d{3}(\D|$))/g, "").replace(/\s*%$/, "").replace("−", "-");
    return /^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i.test(plain) ? Number(plain) : NaN;
  };
  const markNumbers = (rows, headers) => headers.map((header, column) => {
    const words = rows.map((row) => text(row.cells[column])).filter(Boolean);
    const numeric = words.length > 0 && words.filter((word) => !Number.isNaN(number(word))).length >= 0.8 * words.length;
    if (numeric) [header, ...rows.map((row) => row.cells[column])].forEach((cell) => cell?.classList.add("number"));
    return numeric;
  });
  const sortBy = (table, headers, column, numeric) => {
    const header = headers[column];
    const down = header.getAttribute("aria-sort") === "ascending" ? -1 : 1;
    const known = (words) => (numeric ? !Number.isNaN(number(words)) : words !== "");
    const rows = [...table.tBodies[0].rows].map((row) => ({ row, words: text(row.cells[column]) }));
    rows.sort((a, b) => known(b.words) - known(a.words) || (known(a.words) ? down * (numeric ? number(a.words) - number(b.words) : a.words.localeCompare(b.words, undefined, { numeric: true })) : 0));
    headers.forEach((other) => other.hasAttribute("aria-sort") && other.setAttribute("aria-sort", "none"));
    header.setAttribute("aria-sort", down === 1 ? "ascending" : "descending");
    table.tBodies[0].append(...rows.map(({ row }) => row));
  };
  /* Copy: the rows that are shown, in their order, as a spreadsheet takes them. */
  const toClipboard = async (words) => {
    try {
      await navigator.clipboard.writeText(words);
    } catch { /* an older browser, or one that asks no page of a file to write there */
      const area = make("textarea", { "aria-hidden": "true", style: "position: fixed; opacity: 0" });
      area.value = words;
      document.body.append(area);
      area.select();
      const done = document.execCommand("copy");
      area.remove();
      if (!done) throw new Error("the browser does not let this page copy");
    }
  };
  const makeCopy = (table) => {
    const button = make("button", { type: "button", class: "copy" }, "Copy");
    const said = make("span", { class: "quiet", role: "status" });
    button.addEventListener("click", async () => {
      const rows = [...table.rows].filter((row) => !row.hidden);
      const plain = (cell) => cell.textContent.replace(/[↗↕]/g, "").replace(/\s+/g, " ").trim();
      const cells = rows.map((row) => [...row.cells].map(plain).map((words) => (Number.isNaN(number(words)) ? harmless(words) : words)));
      try {
        await toClipboard(cells.map((row) => row.join("\t")).join("\n"));
        said.textContent = `${rows.length - 1} rows copied `;
      } catch (error) {
        said.textContent = `Not copied: ${error.message} `;
      }
      setTimeout(() => { said.textContent = ""; }, 4000);
    });
    return make("div", { class: "copying" }, said, button);
  };
  const enhance = (table, index) => {
    const head = table.tHead?.rows[table.tHead.rows.length - 1];
    const rows = [...(table.tBodies[0]?.rows ?? [])];
    const label = table.caption?.textContent.trim() || table.getAttribute("aria-label") || `Table ${index + 1}`;
    const box = make("div", { class: "tk-scroll", "data-label": label });
    const outer = make("div", { class: "tk-box" }, box);
    table.before(outer);
    box.append(table);
    if (!head || !rows.length) return;
    outer.append(makeCopy(table));
    const headers = [...head.cells];
    const simple = rows.every((row) => row.cells.length === headers.length && [...row.cells].every((cell) => cell.colSpan === 1 && cell.rowSpan === 1));
    const numeric = simple ? markNumbers(rows, headers) : [];
    headers.forEach((header, column) => {
      header.setAttribute("scope", "col");
      const longest = simple ? Math.max(...rows.map((row) => row.cells[column].textContent.length)) : 13;
      if (longest > 50) [header, ...rows.map((row) => row.cells[column])].forEach((cell) => cell.classList.add("wide"));
      if (longest <= (column ? 14 : 16)) rows.forEach((row) => row.cells[column].classList.add("short"));
      if (!simple || !header.textContent.trim() || rows.length < 2) return;
      const button = make("button", { type: "button" });
      button.append(...header.childNodes);
      header.append(button);
      header.setAttribute("aria-sort", "none");
      button.addEventListener("click", () => sortBy(table, headers, column, numeric[column]));
    });
    if (rows.length <= 12) return;
    const count = make("span", { class: "quiet", role: "status" }, `${rows.length} rows`);
    const input = make("input", { type: "search", autocomplete: "off" });
    const haystacks = rows.map((row) => row.textContent.toLowerCase());
    input.addEventListener("input", () => {
      const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
      let shown = 0;
      rows.forEach((row, place) => { row.hidden = !words.every((word) => haystacks[place].includes(word)); shown += !row.hidden; });
      count.textContent = shown === rows.length ? `${rows.length} rows` : `${shown} of ${rows.length} rows`;
    });
    outer.before(make("div", { class: "tk-tools" }, make("label", {}, "Filter rows", input), count));
  };
  all("table.tk-table").forEach(enhance);
  all("details.data table, .html > div > table.dataframe, .html > table.dataframe").forEach((table) => {
    const head = table.tHead?.rows;
    if (head?.length === 1) markNumbers([...table.tBodies[0].rows], [...head[0].cells]);
  });

  /* What scrolls sideways must be reachable by keyboard, and say what it is. */
  const markScrolling = () => all(".scroll, .tk-scroll, pre, .html, main .text").forEach((box) => {
    const scrolls = box.scrollWidth > box.clientWidth + 1 || (box.scrollHeight > box.clientHeight + 1 && box.clientHeight > 0);
    if (!scrolls) return box.removeAttribute("tabindex");
    box.tabIndex = 0;
    if (box.matches(".tk-scroll")) { box.setAttribute("role", "group"); box.setAttribute("aria-label", box.dataset.label); }
  });
  addEventListener("resize", markScrolling);
  document.addEventListener("toggle", markScrolling, true);
  markScrolling();

  /* Contents: folded on a phone, and following the reader on a wide screen. */
  const contents = document.getElementById("contents");
  if (contents) {
    const narrow = matchMedia("(max-width: 60rem)");
    const fold = () => { contents.open = !narrow.matches; };
    narrow.addEventListener("change", fold);
    fold();
    const links = new Map(all("a", contents).map((link) => [document.getElementById(decodeURIComponent(link.hash.slice(1))), link]));
    const follow = () => {
      let current;
      for (const [heading, link] of links) {
        link.removeAttribute("aria-current");
        if (heading && heading.getBoundingClientRect().top < innerHeight * 0.3) current = link;
      }
      current?.setAttribute("aria-current", "true");
    };
    addEventListener("scroll", () => requestAnimationFrame(follow), { passive: true });
    follow();
  }
  startCharts();
})();
