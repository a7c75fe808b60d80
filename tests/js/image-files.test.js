import assert from "node:assert/strict"
import { test } from "node:test"
import { elsewhere, fileFromDataUrl, isImage } from "../../static/richtext/image-files.js"

test("images are recognized by their type, and newer formats by their name", () => {
  assert.ok(isImage({ type: "image/png", name: "a" }))
  assert.ok(isImage({ type: "", name: "IMG_1.HEIC" }))
  assert.ok(!isImage({ type: "", name: "a folder" }))
  assert.ok(!isImage({ type: "application/pdf", name: "scan.heic" }))
})

test("a data: URL of an image becomes a file with its bytes", async () => {
  const file = fileFromDataUrl("data:image/PNG;charset=utf-8;base64,aGVs\n bG8%3D")
  assert.deepEqual([file.name, file.type, await file.text()], ["pasted-image.png", "image/png", "hello"])
})

test("other URLs and damaged data are no files", () => {
  for (const url of ["https://example.org/a.png", "data:text/html;base64,aGVsbG8=", "data:image/png;base64,?", ""]) {
    assert.equal(fileFromDataUrl(url), null)
  }
  assert.equal(fileFromDataUrl("data:image/png;base64,%"), null)
})

test("images that were not copied are counted", () => {
  assert.match(elsewhere(1), /^An image /)
  assert.match(elsewhere(2), /^2 images /)
})
