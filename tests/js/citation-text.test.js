import assert from "node:assert/strict"
import { test } from "node:test"
import { looksPasted } from "../../static/richtext/citation-text.js"

test("identifiers, exports and citations are references to add", () => {
  for (const text of [
    "34580864",
    "PMID: 34580864",
    "10.1056/NEJMoa1305189",
    "https://doi.org/10.1056/NEJMoa1305189",
    "TY  - JOUR",
    "@article{li2001,",
    "Li Q, Wu XY. Walking and backs. Pain. 2001;1(2):1011-22. PMID 5.",
  ]) {
    assert.equal(looksPasted(text), true, text)
  }
})

test("words to search for are not", () => {
  for (const text of ["", "walking", "li 2001", "knee pain stairs older adults"]) {
    assert.equal(looksPasted(text), false, text)
  }
})
