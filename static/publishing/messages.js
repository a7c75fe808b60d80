// Good news covers a corner of the page for some seconds only. Problems stay until the next save.
const SECONDS = 6

export const startMessages = (form) => {
  const region = document.querySelector("[data-live=messages]")
  if (!region) return
  let timer
  const hide = () => {
    if (region.matches(":hover, :focus-within")) wait()
    else for (const message of region.querySelectorAll(".success, .info")) message.remove()
  }
  const wait = () => {
    clearTimeout(timer)
    timer = setTimeout(hide, SECONDS * 1000)
  }
  form.addEventListener("editor:saved", wait)
  wait()
}
