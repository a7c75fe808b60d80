// Discard unsaved text that the server offers: the text in the form, or that of another window.
import { parsePage, post, requireSignedIn } from "./session.js"

export const startDiscarding = (autosave) => {
  const discard = async (button) => {
    const body = new FormData()
    body.append("discard", button.value)
    const response = await post(autosave.form, button.formAction, body)
    if (!response.ok) return
    requireSignedIn(await parsePage(response))
    if (button.dataset.discard === "restored") {
      autosave.forgetCopy()
      location.replace(`${location.pathname}?autosave=no`)
      return
    }
    const notice = button.closest(".notice")
    button.closest("li").remove()
    if (!notice.querySelector("li")) notice.remove()
  }
  autosave.form.addEventListener("click", (event) => {
    const button = event.target.closest("[data-discard]")
    if (!button) return
    event.preventDefault()
    discard(button).catch((error) => autosave.showError(error, "Not discarded: no connection. Try again."))
  })
}
