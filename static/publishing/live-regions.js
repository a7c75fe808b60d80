// Parts of the page that a save or a check renders again. The rest, such as the text with its cursor, stays.
const nameOf = (element) => element.dataset.live

const replace = (region, fresh) => {
  if (region.innerHTML === fresh.innerHTML) return
  // What the author has opened stays open.
  const isOpen = [...region.querySelectorAll("details")].map((details) => details.open)
  for (const [index, details] of fresh.querySelectorAll("details").entries()) details.open ||= isOpen[index] ?? false
  const focused = region.contains(document.activeElement) ? document.activeElement : null
  region.replaceChildren(...fresh.childNodes)
  if (!focused) return
  const successor = focused.name && region.querySelector(`[name="${focused.name}"]`)
  ;(successor || region.querySelector("button, a, summary"))?.focus({ preventScroll: true })
}

// Replace each region of this page that `root`, a page or a part of one, also has. Lazy ones are filled by checks only.
export const replaceRegions = (root) => {
  for (const fresh of root.querySelectorAll("[data-live]")) {
    const region = document.querySelector(`[data-live="${nameOf(fresh)}"]`)
    if (region && !("lazy" in fresh.dataset)) replace(region, fresh)
  }
}

const rowName = (row) => [...row.classList].find((name) => name.startsWith("field-"))

const markField = (id, fresh) => {
  const field = document.getElementById(id)
  if (!field) return
  for (const name of ["aria-invalid", "aria-describedby"]) {
    if (fresh.hasAttribute(name)) field.setAttribute(name, fresh.getAttribute(name))
    else field.removeAttribute(name)
  }
}

// Show the errors that `page` shows beside its fields beside ours, and open the groups they are in.
export const showFieldErrors = (page) => {
  for (const list of document.querySelectorAll("form[data-editor] .form-row .errorlist")) list.remove()
  for (const fresh of page.querySelectorAll("form[data-editor] [id^=id_]")) markField(fresh.id, fresh)
  for (const list of page.querySelectorAll("form[data-editor] .form-row .errorlist")) {
    const row = document.querySelector(`form[data-editor] .${rowName(list.closest(".form-row"))}`)
    if (!row) continue
    row.prepend(list)
    const group = row.closest("details")
    if (group) group.open = true
  }
}
