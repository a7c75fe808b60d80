import assert from "node:assert/strict"
import { test } from "node:test"
import { countWords, readingMinutes } from "../../static/richtext/count-words.js"

test("words joined by an apostrophe, hyphen or period count once", () => {
  assert.equal(countWords("Why it’s sore: one two, three-four. v2.1"), 7)
})

test("letters of every script and digits are words, punctuation is not", () => {
  assert.equal(countWords("Ärzte — 2026 … 医者"), 3)
  assert.equal(countWords("… – !"), 0)
  assert.equal(countWords(""), 0)
})

test("reading takes at least a minute", () => {
  assert.equal(readingMinutes(0), 1)
  assert.equal(readingMinutes(330), 2)
  assert.equal(readingMinutes(2200), 10)
})
