// The step before publishing: when, who is emailed, what is missing. Afterwards: the link, to view or share.
const CONFIRM = { now: "Publish now", future: "Schedule", past: "Publish with this date" }

export class PublishDialog {
  // `save` saves the form as a button does; `loadChecks` shows what is missing and what is emailed.
  constructor(form, save, loadChecks) {
    this.form = form
    this.save = save
    this.loadChecks = loadChecks
    this.dialog = document.querySelector("[data-publish-dialog]")
  }

  start() {
    if (!this.dialog) return
    this.nameButtons()
    this.form.addEventListener("editor:saved", () => this.nameButtons())
    this.form.addEventListener("submit", (event) => this.handleSubmit(event), { capture: true })
    this.dialog.addEventListener("change", () => this.update())
    this.dialog.addEventListener("input", ({ target }) => this.handleInput(target))
    this.dialog.addEventListener("submit", (event) => this.confirm(event))
    this.dialog.addEventListener("click", ({ target }) => this.handleClick(target))
  }

  // Only with this script does the button ask before it publishes.
  nameButtons() {
    for (const button of this.form.querySelectorAll("[data-asks]")) button.textContent = button.dataset.asks
  }

  step(name) {
    return this.dialog.querySelector(`[data-step="${name}"]`)
  }

  show(name) {
    for (const step of ["ask", "done"]) this.step(step).hidden = step !== name
  }

  get choices() {
    return this.step("ask").querySelector("form").elements
  }

  handleSubmit(event) {
    if (event.submitter?.name !== "_publish") return
    event.preventDefault()
    event.stopImmediatePropagation()
    this.open()
  }

  open() {
    this.show("ask")
    this.dialog.querySelector("[data-live=publish-errors]").replaceChildren()
    this.copyDate()
    this.update()
    this.dialog.showModal()
    this.loadChecks()
  }

  dateFields() {
    return ["published_at_0", "published_at_1"].map((name) => this.form.elements[name]).filter(Boolean)
  }

  // A date that the author has set in the settings is the first choice.
  copyDate() {
    const [date, time] = this.dateFields()
    this.choices.when.value = date?.value ? "date" : "now"
    if (!date?.value) return
    this.choices.date.value = date.value
    if (time.value) this.choices.time.value = time.value.slice(0, 5)
  }

  handleInput({ name }) {
    if (name === "date" || name === "time") this.choices.when.value = "date"
    this.update()
  }

  update() {
    const { when, date, time } = this.choices
    const isDate = when.value === "date"
    date.required = isDate
    time.required = isDate
    this.dialog.querySelector("[data-publish-date]").hidden = !isDate
    const isPast = isDate && date.value && `${date.value}T${time.value}` < localNow(this.dialog)
    const kind = isDate ? (isPast ? "past" : "future") : "now"
    this.dialog.querySelector("[data-publish-confirm]").textContent = CONFIRM[kind]
  }

  async confirm(event) {
    event.preventDefault()
    const { when, date, time } = this.choices
    const values = when.value === "date" ? [date.value, time.value] : ["", ""]
    for (const [index, field] of this.dateFields().entries()) field.value = values[index]
    const button = this.dialog.querySelector("[data-publish-confirm]")
    button.disabled = true
    const isStored = await this.save("_publish")
    button.disabled = false
    if (isStored) {
      this.show("done")
      const effects = this.step("ask").querySelectorAll(".publish-effects li")
      this.step("done")
        .querySelector("[data-publish-effects]")
        ?.replaceChildren(...effects)
      // The dialog says what the messages say.
      document.querySelector("[data-live=messages]").replaceChildren()
      this.dialog.querySelector("[data-publish-share]")?.toggleAttribute("hidden", !navigator.share)
      this.step("done").querySelector("h2")?.focus()
    } else {
      this.update()
      this.showFailure()
    }
  }

  // The answer says what to change; without one, the status line in the bar says what went wrong.
  showFailure() {
    const errors = this.dialog.querySelector("[data-live=publish-errors]")
    if (!errors.textContent.trim()) {
      const line = document.createElement("p")
      line.setAttribute("role", "alert")
      line.textContent = document.querySelector("[data-autosave-status]").textContent
      errors.append(line)
    }
    errors.scrollIntoView({ block: "nearest" })
  }

  handleClick(target) {
    if (target.closest("[data-publish-close], a[href^='#']") || target === this.dialog) this.dialog.close()
    const copy = target.closest("[data-publish-copy]")
    if (copy) {
      navigator.clipboard.writeText(this.dialog.querySelector(".publish-link input").value)
      copy.textContent = "Copied"
    }
    const share = target.closest("[data-publish-share]")
    if (share) navigator.share({ url: share.dataset.url, title: share.dataset.title }).catch(() => {})
  }
}

// The time in the site's zone, as in the inputs.
const localNow = () => {
  const timeZone = document.body.dataset.adminServerTimezone
  return new Date().toLocaleString("sv-SE", { timeZone }).replace(" ", "T").slice(0, 16)
}
