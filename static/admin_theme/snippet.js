// Shows, while it is written, how a post may look in search results and when somebody shares it.
const preview = document.querySelector("[data-snippet]")
const field = (name) => document.getElementById(`id_${name}`)
const part = (name) => preview.querySelectorAll(`[data-${name}]`)
const row = field("seo_description")?.closest(".form-row")

// As the server cuts it: behind a word.
function shortened(text, most) {
  const line = text.trim().replace(/\s+/g, " ")
  return [...line].length > most
    ? `${[...line]
        .slice(0, most - 1)
        .join("")
        .replace(/\s+\S*$/, "")}…`
    : line
}

function write(name, text) {
  for (const each of part(name)) each.textContent = text
}

function show() {
  const title = field("title").value.trim() || "The title of your post"
  const slug =
    field("slug").value ||
    title
      .toLowerCase()
      .replace(/[^\p{L}\p{N}]+/gu, "-")
      .replace(/^-|-$/g, "")
  // biome-ignore lint/performance/useDomNodeTextContent: the lines of the text as they are shown, blocks apart
  const start = document.querySelector(".field-body .ProseMirror")?.innerText ?? ""
  const picture = document.querySelector(".field-featured_image img.picked")
  const img = preview.querySelector("img")
  write("host", location.host)
  write("address", `${location.host} › ${slug}`)
  write(
    "title",
    shortened(
      field("seo_title").value || `${title} | ${preview.dataset.site}`,
      Number(field("seo_title").dataset.most) + 1,
    ),
  )
  write("headline", title)
  write(
    "description",
    shortened(field("seo_description").value || field("excerpt").value || start, 155) ||
      "The first words of your text.",
  )
  img.hidden = !picture || picture.hidden
  img.nextElementSibling.hidden = !img.hidden
  if (!img.hidden) img.src = picture.src
}

if (preview && row) {
  row.after(preview)
  preview.hidden = false
  let waiting
  const later = () => {
    clearTimeout(waiting)
    waiting = setTimeout(show, 150)
  }
  const form = preview.closest("form")
  for (const event of ["input", "change"]) form.addEventListener(event, later)
  form.addEventListener("toggle", later, true)
  show()
}
