// The exercise dialog: search the exercises, and choose one.
import { crel, gettext } from "django-prose-editor/editor"
import { adminUrl } from "../admin_theme/admin-urls.js"

const SEARCH_DELAY = 150

class ExerciseDialog {
  // Call `onClose` with the chosen exercise, or with null.
  constructor(onClose) {
    this.onClose = onClose
    this.build()
    this.input.addEventListener("input", () => this.searchSoon())
    this.form.addEventListener("submit", (event) => {
      event.preventDefault()
      this.results.querySelector("button")?.click()
    })
    this.dialog.addEventListener("close", () => this.close(null))
  }

  build() {
    this.input = crel("input", { id: "exercise-search", type: "search", autocomplete: "off" })
    this.input.setAttribute("aria-describedby", "exercise-status")
    this.results = crel("ul", { className: "citation-results", "aria-label": gettext("Found exercises") })
    this.status = crel("p", { id: "exercise-status", className: "help", role: "status" })
    const cancel = crel("button", { type: "button", textContent: gettext("Cancel") })
    cancel.addEventListener("click", () => this.close(null))
    this.form = crel("form", {}, [
      crel("h3", { className: "prose-editor-dialog-title", textContent: gettext("Exercise") }),
      crel("label", { htmlFor: "exercise-search", textContent: gettext("Search your exercises") }),
      this.input,
      this.status,
      this.results,
      crel("div", { className: "prose-editor-dialog-buttons" }, [cancel]),
    ])
    const className = "prose-editor-dialog citation-dialog"
    this.dialog = crel("dialog", { className, "aria-label": gettext("Exercise") }, [this.form])
  }

  open() {
    document.body.append(this.dialog)
    this.dialog.showModal()
    this.input.focus()
    this.search()
  }

  close(answer) {
    clearTimeout(this.timer)
    this.request?.abort()
    this.dialog.remove()
    this.onClose(answer)
    this.onClose = () => {}
  }

  searchSoon() {
    clearTimeout(this.timer)
    this.timer = setTimeout(() => this.search(), SEARCH_DELAY)
  }

  async search() {
    this.request?.abort()
    this.request = new AbortController()
    const q = this.input.value.trim().slice(0, 200)
    try {
      const url = `${adminUrl("exerciseFindUrl")}?${new URLSearchParams({ q })}`
      const response = await fetch(url, { signal: this.request.signal })
      this.render((await response.json()).exercises, q)
    } catch (error) {
      if (error.name !== "AbortError") this.status.textContent = gettext("The search is not available.")
    }
  }

  render(exercises, q) {
    const none = q
      ? gettext("No exercise has these words.")
      : gettext("There are no exercises yet. Add one under Exercises in the admin.")
    this.status.textContent = exercises.length ? "" : none
    this.results.replaceChildren(...exercises.map((exercise) => this.createResult(exercise)))
  }

  createResult(exercise) {
    const name = exercise.is_draft ? `${exercise.name} (${gettext("draft, visitors do not see it")})` : exercise.name
    const children = [crel("b", { textContent: name }), crel("br"), crel("span", { textContent: exercise.goal })]
    const element = crel("button", { type: "button" }, children)
    element.addEventListener("click", () => this.close(exercise))
    return crel("li", {}, [element])
  }
}

export const askForExercise = () => new Promise((resolve) => new ExerciseDialog(resolve).open())
