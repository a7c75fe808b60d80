// Answer a comment below it rather than on another page, and open the comments that a link leads to.
const section = document.querySelector("[data-comments]")

// Browsers open <details> for a fragment by now; older ones need help.
function showTarget() {
  const target = /^#comment-n?\d+$/.test(location.hash) ? document.getElementById(location.hash.slice(1)) : null
  const rest = target?.closest("details:not([open])")
  if (rest) {
    rest.open = true
    target.scrollIntoView()
  }
}

function enableReplies(box) {
  const form = box.querySelector("form")
  const home = document.createComment("")
  const heading = box.querySelector("h3")
  const title = heading.textContent
  const cancel = document.createElement("button")
  cancel.type = "button"
  cancel.className = "button button--quiet"
  cancel.textContent = "Cancel"
  box.before(home)

  function moveTo(link) {
    form.elements.reply.value = link.dataset.reply
    heading.textContent = link.textContent.trim()
    link.closest("p").after(box)
    form.querySelector("button.button").after(cancel)
    form.elements.body.focus()
  }

  cancel.addEventListener("click", () => {
    const link = section.querySelector(`[data-reply="${form.elements.reply.value}"]`)
    form.elements.reply.value = ""
    heading.textContent = title
    cancel.remove()
    home.after(box)
    link?.focus()
  })
  section.addEventListener("click", (event) => {
    const link = event.target.closest("a[data-reply]")
    if (link && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
      event.preventDefault()
      moveTo(link)
    }
  })
}

if (section) {
  showTarget()
  addEventListener("hashchange", showTarget)
  const box = section.querySelector("#write-comment")
  if (box) {
    enableReplies(box)
  }
}
