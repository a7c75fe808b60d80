import assert from "node:assert/strict"
import { test } from "node:test"
import { matchingEntries } from "../../static/richtext/match-words.js"

const ENTRIES = [
  { name: "Foam roller", detail: "Product" },
  { name: "Élastique", detail: "Product" },
  { name: "Rollers", detail: "Comparison" },
  { name: "Heading", keywords: "h2 title" },
]
const names = (query) => matchingEntries(ENTRIES, query).map(({ name }) => name)

test("no words find everything, in its order", () => assert.equal(names(" ").length, 4))
test("each word must be found, in any order", () => assert.deepEqual(names("comparison roll"), ["Rollers"]))
test("case and accents do not matter", () => assert.deepEqual(names("elast"), ["Élastique"]))
test("keywords count", () => assert.deepEqual(names("h2"), ["Heading"]))
test("other words find nothing", () => assert.deepEqual(names("knee"), []))
