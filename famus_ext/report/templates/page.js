"use strict";
(() => {
  const table = document.querySelector(".gallery");
  const body = table.tBodies[0];
  const rows = [...body.rows].map((row) => ({
    row,
    values: Object.fromEntries([...row.cells].filter((cell) => cell.dataset.key).map((cell) => [cell.dataset.key, cell.dataset.value])),
  }));
  const filters = [...document.querySelectorAll("[data-filter]")];
  const pageSize = document.querySelector("[data-page-size]");
  const turns = [...document.querySelectorAll("[data-turn]")];
  const status = document.getElementById("shown");
  const names = new Intl.Collator(undefined, { numeric: true });
  let sorted = { key: "rank", ascending: true };
  let page = 0;

  const compare = (one, other) => {
    const [a, b] = [one.values[sorted.key], other.values[sorted.key]];
    const numbers = a !== "" && b !== "" && !isNaN(a) && !isNaN(b);
    const order = numbers ? a - b : names.compare(a, b);
    return (sorted.ascending ? order : -order) || one.values.rank - other.values.rank;
  };

  const show = () => {
    const chosen = rows.filter(({ values }) => filters.every((filter) => !filter.value || values[filter.dataset.filter] === filter.value));
    chosen.sort(compare);
    const size = Number(pageSize.value) || Math.max(chosen.length, 1);
    const pages = Math.max(Math.ceil(chosen.length / size), 1);
    page = Math.min(Math.max(page, 0), pages - 1);
    const first = page * size;
    const visible = chosen.slice(first, first + size);
    rows.forEach(({ row }) => { row.hidden = true; });
    visible.forEach(({ row }) => { row.hidden = false; });
    body.append(...chosen.map(({ row }) => row));
    turns[0].disabled = page === 0;
    turns[1].disabled = page === pages - 1;
    status.textContent = chosen.length ? `${first + 1} to ${first + visible.length} of ${chosen.length}` : "none";
  };

  table.tHead.addEventListener("click", (event) => {
    const button = event.target.closest("[data-sort]");
    if (!button) return;
    const key = button.dataset.sort;
    sorted = { key, ascending: sorted.key === key ? !sorted.ascending : true };
    table.querySelectorAll("[aria-sort]").forEach((header) => header.removeAttribute("aria-sort"));
    button.closest("th").setAttribute("aria-sort", sorted.ascending ? "ascending" : "descending");
    page = 0;
    show();
  });
  [...filters, pageSize].forEach((control) => control.addEventListener("change", () => { page = 0; show(); }));
  turns.forEach((button) => button.addEventListener("click", () => {
    page += Number(button.dataset.turn);
    show();
    table.scrollIntoView();
  }));
  document.querySelector("[data-as-table]").addEventListener("change", (event) => table.classList.toggle("as-table", event.target.checked));
  document.querySelector(".controls").addEventListener("submit", (event) => event.preventDefault());

  document.documentElement.classList.add("js");
  show();
})();
