// The summary of each closed group of settings shows what is chosen in it.
import { summarize } from "./group-summary.js"

const isOwnField = (control) => control.name && control.type !== "hidden" && !control.closest(".inline-related")

const labelOf = (control) => control.labels?.[0]?.textContent.trim() ?? ""

// What a person reads of a control; "" if nothing is chosen.
const readValue = (control) => {
  if (control.type === "checkbox" || control.type === "radio") return control.checked ? labelOf(control) : ""
  if (control.localName === "select") {
    return [...control.selectedOptions]
      .filter(({ value }) => value)
      .map((option) => option.textContent.trim())
      .join(", ")
  }
  if (control.type === "file") return ""
  return control.value.trim()
}

const valuesOf = (details) => {
  const values = [...details.querySelectorAll("input, select, textarea")].filter(isOwnField).map(readValue)
  const image = details.querySelector("image-picker img:not([hidden])")
  return image ? [image.alt || "Chosen", ...values] : values
}

const update = (details) => {
  const summary = details.querySelector("summary")
  let line = summary.querySelector(".group-value")
  if (!line) {
    line = document.createElement("span")
    line.className = "group-value"
    summary.append(line)
  }
  const text = summarize(valuesOf(details))
  if (line.textContent !== text) line.textContent = text
}

export const startGroupValues = (form) => {
  const groups = [...form.querySelectorAll(".editor-panel fieldset > details")]
  const updateAll = () => groups.forEach(update)
  updateAll()
  for (const type of ["input", "change", "editor:adopted", "editor:saved"]) {
    form.addEventListener(type, ({ target }) => {
      const group = target.closest?.(".editor-panel fieldset > details")
      if (group) update(group)
      else if (type === "editor:saved") updateAll()
    })
  }
}
