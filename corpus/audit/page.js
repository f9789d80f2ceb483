"use strict";
// Sort and filter the tables of the page; without this script they are plain tables. No text is ever read as HTML.
for (const table of document.querySelectorAll("table")) {
  const body = table.tBodies[0];
  if (!table.tHead || !body) continue;
  const heads = [...table.tHead.rows[0].cells];
  heads.forEach((head, column) => {
    if (body.rows.length < 2) return;
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = head.textContent;
    head.replaceChildren(button);
    button.addEventListener("click", () => {
      const up = head.getAttribute("aria-sort") === "descending";
      heads.forEach((other) => other.removeAttribute("aria-sort"));
      head.setAttribute("aria-sort", up ? "ascending" : "descending");
      const value = (row) => row.cells[column].dataset.value ?? row.cells[column].textContent.trim();
      const rows = [...body.rows];
      const numbers = rows.every((row) => value(row) === "" || !Number.isNaN(Number(value(row))));
      const order = numbers
        ? (a, b) => (value(a) === "" ? -Infinity : Number(value(a))) - (value(b) === "" ? -Infinity : Number(value(b)))
        : (a, b) => value(a).localeCompare(value(b));
      rows.sort((a, b) => (up ? order(a, b) : order(b, a)));
      body.append(...rows);
    });
  });
  if (body.rows.length < 8) continue;
  const box = document.createElement("div"), input = document.createElement("input"), count = document.createElement("span");
  box.className = "filter";
  count.className = "quiet";
  count.setAttribute("role", "status");
  input.type = "search";
  input.placeholder = document.body.dataset.filter;
  input.setAttribute("aria-label", document.body.dataset.filter + ": " + table.getAttribute("aria-label"));
  input.addEventListener("input", () => {
    const wanted = input.value.toLowerCase();
    let shown = 0;
    for (const row of body.rows) {
      row.hidden = !row.textContent.toLowerCase().includes(wanted);
      shown += !row.hidden;
    }
    count.textContent = shown + " / " + body.rows.length;
  });
  box.append(input, count);
  table.parentElement.before(box);
}
// What a link leads to opens.
const open = () => {
  const place = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  for (let one = place; one; one = one.parentElement) if (one.tagName === "DETAILS") one.open = true;
  if (place) place.scrollIntoView();
};
addEventListener("hashchange", open);
open();
addEventListener("beforeprint", () => document.querySelectorAll("details").forEach((one) => { one.open = true; }));
