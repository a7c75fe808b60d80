// The preview: the real page, rendered from the autosaved text, next to the form or over it on small screens.
const TEMPLATE = `
  <p>
    <b>Preview</b>
    <button type="button" data-width="phone" aria-pressed="false">Phone</button>
    <button type="button" data-close>Close</button>
  </p>`

export class PreviewPanel {
  // `getUrl` returns the preview's URL once there is one; `prepare` saves the current text.
  constructor(button, getUrl, prepare) {
    this.button = button
    this.getUrl = getUrl
    this.prepare = prepare
    button.hidden = false
    button.setAttribute("aria-expanded", "false")
    button.addEventListener("click", () => this.toggle())
  }

  get isOpen() {
    return Boolean(this.panel) && !this.panel.hidden
  }

  async toggle() {
    this.panel ??= this.createPanel()
    this.panel.hidden = !this.panel.hidden
    document.body.classList.toggle("has-preview", this.isOpen)
    this.button.setAttribute("aria-expanded", this.isOpen)
    if (!this.isOpen) return
    await this.prepare()
    this.refresh()
  }

  createPanel() {
    const panel = document.createElement("aside")
    panel.className = "preview-panel"
    panel.hidden = true
    panel.setAttribute("aria-label", "Preview")
    panel.innerHTML = TEMPLATE
    panel.querySelector("[data-close]").addEventListener("click", () => this.toggle())
    const phone = panel.querySelector("[data-width]")
    phone.addEventListener("click", () => {
      phone.setAttribute("aria-pressed", panel.classList.toggle("preview-panel--phone"))
    })
    document.body.append(panel)
    return panel
  }

  // Load the new page behind the old one and swap them, so that the preview neither flashes nor jumps.
  refresh() {
    if (!this.isOpen || !this.getUrl()) return
    const iframe = document.createElement("iframe")
    iframe.title = "Preview"
    iframe.src = this.getUrl()
    const scrollTop = this.iframe?.contentWindow?.scrollY ?? 0
    iframe.addEventListener("load", () => {
      iframe.contentWindow.scrollTo(0, scrollTop)
      this.iframe?.remove()
      this.iframe = iframe
      iframe.classList.add("is-shown")
    })
    this.panel.append(iframe)
  }
}
