// Show the images of a text in a dialog, as large as the window allows. Without this script, they stay in the text.
const icon = (name) => {
  const sprite = document.querySelector(".icon use")?.getAttribute("href").split("#")[0]
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg")
  const use = document.createElementNS("http://www.w3.org/2000/svg", "use")
  svg.setAttribute("class", "icon")
  svg.setAttribute("aria-hidden", "true")
  use.setAttribute("href", `${sprite}#${name}`)
  svg.append(use)
  return svg
}

const makeButton = (className, label, ...children) => {
  const button = document.createElement("button")
  button.type = "button"
  button.className = className
  button.setAttribute("aria-label", label)
  button.append(...children)
  return button
}

const dialog = document.createElement("dialog")
const stage = document.createElement("div")
const caption = document.createElement("p")
const count = document.createElement("p")
dialog.className = "lightbox"
stage.className = "lightbox-stage"
caption.className = "lightbox-caption"
count.className = "lightbox-count"
count.setAttribute("role", "status")
const close = makeButton("lightbox-close", "Close", icon("close"))
const back = makeButton("lightbox-back", "Previous image", icon("left"))
const next = makeButton("lightbox-next", "Next image", icon("right"))

const images = [...document.querySelectorAll(".prose > figure img")].filter((image) => !image.closest("a"))
let index = 0

const show = (wanted) => {
  index = (wanted + images.length) % images.length
  const image = images[index]
  const copy = (image.closest("picture") ?? image).cloneNode(true)
  for (const source of copy.querySelectorAll("source")) source.sizes = "100vw"
  const large = copy.matches("img") ? copy : copy.querySelector("img")
  large.loading = "eager"
  stage.replaceChildren(copy)
  caption.textContent = image.closest("figure").querySelector("figcaption")?.textContent.trim() ?? ""
  caption.hidden = !caption.textContent
  count.textContent = images.length > 1 ? `Image ${index + 1} of ${images.length}` : ""
  dialog.setAttribute("aria-label", image.alt || "Image")
}

const setUp = (image, position) => {
  const picture = image.closest("picture") ?? image
  const button = makeButton("enlarge", image.alt ? `Enlarge image: ${image.alt}` : "Enlarge image")
  picture.replaceWith(button)
  button.append(picture)
  button.addEventListener("click", () => {
    show(position)
    dialog.showModal()
  })
}

if (images.length) {
  back.hidden = next.hidden = images.length < 2
  dialog.append(stage, caption, count, back, next, close)
  document.body.append(dialog)
  images.forEach(setUp)
  close.addEventListener("click", () => dialog.close())
  back.addEventListener("click", () => show(index - 1))
  next.addEventListener("click", () => show(index + 1))
  dialog.addEventListener("click", (event) => {
    if (event.target === dialog || event.target === stage) dialog.close()
  })
  dialog.addEventListener("keydown", (event) => {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key]
    if (!step || images.length < 2) return
    show(index + (document.dir === "rtl" ? -step : step))
  })
  // The copy is not needed for printing, or for a search of the page.
  dialog.addEventListener("close", () => stage.replaceChildren())
}
