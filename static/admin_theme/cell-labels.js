// On phones the rows of a list are blocks, in which each value has the name of its column. Without this, tables scroll.
const table = document.getElementById("result_list")

const label = (cell, name) => {
  const text = cell.textContent.trim() || cell.querySelector("img")?.alt
  if (cell.querySelector("input, select, textarea") || (text && text !== "-")) cell.dataset.label = name
}

if (table) {
  const names = [...table.tHead.rows[0].cells].map((cell) => cell.querySelector(".text")?.textContent.trim() ?? "")
  for (const { cells } of table.tBodies[0].rows) for (const cell of cells) label(cell, names[cell.cellIndex] ?? "")
  table.classList.add("has-labels")
}
