// Buttons of the checklist that change the text. The server returns the changed text, and one Undo brings it back.
import { adminUrl } from "../admin_theme/admin-urls.js"

const URLS = { "remove-typed-disclaimer": "disclaimerConvertUrl" }

const convert = async (button, text) => {
  const { editor } = text
  const body = new FormData()
  body.set("csrfmiddlewaretoken", text.closest("form").querySelector("[name=csrfmiddlewaretoken]").value)
  body.set("body", editor.getHTML())
  const response = await fetch(adminUrl(URLS[button.dataset.checklistAction]), { method: "POST", body })
  const answer = await response.json()
  if (answer.count) editor.commands.setContent(answer.body, { emitUpdate: true })
  return answer.message
}

export const startChecklistActions = () => {
  document.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-checklist-action]")
    const text = document.querySelector(".field-body .ProseMirror")
    if (!button || !text) return
    const status = document.createElement("span")
    status.setAttribute("role", "status")
    button.after(status)
    button.disabled = true
    try {
      status.textContent = await convert(button, text)
      button.remove()
    } catch {
      status.textContent = "The text could not be changed. Check your connection and sign-in."
      button.disabled = false
    }
  })
}
