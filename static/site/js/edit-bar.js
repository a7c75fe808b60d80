// The bar for people who are signed in to the admin: the state of this post or page, and links to edit it.
const ADDRESS = "/admin/edit-bar/"

const link = (text, href) => {
  const element = document.createElement("a")
  element.textContent = text
  element.href = href
  return element
}

const show = (bar) => {
  const sheet = document.createElement("link")
  sheet.rel = "stylesheet"
  sheet.href = bar.stylesheet
  const nav = document.createElement("nav")
  nav.className = "edit-bar"
  nav.ariaLabel = "Edit"
  if (bar.status) {
    const status = document.createElement("span")
    status.textContent = bar.pending ? `${bar.status} · ${bar.pending}` : bar.status
    nav.append(status, link(bar.action, bar.url))
  }
  nav.append(link("Admin", bar.admin_url))
  sheet.addEventListener("load", () => document.body.append(nav))
  document.head.append(sheet)
}

const response = await fetch(`${ADDRESS}?${new URLSearchParams({ path: location.pathname })}`)
// The page to sign in: ask again only after the admin was opened.
// biome-ignore lint/suspicious/noDocumentCookie: the Cookie Store API is missing in some browsers.
if (response.redirected) document.cookie = "admin-open=; path=/; max-age=0"
else if (response.ok) show(await response.json())
