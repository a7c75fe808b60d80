// Never lose a word. Keeps what is typed on the server every few seconds and in this browser at once, shows a live
// preview beside the form, and after a broken connection or a new sign-in brings everything back.
;(() => {
  const desk = document.querySelector("[data-desk]")
  if (!desk) return
  const form = desk.closest("form")
  const status = document.querySelector("[data-saving]")
  const field = (name) => form.elements[name]
  const PAUSE = 1500 // after the last key
  const LONGEST = 4000 // while typing goes on
  const RETRY = 3000

  const key = field("autosave_key").value
  const place = `copy:${location.pathname}`
  const local = `text:${key}`
  let autosaveUrl = desk.dataset.autosave
  let previewUrl = desk.dataset.previewUrl && `${desk.dataset.previewUrl}?autosave=${key}`
  let timer
  let firstChange
  let isDirty = false
  let isSaving = false
  let isSubmitted = false

  const say = (text, kind = "") => {
    status.textContent = text
    status.dataset.kind = kind
  }
  const data = () => {
    const sent = new FormData(form)
    for (const [name, value] of [...sent]) if (value instanceof File) sent.delete(name)
    return sent
  }
  const store = (storage, name, value) => {
    try {
      if (value === null) storage.removeItem(name)
      else storage.setItem(name, value)
    } catch {
      // A full or forbidden storage: the server's copy remains.
    }
  }
  const read = (storage, name) => {
    try {
      return storage.getItem(name)
    } catch {
      return null
    }
  }
  const keepHere = () => {
    const fields = [...data()].filter(([name]) => name !== "csrfmiddlewaretoken")
    store(localStorage, local, JSON.stringify({ at: Date.now(), writer: desk.dataset.writer, place, fields }))
    store(sessionStorage, place, key)
  }

  const send = (body) =>
    fetch(autosaveUrl, { method: "POST", body, headers: { Accept: "application/json" }, redirect: "manual" })

  async function save() {
    clearTimeout(timer)
    if (isSaving || isSubmitted) return
    isSaving = true
    isDirty = false
    firstChange = undefined
    let answer
    try {
      const response = await send(data())
      if (response.type === "opaqueredirect" || response.status === 403) {
        say(
          "You are signed out. Your text is kept in this browser: sign in in another tab, then reload this page.",
          "bad",
        )
        isDirty = true
      } else if (response.status === 409) {
        // What this form is about takes no more changes; only a save by hand makes something of them.
        say((await response.json()).error, "bad")
      } else if (!response.ok) throw new Error(response.status)
      else answer = await response.json()
    } catch {
      isDirty = true
      say("No connection. Your text is kept in this browser and saved as soon as it is back.", "bad")
    }
    isSaving = false
    if (answer) arrived(answer)
    if (isDirty) timer = setTimeout(save, answer ? PAUSE : RETRY)
  }

  function arrived(answer) {
    if (!desk.dataset.previewUrl) {
      // The first words of a new text made its draft: from now on this page is its page.
      history.replaceState(null, "", answer.change_url)
      form.action = answer.change_url
      store(sessionStorage, place, null)
      store(sessionStorage, `copy:${location.pathname}`, key)
    }
    desk.dataset.previewUrl = answer.preview_url
    autosaveUrl = answer.autosave_url
    previewUrl = answer.preview_url
    if (!isDirty) store(localStorage, local, null)
    if (answer.is_stale) say("Somebody saved this text meanwhile. Yours is kept apart: save to compare.", "bad")
    else say(`Kept at ${answer.saved_at}, not yet saved`)
    showPreview.refresh()
  }

  function changed() {
    if (isSubmitted) return
    isDirty = true
    firstChange ??= Date.now()
    keepHere()
    clearTimeout(timer)
    timer = setTimeout(save, Math.max(0, Math.min(PAUSE, firstChange + LONGEST - Date.now())))
  }

  // The editor fills its field while the page opens: only what a person does counts as a change.
  let isPersonHere = false
  for (const kind of ["keydown", "pointerdown", "paste", "drop"]) {
    addEventListener(kind, () => (isPersonHere = true), { capture: true })
  }
  form.addEventListener("input", () => isPersonHere && changed())
  form.addEventListener("change", () => isPersonHere && changed())
  form.addEventListener("submit", (event) => {
    if (isSaving && !desk.dataset.previewUrl) {
      // The first autosave is making this text's draft: saving beside it would make a second one.
      event.preventDefault()
      setTimeout(() => form.requestSubmit(event.submitter), 100)
      return
    }
    keepHere()
    isSubmitted = true
    clearTimeout(timer)
    store(sessionStorage, "saving", key)
    if (event.submitter?.name === "_discard_changes") store(localStorage, local, null)
  })
  addEventListener("pagehide", () => isDirty && !isSubmitted && navigator.sendBeacon(autosaveUrl, data()))
  document.addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && event.key === "s") {
      event.preventDefault()
      form.requestSubmit(form.querySelector("[name=_save]"))
    }
  })
  for (const input of document.querySelectorAll("[data-select]")) input.addEventListener("focus", () => input.select())

  // A tab holds this lock while it lives, so that another one can tell its text from one left behind.
  navigator.locks?.request(local, () => new Promise(() => {}))

  // The newest text of this place that a closed tab of the same writer left in this browser: its key, or nothing.
  async function leftBehind() {
    if (!navigator.locks) return null
    const living = (await navigator.locks.query()).held.map((lock) => lock.name)
    const texts = Object.entries(localStorage)
      .filter(([name]) => name.startsWith("text:") && name !== local && !living.includes(name))
      .map(([name, text]) => ({ name, ...JSON.parse(text) }))
      .filter((text) => text.place === place && text.writer === desk.dataset.writer)
    return texts.sort((a, b) => b.at - a.at)[0]?.name.slice("text:".length)
  }

  // Coming back: after a sign-in, a crash or a dead server this browser may hold newer text than the page shows.
  async function comeBack() {
    const submitted = read(sessionStorage, "saving")
    if (submitted && document.querySelector(".messagelist .success")) {
      store(localStorage, `text:${submitted}`, null)
      store(sessionStorage, "saving", null)
      store(sessionStorage, place, null)
      return
    }
    const mine = read(sessionStorage, place) ?? (await leftBehind())
    if (!mine || mine === key || new URLSearchParams(location.search).has("copy")) return
    const kept = read(localStorage, `text:${mine}`)
    if (document.querySelector(".errornote")) return
    if (kept) {
      const body = new FormData()
      for (const [name, value] of JSON.parse(kept).fields) body.append(name, value)
      body.set("csrfmiddlewaretoken", field("csrfmiddlewaretoken").value)
      try {
        const response = await send(body)
        if (!response.ok) return
        const answer = await response.json()
        store(localStorage, `text:${mine}`, null)
        store(sessionStorage, place, null)
        location.replace(`${answer.change_url}?autosave=${mine}`)
      } catch {
        say("Newer text of yours is kept in this browser. Reload when the connection is back.", "bad")
      }
    } else if (document.querySelector(`a[href="?autosave=${mine}"]`)) {
      store(sessionStorage, place, null)
      location.replace(`?autosave=${mine}`)
    }
  }
  comeBack()

  // The preview: the real page, from the kept text, beside the form on a wide screen and over it on a narrow one.
  const showPreview = (() => {
    const button = document.querySelector("[data-preview]")
    let panel
    let frame
    const refresh = () => {
      if (!panel || panel.hidden || !previewUrl) return
      const next = document.createElement("iframe")
      next.title = "Preview"
      next.src = previewUrl
      const scrolled = frame?.contentWindow?.scrollY ?? 0
      next.addEventListener("load", () => {
        next.contentWindow.scrollTo(0, scrolled)
        frame?.remove()
        frame = next
        next.classList.add("is-shown")
      })
      panel.append(next)
    }
    const build = () => {
      panel = document.createElement("aside")
      panel.className = "preview-panel"
      panel.setAttribute("aria-label", "Preview")
      panel.innerHTML =
        '<p><b>Preview</b><button type="button" data-width="phone" aria-pressed="false">Phone</button><button type="button" data-close>Close</button></p>'
      panel.querySelector("[data-close]").addEventListener("click", toggle)
      const phone = panel.querySelector("[data-width]")
      phone.addEventListener("click", () => {
        const isPhone = panel.classList.toggle("preview-panel--phone")
        phone.setAttribute("aria-pressed", isPhone)
      })
      document.body.append(panel)
    }
    async function toggle() {
      if (!panel) {
        build()
        panel.hidden = true
      }
      panel.hidden = !panel.hidden
      document.body.classList.toggle("has-preview", !panel.hidden)
      button.setAttribute("aria-expanded", !panel.hidden)
      if (!panel.hidden) {
        await save()
        refresh()
      }
    }
    if (button) {
      button.hidden = false
      button.setAttribute("aria-expanded", "false")
      button.addEventListener("click", toggle)
    }
    return { refresh }
  })()
})()
