// The risk explorer. All formulas are in theory.js, which is generated; here is what is drawn, and how.
"use strict";
(() => {
  const root = document.getElementById("w2s-explorer");
  const CURVES = [ // dashes and markers tell them apart without colours
    ["teacher-risk", "weak teacher", "weak", "8 4"], ["w2s-risk", "W2S student", "w2s", ""],
    ["baseline-risk", "strong baseline", "baseline", "2 3"], ["ceiling-risk", "strong ceiling", "ceiling", "9 3 2 3"],
  ];
  const SIZES = ["n", "N", "d_w", "d_s"];
  const LOGS = { n: [3, 1e5], N: [3, 1e5], d_w: [1, 1e3], d_s: [1, 1e3], sigma2: [1e-6, 100], rho_w: [1e-7, 10],
    delta2: [1e-7, 10], tau2: [1e-7, 10] };
  const STEPS = 1000;
  const state = {};
  let over = "N";

  // ---------------------------------------------------------------------------------- numbers

  const integer = (x) => Math.max(1, Math.round(x));

  function settle() { // what is impossible moves to what is possible
    for (const k of SIZES) state[k] = integer(state[k]);
    state.d_sw = Math.min(Math.max(state.d_sw, 0), state.d_s, state.d_w);
    state.n = Math.max(state.n, state.d_w + 2);
    state.N = Math.max(state.N, state.d_s + 2);
    for (const k of ["sigma2", "rho_w", "delta2", "tau2"]) state[k] = Math.max(state[k], 0);
    state.delta2 = Math.min(state.delta2, state.rho_w * Math.min(1, state.d_s - state.d_sw));
    if (state.d_sw === state.d_w) state.tau2 = 0;
    state.rho_s = Math.max(theory.rho_s(state), 0);
  }

  function evaluate(p) { // every closed form at a point; null where its hypotheses do not hold
    const found = {};
    for (const [id, c] of Object.entries(theory.claims)) found[id] = c.holds(p) ? c.value(p) : null;
    const known = (...ids) => ids.every((id) => found[id] !== null);
    const three = ["teacher-risk", "w2s-risk", "ceiling-risk"];
    found.pgr = known(...three) && found["ceiling-risk"] < found["teacher-risk"] ? theory.pgr(found) : null;
    found.opr = known("baseline-risk", "w2s-risk") && found["w2s-risk"] > 0 ? theory.opr(found) : null;
    return found;
  }

  function shown(x) {
    if (x === null || !Number.isFinite(x)) return "–";
    if (x === 0) return "0";
    const size = Math.abs(x);
    return (size >= 1e-3 && size < 1e5 ? String(Number(x.toPrecision(5))) : x.toExponential(3).replace(/\.?0+e/, "e")).replace(/-/g, "−");
  }

  // ---------------------------------------------------------------------------------- controls

  const toSlider = (k, x) => {
    if (k === "d_sw") return STEPS * x / Math.max(Math.min(state.d_s, state.d_w), 1);
    const [low, high] = LOGS[k];
    if (x < low) return 0;
    return 1 + (STEPS - 1) * Math.log(x / low) / Math.log(high / low);
  };
  const fromSlider = (k, s) => {
    if (k === "d_sw") return Number((Math.min(state.d_s, state.d_w) * s / STEPS).toPrecision(3));
    const [low, high] = LOGS[k];
    const x = low * Math.exp(Math.log(high / low) * (s - 1) / (STEPS - 1));
    if (SIZES.includes(k)) return integer(x);
    return s < 1 ? 0 : Number(x.toPrecision(3));
  };

  function connect() {
    for (const row of root.querySelectorAll("[data-letter]")) {
      const k = row.dataset.letter;
      const slider = row.querySelector("[type=range]"), field = row.querySelector("[type=number]");
      slider.addEventListener("input", () => {
        const before = state[k];
        let x = fromSlider(k, Number(slider.value));
        // one step of a slider is at least one of a size
        if (SIZES.includes(k) && x === before && slider.value !== slider.dataset.at) {
          x += Math.sign(Number(slider.value) - Number(slider.dataset.at));
        }
        state[k] = x;
        refresh();
      });
      field.addEventListener("change", () => {
        if (field.value !== "" && Number.isFinite(Number(field.value))) state[k] = Number(field.value);
        refresh();
      });
    }
    root.querySelector("#w2s-over").addEventListener("change", (e) => { over = e.target.value; refresh(); });
    const presets = root.querySelector("#w2s-preset");
    for (const name of Object.keys(theory.presets)) presets.add(new Option(name, name));
    presets.addEventListener("change", () => {
      if (presets.value) Object.assign(state, theory.presets[presets.value]);
      refresh();
    });
  }

  function load() { // from the address, else the first preset
    Object.assign(state, Object.values(theory.presets)[0]);
    const given = new URLSearchParams(location.hash.slice(1));
    for (const [k, text] of given) if (k in state && Number.isFinite(Number(text))) state[k] = Number(text);
    if (["n", "N"].includes(given.get("over"))) over = given.get("over");
  }

  function refresh() {
    settle();
    for (const row of root.querySelectorAll("[data-letter]")) {
      const k = row.dataset.letter;
      const slider = row.querySelector("[type=range]"), field = row.querySelector("[type=number]");
      slider.value = toSlider(k, state[k]);
      slider.dataset.at = slider.value;
      slider.setAttribute("aria-valuetext", shown(state[k]));
      field.value = String(state[k]);
    }
    root.querySelector("#w2s-over").value = over;
    const found = evaluate(state);
    for (const cell of root.querySelectorAll("[data-value]")) {
      const x = cell.dataset.value === "rho_s" ? state.rho_s : found[cell.dataset.value];
      cell.dataset.exact = x === null ? "" : String(x);
      cell.textContent = shown(x);
    }
    const gain = found["teacher-risk"] - found["w2s-risk"];
    root.querySelector("#w2s-fares").textContent = gain > 0 ? "The student beats its teacher here."
      : gain < 0 ? "The student loses to its teacher here." : "The student ties with its teacher here.";
    const { rho_s, ...kept } = state;
    history.replaceState(null, "", "#" + new URLSearchParams({ ...kept, over }));
    draw();
  }

  // ---------------------------------------------------------------------------------- drawing

  const NS = "http://www.w3.org/2000/svg";
  function el(name, attributes, parent, text) {
    const made = document.createElementNS(NS, name);
    for (const [k, v] of Object.entries(attributes)) made.setAttribute(k, v);
    if (text !== undefined) made.textContent = text;
    parent.append(made);
    return made;
  }

  function sizes() { // log-spaced integers around the one in the inputs
    const least = (over === "N" ? state.d_s : state.d_w) + 2, most = Math.max(20 * state[over], 20 * least);
    const found = new Set([least, most, state[over]]);
    for (let i = 1; i < 160; i++) found.add(Math.round(least * (most / least) ** (i / 160)));
    return [...found].sort((a, b) => a - b);
  }

  const gainAt = (size) => {
    const found = evaluate({ ...state, [over]: size });
    return found["teacher-risk"] - found["w2s-risk"];
  };

  function losing(xs, points) { // stretches of sizes at which W2S loses, their ends exact integers
    const loses = points.map((p) => p["w2s-risk"] > p["teacher-risk"]);
    const edge = (a, b, inside) => { // the last size from a towards b that is as a is
      while (Math.abs(b - a) > 1) {
        const middle = Math.round((a + b) / 2);
        if ((gainAt(middle) < 0) === inside) a = middle; else b = middle;
      }
      return a;
    };
    const found = [];
    for (let i = 0; i < xs.length; i++) {
      if (!loses[i] || (i && loses[i - 1])) continue;
      let j = i;
      while (j + 1 < xs.length && loses[j + 1]) j++;
      found.push([i ? edge(xs[i], xs[i - 1], true) : xs[i], j + 1 < xs.length ? edge(xs[j], xs[j + 1], true) : xs[j]]);
    }
    return found;
  }

  function ticks(low, high, log, most) {
    if (log) {
      const decades = [];
      for (let e = Math.ceil(low - 1e-9); e <= high + 1e-9; e++) decades.push(10 ** e);
      if (decades.length >= 2) return decades.filter((_, i) => i % Math.ceil(decades.length / most) === 0);
    }
    const [a, b] = log ? [10 ** low, 10 ** high] : [low, high];
    const raw = (b - a) / most, unit = 10 ** Math.floor(Math.log10(raw));
    const step = [1, 2, 5, 10].map((m) => m * unit).find((s) => s >= raw);
    const found = [];
    for (let i = Math.ceil(a / step - 1e-9); i * step <= b + 1e-9 * step; i++) found.push(i * step);
    return found;
  }

  function panel(box, title, height, xs, series, log, shade, stacked) {
    const width = Math.max(box.clientWidth, 280), left = 58, right = 10, top = 22, bottom = 34;
    const svg = el("svg", { width, height, viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": title }, box);
    el("text", { x: 4, y: 14, class: "head" }, svg, title);
    const ys = series.flatMap((s) => s.ys).filter((y) => y !== null && Number.isFinite(y) && (!log || y > 0));
    if (!ys.length) { el("text", { x: left, y: 50 }, svg, "none at any of these sizes"); return; }
    let low = Math.min(...ys), high = Math.max(...ys);
    if (log) { low = Math.log10(low); high = Math.log10(high); } else { low = Math.min(low, 0); }
    if (!log && !stacked) { low = Math.max(low, -1); high = Math.min(Math.max(high, 1), 2); }
    if (stacked) high = Math.min(high, 3 * ys.sort((p, q) => p - q)[Math.floor(ys.length / 2)]); // it has a pole
    const room = 0.04 * (high - low) || 0.1;
    if (!stacked) low -= room;
    high += room;
    const w = width - left - right, h = height - top - bottom;
    const a = Math.log(xs[0]), b = Math.log(xs[xs.length - 1]);
    const X = (x) => left + w * (Math.log(x) - a) / (b - a);
    const Y = (y) => {
      const place = ((log ? Math.log10(y) : y) - low) / (high - low);
      return top + h * (1 - Math.min(Math.max(place, -0.5), 1.5));
    };
    for (const [first, last] of shade) {
      const x = Math.max(X(first - 0.5), left), end = Math.min(X(last + 0.5), left + w);
      el("rect", { x, y: top, width: Math.max(end - x, 1), height: h, class: "loses" }, svg);
    }
    for (const y of ticks(low, high, log, 5)) {
      if (Y(y) < top - 1 || Y(y) > top + h + 1) continue;
      el("path", { d: `M${left} ${Y(y)}h${w}`, class: "grid" }, svg);
      el("text", { x: left - 5, y: Y(y) + 4, "text-anchor": "end" }, svg, shown(y));
    }
    for (const x of ticks(a / Math.LN10, b / Math.LN10, true, width < 450 ? 4 : 8)) {
      if (x < xs[0] || x > xs[xs.length - 1]) continue;
      el("path", { d: `M${X(x)} ${top}v${h}`, class: "grid" }, svg);
      el("text", { x: X(x), y: top + h + 15, "text-anchor": "middle" }, svg, shown(x));
    }
    el("text", { x: left + w / 2, y: height - 4, "text-anchor": "middle" }, svg,
      over === "N" ? "N, pseudo-labels" : "n, labels");
    const inner = el("svg", { x: left, y: top, width: w, height: h, overflow: "hidden" }, svg);
    const at = (i, y) => `${(X(xs[i]) - left).toFixed(1)} ${(Y(y) - top).toFixed(1)}`;
    for (const s of series) {
      if (stacked) {
        const up = s.ys.map((y, i) => at(i, y)), down = s.from.map((y, i) => at(i, y)).reverse();
        el("path", { d: `M${[...up, ...down].join("L")}Z`, class: `area ${s.kind}` }, inner);
        continue;
      }
      let d = "", pen = false;
      s.ys.forEach((y, i) => {
        const there = y !== null && Number.isFinite(y) && (!log || y > 0);
        if (there) d += (pen ? "L" : "M") + at(i, y);
        pen = there;
      });
      el("path", { d, class: `line ${s.kind}`, "stroke-dasharray": s.dashes || "none" }, inner);
      const now = s.ys[xs.indexOf(state[over])];
      if (now !== null && (!log || now > 0)) {
        el("circle", { cx: X(state[over]) - left, cy: Y(now) - top, r: 4, class: `dot ${s.kind}` }, inner);
      }
    }
    el("path", { d: `M${X(state[over])} ${top}v${h}`, class: "now" }, svg);
    el("rect", { x: left, y: top, width: w, height: h, class: "frame" }, svg);
  }

  function draw() {
    const box = root.querySelector("#w2s-panels"), xs = sizes();
    const points = xs.map((size) => evaluate({ ...state, [over]: size }));
    const shade = losing(xs, points), column = (k) => points.map((p) => p[k]);
    box.replaceChildren();
    panel(box, "Excess risk (grey: the student loses)", 330, xs,
      CURVES.map(([id, , kind, dashes]) => ({ ys: column(id), kind, dashes })), true, shade, false);
    const inherited = column("w2s-variance-inherited"), reduced = column("w2s-variance-reduced");
    panel(box, "Variance: inherited, and reduced on top", 220, xs, [
      { ys: inherited, from: inherited.map(() => 0), kind: "inherited" },
      { ys: inherited.map((y, i) => y + reduced[i]), from: inherited, kind: "reduced" },
    ], false, shade, true);
    panel(box, "PGR: part of the gap that is closed", 190, xs,
      [{ ys: column("pgr"), kind: "w2s" }], false, shade, false);
    panel(box, "OPR: baseline's risk over the student's", 190, xs,
      [{ ys: column("opr"), kind: "w2s" }], true, shade, false);
    panel(box, "Misfit: disagreement with the teacher", 190, xs,
      [{ ys: column("misfit"), kind: "w2s" }], true, shade, false);
  }

  load();
  connect();
  refresh();
  let width = root.clientWidth;
  new ResizeObserver(() => { if (root.clientWidth !== width) { width = root.clientWidth; draw(); } }).observe(root);
})();
