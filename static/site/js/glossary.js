// Show what a term means beside its first use. Without this script, the term leads to the glossary.
import { startPopovers } from "./popover.js"

const create = (tag, text) => Object.assign(document.createElement(tag), { textContent: text })

startPopovers({
  name: "term-popover",
  selector: ".term > a",
  opensOnTap: true,
  nodesOf: (link) => {
    const more = create("a", "Glossary")
    more.href = link.href
    return [create("strong", link.dataset.term), create("span", link.dataset.meaning), more]
  },
})
