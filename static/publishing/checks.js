// The checklist and the publishing dialog, as the server sees the text that was just autosaved.
import { replaceRegions } from "./live-regions.js"
import { parsePage } from "./session.js"

export class Checks {
  constructor(autosave) {
    this.autosave = autosave
    this.isLoading = false
    this.isOutdated = false
  }

  start() {
    this.autosave.form.addEventListener("editor:autosaved", () => this.load())
  }

  // Autosave what was typed, then check what publishing it needs and sets off.
  async loadForPublishing() {
    if (this.autosave.isNew || this.autosave.isDirty) await this.autosave.save()
    await this.load("&publish")
  }

  async load(suffix = "") {
    if (!this.autosave.checksUrl) return
    if (this.isLoading && !suffix) {
      this.isOutdated = true
      return
    }
    this.isLoading = true
    try {
      const response = await fetch(this.autosave.checksUrl + suffix)
      if (response.ok && !response.redirected) replaceRegions(await parsePage(response))
    } catch {
      // Without a connection the checks stay as they are; the status line says that there is none.
    }
    this.isLoading = false
    if (!this.isOutdated) return
    this.isOutdated = false
    await this.load()
  }
}
