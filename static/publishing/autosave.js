// Autosave of a form: to this browser on every change and to the server every few seconds. Restores the text after a
// lost connection, a new sign-in or a crash.
import { autosaveDelay, PAUSE } from "./autosave-delay.js"
import * as copies from "./local-copies.js"
import { post, SessionError } from "./session.js"
import { readItem, removeItem, writeItem } from "./storage.js"

const RETRY = 3000
const NO_CONNECTION = "No connection. Your text is stored in this browser and will be saved when you are back online."
// The key of the form that this tab is leaving with a button: once the server confirms, its copy is obsolete.
const SUBMITTED_KEY = "saving"

// After a confirmed change of page its copy is no longer needed. Return whether that was the case.
export const forgetSubmitted = () => {
  const key = readItem(sessionStorage, SUBMITTED_KEY)
  if (!key || !document.querySelector(".messagelist .success")) return false
  removeItem(sessionStorage, SUBMITTED_KEY)
  copies.forget(key)
  return true
}

export class Autosave {
  constructor(root) {
    this.root = root
    this.form = root.closest("form")
    this.statusLine = document.querySelector("[data-autosave-status]")
    this.key = this.form.elements.autosave_key.value
    this.page = location.pathname
    this.url = root.dataset.autosaveUrl
    this.previewUrl = root.dataset.previewUrl && `${root.dataset.previewUrl}?autosave=${this.key}`
    this.checksUrl = root.dataset.checksUrl && `${root.dataset.checksUrl}?autosave=${this.key}`
    this.isNew = !root.dataset.previewUrl
    this.isDirty = false
    this.isSubmitted = false
    // Counts changes, so that a save can tell whether the author typed on in the meantime.
    this.changeCount = 0
    this.running = Promise.resolve()
    this.isPaused = false
  }

  start() {
    copies.holdLock(this.key)
    this.watchChanges()
    this.form.addEventListener("submit", (event) => this.handleSubmit(event))
    addEventListener("pagehide", () => {
      if (this.isDirty && !this.isSubmitted) navigator.sendBeacon(this.url, this.formData())
    })
    this.restore()
  }

  showStatus(text, kind = "") {
    this.statusLine.textContent = text
    this.statusLine.dataset.kind = kind
  }

  // Say why a request failed: a missing session, with a link to sign in, or else `otherwise`.
  showError(error, otherwise) {
    const isSession = error instanceof SessionError
    this.showStatus(isSession ? `${error.message} ` : otherwise, "error")
    if (isSession) {
      const link = document.createElement("a")
      Object.assign(link, { href: this.root.dataset.signInUrl, target: "_blank", textContent: "Sign in" })
      this.statusLine.append(link)
    } else if (!(error instanceof TypeError)) reportError(error)
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
    this.changeCount += 1
    this.firstChangeAt ??= Date.now()
    this.saveLocally()
    this.scheduleSave(autosaveDelay(this.firstChangeAt, Date.now()))
  }

  scheduleSave(delay) {
    clearTimeout(this.timer)
    if (!this.isPaused) this.timer = setTimeout(() => this.save(), delay)
  }

  saveLocally() {
    const fields = [...this.formData()].filter(([name]) => name !== "csrfmiddlewaretoken")
    const { userId } = this.root.dataset
    copies.writeCopy(this.key, { savedAt: Date.now(), userId, page: this.page, fields })
    copies.writePageKey(this.page, this.key)
  }

  forgetCopy() {
    this.isDirty = false
    this.firstChangeAt = undefined
    clearTimeout(this.timer)
    copies.forget(this.key)
  }

  // Run `task`, which saves the form itself, while no autosave is on its way.
  async pauseWhile(task) {
    this.isPaused = true
    clearTimeout(this.timer)
    await this.running
    const result = await task()
    this.isPaused = false
    if (this.isDirty) this.scheduleSave(PAUSE)
    return result
  }

  // Save now. Return whether the server has stored the text.
  save() {
    clearTimeout(this.timer)
    if (this.isPaused || this.isSubmitted) return Promise.resolve(false)
    this.running = this.running.then(() => this.sendAndShow())
    return this.running
  }

  // Store a new text for the first time. Return whether that created its draft.
  async createDraft() {
    return (await this.sendAndShow()) && !this.isNew
  }

  async sendAndShow() {
    this.isDirty = false
    this.firstChangeAt = undefined
    const answer = await this.send()
    if (answer) this.handleAnswer(answer)
    if (this.isDirty) this.scheduleSave(answer ? PAUSE : RETRY)
    return Boolean(answer)
  }

  // Return the server's answer, or undefined if it saved nothing.
  async send() {
    try {
      const response = await this.post(this.formData())
      if (response.ok) return await response.json()
      if (response.status === 409) {
        // The document no longer accepts autosaves. The author can still save the form.
        this.showStatus((await response.json()).error, "error")
        return undefined
      }
      this.showStatus(NO_CONNECTION, "error")
    } catch (error) {
      this.showError(error, NO_CONNECTION)
    }
    this.isDirty = true
    return undefined
  }

  post(body) {
    return post(this.form, this.url, body, { headers: { Accept: "application/json" }, redirect: "manual" })
  }

  handleAnswer(answer) {
    if (this.isNew) this.becomeDraft(answer)
    this.url = answer.autosave_url
    this.previewUrl = answer.preview_url
    this.checksUrl = answer.checks_url
    if (!this.isDirty) copies.removeCopy(this.key)
    if (answer.is_stale) {
      this.showStatus("Someone else saved this text. Your version is stored separately. Save to compare them.", "error")
    } else {
      this.showStatus(`Draft saved automatically at ${answer.saved_at}. Visitors see no change yet.`)
    }
    this.form.dispatchEvent(new CustomEvent("editor:autosaved", { bubbles: true }))
  }

  // The first autosave of a new document created its draft, so this page becomes the draft's page.
  becomeDraft(answer) {
    this.isNew = false
    this.root.dataset.objectId = answer.id
    history.replaceState(null, "", answer.change_url)
    this.form.action = answer.change_url
    copies.removePageKey(this.page)
    this.page = location.pathname
    this.form.elements.base_version.value = answer.version
    if (this.isDirty) this.saveLocally()
    else copies.writePageKey(this.page, this.key)
  }

  handleSubmit(event) {
    this.saveLocally()
    this.isSubmitted = true
    clearTimeout(this.timer)
    writeItem(sessionStorage, SUBMITTED_KEY, this.key)
    if (event.submitter?.name === "_discard_changes") copies.removeCopy(this.key)
  }

  // Bring back text that this browser has and the page does not show.
  async restore() {
    if (forgetSubmitted()) return
    const { userId } = this.root.dataset
    const key = copies.readPageKey(this.page) ?? (await copies.findAbandonedKey(this.key, { page: this.page, userId }))
    if (!key || key === this.key || new URLSearchParams(location.search).has("autosave")) return
    if (document.querySelector(".errornote")) return
    const copy = copies.readCopy(key)
    if (copy) await this.sendCopy(key, copy)
    else if (document.querySelector(`a[href="?autosave=${key}"]`)) {
      copies.removePageKey(this.page)
      location.replace(`?autosave=${key}`)
    }
  }

  async sendCopy(key, copy) {
    const body = new FormData()
    for (const [name, value] of copy.fields) body.append(name, value)
    try {
      const response = await this.post(body)
      if (!response.ok) return
      const answer = await response.json()
      copies.forget(key)
      location.replace(`${answer.change_url}?autosave=${key}`)
    } catch {
      this.showStatus("This browser has newer text of yours. Reload this page when you are back online.", "error")
    }
  }
}
