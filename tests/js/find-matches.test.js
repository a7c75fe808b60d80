import assert from "node:assert/strict"
import { test } from "node:test"
import { findMatches, matchToGoTo } from "../../static/richtext/find-matches.js"

test("case and the kind of apostrophe do not matter", () => {
  assert.deepEqual(findMatches("Knee’s and knee's", "KNEE'S"), [
    { from: 0, to: 6 },
    { from: 11, to: 17 },
  ])
})

test("the query is text, not a pattern", () => {
  assert.deepEqual(findMatches("a.c abc (x)", "a.c"), [{ from: 0, to: 3 }])
  assert.deepEqual(findMatches("(x)", "(x)"), [{ from: 0, to: 3 }])
})

test("an empty query matches nothing", () => {
  assert.deepEqual(findMatches("text", ""), [])
})

test("next and previous start at the selection and wrap around", () => {
  const matches = [
    { from: 2, to: 5 },
    { from: 10, to: 13 },
    { from: 20, to: 23 },
  ]
  assert.equal(matchToGoTo(matches, { from: 0, to: 0 }, 1), 0)
  assert.equal(matchToGoTo(matches, { from: 2, to: 5 }, 1), 1)
  assert.equal(matchToGoTo(matches, { from: 20, to: 23 }, 1), 0)
  assert.equal(matchToGoTo(matches, { from: 10, to: 13 }, -1), 0)
  assert.equal(matchToGoTo(matches, { from: 2, to: 5 }, -1), 2)
  assert.equal(matchToGoTo([], { from: 0, to: 0 }, 1), -1)
  assert.equal(matchToGoTo([], { from: 0, to: 0 }, -1), -1)
})
