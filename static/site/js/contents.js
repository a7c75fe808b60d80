// Mark the section that is being read in the tables of contents, and close the one in the text after a jump on phones.
// Without this script, the tables are lists of links.
const WIDE = matchMedia("(min-width: 44rem)")
const inText = document.querySelector("details.toc")
const links = [...document.querySelectorAll(".toc a, .widget--toc a")]
const idOf = (link) => decodeURIComponent(link.hash.slice(1))
const headings = [...new Set(links.map((link) => document.getElementById(idOf(link))))]
  .filter(Boolean)
  .toSorted((one, other) => (one.compareDocumentPosition(other) & Node.DOCUMENT_POSITION_FOLLOWING ? -1 : 1))

const mark = (heading) => {
  for (const link of links) {
    if (heading && idOf(link) === heading.id) link.setAttribute("aria-current", "true")
    else link.removeAttribute("aria-current")
  }
  const current = document.querySelector(".widget--toc [aria-current]")
  const list = current?.closest(".widget--toc")
  if (list && list.scrollHeight > list.clientHeight) {
    list.scrollTop = current.offsetTop - list.clientHeight / 2
  }
}

// The current section is the last one whose heading has passed the upper third of the window.
const update = () => mark(headings.findLast((heading) => heading.getBoundingClientRect().top < innerHeight / 3))

if (headings.length) {
  // Observes all that is above the line, so that a jump over several headings counts too.
  const observer = new IntersectionObserver(update, { rootMargin: "1000000px 0px -67% 0px" })
  for (const heading of headings) observer.observe(heading)
}

if (inText) {
  // CSS shows the list on wide screens even while it is closed, so nothing moves.
  inText.open = WIDE.matches
  inText.dataset.ready = ""
  WIDE.addEventListener("change", () => {
    inText.open = WIDE.matches
  })
  inText.addEventListener("click", (event) => {
    if (event.target.closest("a") && !WIDE.matches) inText.open = false
  })
}
