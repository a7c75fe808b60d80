// Give the admin's autocomplete fields the names of their labels, which the library leaves out.
export const nameAutocompletes = (form) => {
  for (const selection of form.querySelectorAll(".select2-selection")) {
    const select = selection.closest(".select2-container").previousElementSibling
    const label = select?.labels?.[0]
    if (!label) continue
    const name = label.textContent.replace(/:$/, "").trim()
    for (const part of [selection, ...selection.querySelectorAll("[role]")]) part.setAttribute("aria-label", name)
  }
}
