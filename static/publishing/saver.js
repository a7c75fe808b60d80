// Saves the form without leaving the page, so that the cursor, the undo history and the scroll position stay.
import { adoptValues } from "./form-values.js"
import { replaceRegions, showFieldErrors } from "./live-regions.js"
import { parsePage, post, requireSignedIn } from "./session.js"

// Other buttons leave the page or open a new one.
const BUTTONS = ["_save", "_draft", "_publish", "_pending", "_submit", "_send"]
const NO_CONNECTION =
  "Not saved: no connection. Your text is stored in this browser. Save again when you are back online."

export class Saver {
  constructor(form, autosave) {
    this.form = form
    this.autosave = autosave
    this.isSaving = false
    this.nextButton = ""
  }

  start() {
    this.form.addEventListener("submit", (event) => this.handleSubmit(event))
    document.addEventListener("keydown", (event) => {
      if (!(event.ctrlKey || event.metaKey) || event.key !== "s") return
      event.preventDefault()
      if (!document.querySelector("dialog[open]")) this.save("_save")
    })
  }

  handleSubmit(event) {
    const name = event.submitter?.name
    if (!BUTTONS.includes(name)) return
    event.preventDefault()
    event.stopImmediatePropagation()
    this.save(name, Boolean(event.submitter.closest(".notice--conflict")))
  }

  // Save as the button `name` does, over another author's version only if asked. Return whether it was stored.
  async save(name, overwrites = false) {
    if (this.isSaving) {
      this.nextButton = name
      return false
    }
    this.isSaving = true
    this.form.setAttribute("aria-busy", "true")
    const isStored = await this.autosave.pauseWhile(() => this.send(name, overwrites))
    this.form.removeAttribute("aria-busy")
    this.isSaving = false
    const next = this.nextButton
    this.nextButton = ""
    return next ? this.save(next) : isStored
  }

  async send(name, overwrites) {
    try {
      // The first autosave creates the draft, so that a save whose answer got lost can be repeated.
      if (this.autosave.isNew && !(await this.autosave.createDraft())) return false
      const sent = new FormData(this.form)
      sent.append(name, "")
      if (!overwrites) sent.delete("_overwrite")
      this.autosave.saveLocally()
      this.autosave.showStatus("Saving …")
      const changeCount = this.autosave.changeCount
      const response = await post(this.form, location.pathname, sent)
      if (!response.ok) return this.fail(response)
      const page = await parsePage(response)
      requireSignedIn(page)
      const stored = page.querySelector("form[data-editor]")
      if (!stored) {
        this.autosave.forgetCopy()
        location.assign(response.url)
        return true
      }
      return this.show(page, stored, sent, response.redirected && changeCount === this.autosave.changeCount)
    } catch (error) {
      this.autosave.showError(error, NO_CONNECTION)
      return false
    }
  }

  show(page, stored, sent, isUpToDate) {
    this.form.elements.csrfmiddlewaretoken.value = stored.elements.csrfmiddlewaretoken.value
    replaceRegions(page)
    showFieldErrors(page)
    const errors = document.querySelector(".errornote")
    if (errors) {
      this.autosave.showStatus("Not saved. See what to change.", "refused")
      if (!document.querySelector("dialog[open]")) errors.focus()
      return false
    }
    adoptValues(this.form, stored, sent)
    this.form.elements.restored_from.value = ""
    if (isUpToDate) this.autosave.forgetCopy()
    const time = new Date().toLocaleTimeString([], { hour: "numeric", minute: "2-digit" })
    this.autosave.showStatus(`Saved at ${time}.`)
    this.form.dispatchEvent(new CustomEvent("editor:saved", { bubbles: true }))
    return true
  }

  fail(response) {
    const reason =
      response.status === 403 ? "You may not save this text" : `The server answered with error ${response.status}`
    this.autosave.showStatus(`Not saved. ${reason}. Your text is stored in this browser.`, "error")
    return false
  }
}
