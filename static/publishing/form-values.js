// After a save, fields take the values that the server stored: a slug made from the title, a date of publication.
const OWN_FIELDS = new Set(["csrfmiddlewaretoken", "autosave_key", "restored_from"])

const isSame = (one, other) => one.length === other.length && one.every((value, index) => value === other[index])

// Return the names of fields that the author left as sent and that the server changed. Arguments are FormData.
export const changedNames = (sent, current, stored) =>
  [...new Set([...sent.keys(), ...stored.keys()])].filter((name) => {
    if (OWN_FIELDS.has(name)) return false
    const values = sent.getAll(name)
    return isSame(values, current.getAll(name)) && !isSame(values, stored.getAll(name))
  })

const setValues = (control, values) => {
  if (control.type === "checkbox" || control.type === "radio") control.checked = values.includes(control.value)
  else if (control.type !== "submit") control.value = values[0] ?? ""
}

// The editor's own text stays as it is: replacing it would lose the cursor and the undo history.
const isRichText = (control) => Boolean(control.closest(".prose-editor"))

export const adoptValues = (form, storedForm, sent) => {
  const stored = new FormData(storedForm)
  const names = changedNames(sent, new FormData(form), stored)
  for (const control of form.elements) {
    if (!names.includes(control.name) || isRichText(control)) continue
    setValues(control, stored.getAll(control.name))
    control.dispatchEvent(new CustomEvent("editor:adopted", { bubbles: true }))
  }
}
