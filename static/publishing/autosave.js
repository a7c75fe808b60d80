// Autosave of a document's form: to this browser on every change and to the server every few seconds. Restores the
// text after a lost connection, a new sign-in or a crash. Also opens the live preview.
import { autosaveDelay, PAUSE } from "./autosave-delay.js"
import * as copies from "./local-copies.js"
import { PreviewPanel } from "./preview-panel.js"
import { readItem, removeItem, writeItem } from "./storage.js"

const RETRY = 3000
// The key of the form that this tab is saving: once the server confirms, its copy is obsolete.
const SUBMITTED_KEY = "saving"

class Autosave {
  constructor(root) {
    this.root = root
    this.form = root.closest("form")
    this.statusLine = document.querySelector("[data-autosave-status]")
    this.key = this.form.elements.autosave_key.value
    this.page = location.pathname
    this.url = root.dataset.autosaveUrl
    this.previewUrl = root.dataset.previewUrl && `${root.dataset.previewUrl}?autosave=${this.key}`
    this.isNew = !root.dataset.previewUrl
    this.isDirty = false
    this.isSaving = false
    this.isSubmitted = false
    const previewButton = document.querySelector("[data-preview]")
    if (previewButton) {
      this.preview = new PreviewPanel(
        previewButton,
        () => this.previewUrl,
        () => this.save(),
      )
    }
  }

  start() {
    copies.holdLock(this.key)
    this.watchChanges()
    this.form.addEventListener("submit", (event) => this.handleSubmit(event))
    addEventListener("pagehide", () => {
      if (this.isDirty && !this.isSubmitted) navigator.sendBeacon(this.url, this.formData())
    })
    document.addEventListener("keydown", (event) => {
      if (!(event.ctrlKey || event.metaKey) || event.key !== "s") return
      event.preventDefault()
      this.form.requestSubmit(this.form.querySelector("[name=_save]"))
    })
    this.restore()
  }

  showStatus(text, kind = "") {
    this.statusLine.textContent = text
    this.statusLine.dataset.kind = kind
  }

  formData() {
    const data = new FormData(this.form)
    for (const [name, value] of [...data]) {
      if (value instanceof File) data.delete(name)
    }
    return data
  }

  // The editor fills its field while the page loads, so changes count only after the author's first input.
  watchChanges() {
    let hasInput = false
    for (const type of ["keydown", "pointerdown", "paste", "drop"]) {
      addEventListener(
        type,
        () => {
          hasInput = true
        },
        { capture: true },
      )
    }
    for (const type of ["input", "change"]) {
      this.form.addEventListener(type, () => {
        if (hasInput && !this.isSubmitted) this.handleChange()
      })
    }
  }

  handleChange() {
    this.isDirty = true
    this.firstChangeAt ??= Date.now()
    this.saveLocally()
    this.scheduleSave(autosaveDelay(this.firstChangeAt, Date.now()))
  }

  scheduleSave(delay) {
    clearTimeout(this.timer)
    this.timer = setTimeout(() => this.save(), delay)
  }

  saveLocally() {
    const fields = [...this.formData()].filter(([name]) => name !== "csrfmiddlewaretoken")
    const { userId } = this.root.dataset
    copies.writeCopy(this.key, { savedAt: Date.now(), userId, page: this.page, fields })
    copies.writePageKey(this.page, this.key)
  }

  post(body) {
    return fetch(this.url, { method: "POST", body, headers: { Accept: "application/json" }, redirect: "manual" })
  }

  async save() {
    clearTimeout(this.timer)
    if (this.isSaving || this.isSubmitted) return
    this.isSaving = true
    this.isDirty = false
    this.firstChangeAt = undefined
    const answer = await this.send()
    this.isSaving = false
    if (answer) this.handleAnswer(answer)
    if (this.isDirty) this.scheduleSave(answer ? PAUSE : RETRY)
  }

