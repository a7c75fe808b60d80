// The part of the dialog for files that adds a new one to the library.
import { crel, gettext } from "django-prose-editor/editor"
import { adminUrl } from "../admin_theme/admin-urls.js"
import { post } from "../publishing/session.js"

const FAILED = gettext("The file was not added. Check your connection and sign-in, then try again.")

// Return the new file, or the reason why there is none.
export const sendFile = async (form, file) => {
  const body = new FormData()
  body.set("upload", file)
  try {
    const response = await post(form, adminUrl("fileUploadUrl"), body, { headers: { Accept: "application/json" } })
    if (response.status === 403) return { problem: gettext("You may not add files. Choose one from the list.") }
    return await response.json()
  } catch {
    return { problem: FAILED }
  }
}

export const createFileUpload = (editor, close) => {
  const input = crel("input", { type: "file", id: "file-upload" })
  const status = crel("p", { className: "help", role: "status" })
  input.addEventListener("change", async () => {
    status.textContent = gettext("Adding the file …")
    input.disabled = true
    const entry = await sendFile(editor.view.dom.closest("form"), input.files[0])
    input.disabled = false
    if (entry.id) close(entry)
    else status.textContent = entry.problem
  })
  return [
    crel("p", { className: "file-upload" }, [
      crel("label", { htmlFor: "file-upload", textContent: gettext("Or add a PDF, document or recording") }),
      input,
    ]),
    status,
  ]
}
