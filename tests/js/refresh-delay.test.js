import assert from "node:assert/strict"
import { test } from "node:test"
import { refreshDelay } from "../../static/newsletter/refresh-delay.js"

test("fast answers are asked for every three seconds", () => {
  assert.equal(refreshDelay(20), 3000)
})

test("slow answers take at most a tenth of the time", () => {
  assert.equal(refreshDelay(900), 9000)
})
