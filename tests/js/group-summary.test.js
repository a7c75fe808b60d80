import assert from "node:assert/strict"
import { test } from "node:test"
import { summarize } from "../../static/publishing/group-summary.js"

test("what is empty is left out", () => assert.equal(summarize(["Knees", "", " ", "Hips"]), "Knees, Hips"))
test("nothing chosen is an empty line", () => assert.equal(summarize(["", ""]), ""))
test("a long text shows its beginning on one line", () => {
  const line = summarize(["Words\nand ".repeat(20)])
  assert.equal(line.length <= 48, true)
  assert.match(line, /^Words and Words .*…$/)
})
