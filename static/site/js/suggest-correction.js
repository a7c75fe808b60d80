// Offer to suggest a correction to the selected passage: a button appears near the selection, and the page's link
// passes the passage along. Without this script the form asks for it.
const MAX_PASSAGE = 1000
const MIN_PASSAGE = 3
const MARGIN = 8
const DELAY = 250

const createButton = (link) => {
  const button = document.createElement("a")
  button.className = "button quote-button"
  button.href = link.href
  button.rel = "nofollow"
  button.textContent = link.textContent
  button.hidden = true
  document.body.append(button)
  return button
}

// Place the button below the selection, within the window.
const placeBelow = (button, { bottom, left, width }) => {
  const maxLeft = document.documentElement.clientWidth - button.offsetWidth - MARGIN
  const centered = left + (width - button.offsetWidth) / 2
  button.style.top = `${Math.round(bottom + scrollY + MARGIN)}px`
  button.style.left = `${Math.round(Math.max(MARGIN, Math.min(centered, maxLeft)))}px`
}

const setUp = (link) => {
  const url = link.href
  const button = createButton(link)

  const update = () => {
    const selection = document.getSelection()
    const passage = selection.toString().trim()
    const text = selection.anchorNode?.parentElement?.closest(link.dataset.suggest)
    const isInText = passage.length >= MIN_PASSAGE && text?.contains(selection.focusNode)
    link.href = isInText ? `${url}?${new URLSearchParams({ passage: passage.slice(0, MAX_PASSAGE) })}` : url
    button.href = link.href
    button.hidden = !isInText
    if (isInText) placeBelow(button, selection.getRangeAt(0).getBoundingClientRect())
  }

  let timer
  document.addEventListener("selectionchange", () => {
    clearTimeout(timer)
    timer = setTimeout(update, DELAY)
  })
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") button.hidden = true
  })
}

const suggestLink = document.querySelector("[data-suggest]")
if (suggestLink) setUp(suggestLink)
