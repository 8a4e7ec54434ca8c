// What falls with a claim: pointed at, focused, or chosen by name. The arrows of the drawing are the data.
"use strict";
(() => {
  const svg = document.querySelector(".w2s-graph");
  const choice = document.getElementById("w2s-falls");
  const told = document.getElementById("w2s-fallen");
  const arrows = [...svg.querySelectorAll(".arrow")];

  function fallen(id) { // everything that rests on it, and itself
    const found = new Set([id]);
    for (const below of found) { // it grows
      for (const a of arrows) if (a.dataset.from === below) found.add(a.dataset.to);
    }
    return found;
  }

  function mark(id) {
    const found = id ? fallen(id) : new Set();
    svg.classList.toggle("w2s-marked", found.size > 0);
    for (const g of svg.querySelectorAll(".claim")) g.classList.toggle("falls", found.has(g.id.slice(6)));
    for (const a of arrows) a.classList.toggle("falls", found.has(a.dataset.from));
    return found.size - 1;
  }

  function chosen() {
    const id = choice.value;
    const count = mark(id);
    told.textContent = !id ? "" : count < 1 ? `nothing else falls with ${id}`
      : `with ${id} fall${count === 1 ? "s" : ""} ${count} other${count === 1 ? "" : "s"}`;
  }

  choice.addEventListener("change", chosen);
  for (const link of svg.querySelectorAll("a")) {
    const id = link.querySelector(".claim").id.slice(6);
    for (const event of ["pointerenter", "focus"]) link.addEventListener(event, () => mark(id));
    for (const event of ["pointerleave", "blur"]) link.addEventListener(event, chosen);
  }
  if (choice.value) chosen(); // what the browser remembered
})();
