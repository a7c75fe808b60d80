// Names for what the admin's tables and autocomplete fields leave without one. On phones the rows of tables are blocks, in
// which each value has the name of its column.
import { nameAutocompletes } from "./autocomplete-names.js"

const CONTROLS = "input:not([type=hidden]), select, textarea"

// An empty header confuses screen readers; a cell does not.
const replaceHeader = (header) => {
  const cell = document.createElement("td")
  cell.className = header.className
  header.replaceWith(cell)
}

const labelCell = (cell, name) => {
  const text = cell.textContent.trim() || cell.querySelector("img")?.alt
  const controls = cell.querySelectorAll(CONTROLS)
  for (const control of controls) if (!control.labels?.length) control.ariaLabel ||= name
  if (controls.length || cell.querySelector("img") || (text && text !== "-"))
    cell.dataset.label = text || controls.length ? name : ""
}

const labelTable = (table) => {
  const headers = [...table.tHead.rows[0].cells]
  const names = headers.map((header) => (header.querySelector(".text") ?? header).textContent.trim().replace(/\?$/, ""))
  for (const header of headers)
    if (!header.textContent.trim() && !header.querySelector("input, img")) replaceHeader(header)
  for (const body of table.tBodies) {
    for (const { cells } of body.rows) for (const cell of cells) labelCell(cell, names[cell.cellIndex] ?? "")
  }
  table.classList.add("has-labels")
}

for (const table of document.querySelectorAll("#result_list, .tabular table")) labelTable(table)
// After Django's script, which makes the autocomplete fields at the same moments.
const nameAll = () => nameAutocompletes(document)
window.django?.jQuery?.(nameAll)
document.addEventListener("formset:added", nameAll)
