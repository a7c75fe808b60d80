// Send one file to the image library.
import { shrink } from "./shrink.js"

// As in images/uploads.py. Larger files are not sent at all.
const MAX_MEGABYTES = 30

const TOO_LARGE = `This file is larger than ${MAX_MEGABYTES} MB. Choose a smaller one.`
const REASONS = {
  0: "There is no connection. Try again when you are back online.",
  403: "You may not add images. Ask an administrator, or sign in again.",
  413: TOO_LARGE,
}
const SIGNED_OUT = "You are signed out. Sign in in another tab, then try again."

const request = (url, data, onProgress, signal) =>
  new Promise((resolve) => {
    const xhr = new XMLHttpRequest()
    xhr.upload.addEventListener("progress", ({ loaded, total }) => onProgress(loaded / total))
    xhr.addEventListener("loadend", () => resolve(xhr))
    signal?.addEventListener("abort", () => xhr.abort())
    xhr.open("POST", url)
    xhr.setRequestHeader("Accept", "application/json")
    xhr.responseType = "json"
    xhr.send(data)
  })

const reasonFor = ({ status, responseURL }, url) => {
  // Without a session the answer is the sign-in page.
  if (status && new URL(responseURL).pathname !== url) return SIGNED_OUT
  return REASONS[status] ?? `The server answered with error ${status}. Try again in a minute.`
}

// Send `file` with the fields of `data`. Resolve to the HTML of the new image's card, or to why there is none and whether
// the same file may succeed later.
// onProgress receives the fraction that was sent; after the last byte the server still processes the file.
export const sendImage = async (url, data, file, { onProgress, signal }) => {
  const refuse = (reason) => ({ problem: `“${file.name}” was not added. ${reason}` })
  const sent = await shrink(file)
  if (sent.size > MAX_MEGABYTES * 1024 * 1024) return refuse(TOO_LARGE)
  data.set("uploads", sent, file.name)
  const answer = await request(url, data, onProgress, signal)
  const { cards, problems } = answer.response ?? {}
  if (cards?.length) return { card: cards[0] }
  const { status } = answer
  if (problems) return { problem: problems.join(" "), status }
  return { ...refuse(reasonFor(answer, url)), status, canRetry: status !== 413 }
}
