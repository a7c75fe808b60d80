import assert from "node:assert/strict"
import { test } from "node:test"
import { shorten, slugify } from "../../static/admin_theme/search-preview-text.js"

test("short texts stay, on one line", () => {
  assert.equal(shorten("  One\n two ", 7), "One two")
})

test("long texts end after a word", () => {
  assert.equal(shorten("One two three", 9), "One two…")
  assert.equal(shorten("One two three", 8), "One…")
})

test("slugs have letters and digits of every script", () => {
  assert.equal(slugify("Knees & hips, 2nd part!"), "knees-hips-2nd-part")
  assert.equal(slugify("Füße"), "füße")
})
