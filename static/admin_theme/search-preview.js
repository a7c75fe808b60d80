// Preview how a post looks in search results and on social networks while the author edits it.
import { shorten, slugify } from "./search-preview-text.js"

const DELAY = 150
const DESCRIPTION_LENGTH = 155

const preview = document.querySelector("[data-search-preview]")
const row = document.getElementById("id_seo_description")?.closest(".form-row")

const field = (name) => document.getElementById(`id_${name}`)

const setText = (name, text) => {
  for (const element of preview.querySelectorAll(`[data-${name}]`)) element.textContent = text
}

const showImage = () => {
  const picked = document.querySelector(".field-featured_image img.image-picker-preview")
  const img = preview.querySelector("img")
  const hasImage = Boolean(picked) && !picked.hidden
  img.hidden = !hasImage
  img.nextElementSibling.hidden = hasImage
  if (hasImage) img.src = picked.src
}

const update = () => {
  const title = field("title").value.trim() || "The title of your post"
  const slug = field("slug").value || slugify(title)
  const seoTitle = field("seo_title")
  // biome-ignore lint/performance/useDomNodeTextContent: innerText separates the blocks of the text
  const body = document.querySelector(".field-body .ProseMirror")?.innerText ?? ""
  const description = shorten(field("seo_description").value || field("excerpt").value || body, DESCRIPTION_LENGTH)
  setText("host", location.host)
  setText("url", `${location.host} › ${slug}`)
  setText(
    "title",
    shorten(seoTitle.value || `${title} | ${preview.dataset.site}`, Number(seoTitle.dataset.maxLength) + 1),
  )
  setText("headline", title)
  setText("description", description || "The first words of your text.")
  showImage()
}

if (preview && row) {
  row.after(preview)
  preview.hidden = false
  let timer
  const updateSoon = () => {
    clearTimeout(timer)
    timer = setTimeout(update, DELAY)
  }
  const form = preview.closest("form")
  for (const type of ["input", "change"]) form.addEventListener(type, updateSoon)
  form.addEventListener("toggle", updateSoon, true)
  update()
}
