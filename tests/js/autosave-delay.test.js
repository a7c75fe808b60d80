import assert from "node:assert/strict"
import { test } from "node:test"
import { autosaveDelay, PAUSE } from "../../static/publishing/autosave-delay.js"

test("a pause in typing saves", () => {
  assert.equal(autosaveDelay(1000, 1000), PAUSE)
})

test("long typing saves every four seconds", () => {
  assert.equal(autosaveDelay(1000, 4500), 500)
  assert.equal(autosaveDelay(1000, 9000), 0)
})
