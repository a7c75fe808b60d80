// The form of a text: autosave, saving without a reload, preview, settings.
import { nameAutocompletes } from "../admin_theme/autocomplete-names.js"
import "../admin_theme/menus.js"
import { Autosave, forgetSubmitted } from "./autosave.js"
import { startChecklistActions } from "./checklist-actions.js"
import { Checks } from "./checks.js"
import { startDiscarding } from "./discard.js"
import { startFieldLinks } from "./go-to-field.js"
import { startGroupValues } from "./group-values.js"
import { startMessages } from "./messages.js"
import { PreviewPanel } from "./preview-panel.js"
import { PublishDialog } from "./publish-dialog.js"
import { Saver } from "./saver.js"
import { startSettingsPanel } from "./settings-panel.js"
import { startTagChips } from "./tag-chips.js"
import { startTitleField } from "./title-field.js"
import { startVisibleArea } from "./visible-area.js"

const startEditor = (root) => {
  const autosave = new Autosave(root)
  const checks = new Checks(autosave)
  const saver = new Saver(autosave.form, autosave)
  new PublishDialog(
    autosave.form,
    (name) => saver.save(name),
    () => checks.loadForPublishing(),
  ).start()
  checks.start()
  saver.start()
  const previewButton = document.querySelector("[data-preview]")
  if (previewButton) {
    const preview = new PreviewPanel(
      previewButton,
      () => autosave.previewUrl,
      () => autosave.save(),
    )
    autosave.form.addEventListener("editor:autosaved", () => preview.refresh())
    document.addEventListener("click", ({ target }) => {
      if (target.closest("[data-preview-toggle]")) preview.toggle()
    })
  }
  startTitleField(autosave.form)
  startSettingsPanel()
  startFieldLinks()
  startChecklistActions()
  startMessages(autosave.form)
  startTagChips(autosave.form)
  startGroupValues(autosave.form)
  // The fields are there by the time that the author opens their group.
  autosave.form.addEventListener("toggle", () => nameAutocompletes(autosave.form), { capture: true })
  startDiscarding(autosave)
  startVisibleArea()
  autosave.start()
}

const selectOnFocus = ({ target }) => {
  if (target.matches?.("[data-select-on-focus]")) target.select()
}
document.addEventListener("focusin", selectOnFocus)

const root = document.querySelector("[data-autosave-url]")
if (root) startEditor(root)
else forgetSubmitted()
