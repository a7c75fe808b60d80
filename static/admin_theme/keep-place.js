// After a bulk action, show the same part of the list again.
const KEY = `place:${location.pathname}`

document.getElementById("changelist-form")?.addEventListener("submit", () => sessionStorage.setItem(KEY, scrollY))
const place = sessionStorage.getItem(KEY)
if (place) scrollTo({ top: Number(place), behavior: "instant" })
sessionStorage.removeItem(KEY)