  // Return the server's answer, or undefined if it saved nothing.
  async send() {
    try {
      const response = await this.post(this.formData())
      if (response.ok) return await response.json()
      if (response.type === "opaqueredirect" || response.status === 403) {
        this.isDirty = true
        this.showStatus(
          "You are signed out. Your text is stored in this browser. Sign in in another tab, then reload this page.",
          "error",
        )
        return undefined
      }
      if (response.status === 409) {
        // The document no longer accepts autosaves. The author can still save the form.
        this.showStatus((await response.json()).error, "error")
        return undefined
      }
    } catch {
      // Treated like a server error, below.
    }
    this.isDirty = true
    this.showStatus(
      "No connection. Your text is stored in this browser and will be saved when you are back online.",
      "error",
    )
    return undefined
  }

  handleAnswer(answer) {
    if (this.isNew) this.becomeDraft(answer)
    this.url = answer.autosave_url
    this.previewUrl = answer.preview_url
    if (!this.isDirty) copies.removeCopy(this.key)
    if (answer.is_stale) {
      this.showStatus("Someone else saved this text. Your version is stored separately. Save to compare them.", "error")
    } else {
      this.showStatus(`Draft saved automatically at ${answer.saved_at}. Visitors see no change yet.`)
    }
    this.preview?.refresh()
  }

  // The first autosave of a new document created its draft, so this page becomes the draft's page.
  becomeDraft(answer) {
    this.isNew = false
    this.root.dataset.objectId = answer.id
    history.replaceState(null, "", answer.change_url)
    this.form.action = answer.change_url
    copies.removePageKey(this.page)
    copies.writePageKey(location.pathname, this.key)
  }

  handleSubmit(event) {
    if (this.isSaving && this.isNew) {
      // The autosave is creating the draft. Submitting now would create a second one.
      event.preventDefault()
      setTimeout(() => this.form.requestSubmit(event.submitter), 100)
      return
    }
    this.saveLocally()
    this.isSubmitted = true
    clearTimeout(this.timer)
    writeItem(sessionStorage, SUBMITTED_KEY, this.key)
    if (event.submitter?.name === "_discard_changes") copies.removeCopy(this.key)
  }

  // Bring back text that this browser has and the page does not show.
  async restore() {
    if (this.forgetSubmitted()) return
    const { userId } = this.root.dataset
    const key = copies.readPageKey(this.page) ?? (await copies.findAbandonedKey(this.key, { page: this.page, userId }))
    if (!key || key === this.key || new URLSearchParams(location.search).has("autosave")) return
    if (document.querySelector(".errornote")) return
    const copy = copies.readCopy(key)
    if (copy) await this.sendAndShow(key, copy)
    else if (document.querySelector(`a[href="?autosave=${key}"]`)) {
      copies.removePageKey(this.page)
      location.replace(`?autosave=${key}`)
    }
  }

  // After a successful save its copy is no longer needed. Return whether that was the case.
  forgetSubmitted() {
    const key = readItem(sessionStorage, SUBMITTED_KEY)
    if (!key || !document.querySelector(".messagelist .success")) return false
    copies.removeCopy(key)
    removeItem(sessionStorage, SUBMITTED_KEY)
    copies.removePageKey(this.page)
    return true
  }

  async sendAndShow(key, copy) {
    const body = new FormData()
    for (const [name, value] of copy.fields) body.append(name, value)
    body.set("csrfmiddlewaretoken", this.form.elements.csrfmiddlewaretoken.value)
    try {
      const response = await this.post(body)
      if (!response.ok) return
      const answer = await response.json()
      copies.removeCopy(key)
      copies.removePageKey(this.page)
      location.replace(`${answer.change_url}?autosave=${key}`)
    } catch {
      this.showStatus("This browser has newer text of yours. Reload this page when you are back online.", "error")
    }
  }
}

for (const input of document.querySelectorAll("[data-select-on-focus]")) {
  input.addEventListener("focus", () => input.select())
}

const root = document.querySelector("[data-autosave-url]")
if (root) new Autosave(root).start()
