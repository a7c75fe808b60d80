import assert from "node:assert/strict"
import { test } from "node:test"
import {
  cancelsMark,
  headingLevel,
  isListMarker,
  isOfficeHtml,
  listFor,
  listLevel,
  listType,
  marksFor,
} from "../../static/richtext/paste-rules.js"

test("Word and Google Docs are recognized, other HTML is not", () => {
  assert.ok(isOfficeHtml('<p class="MsoNormal">'))
  assert.ok(isOfficeHtml('<p style="mso-list:l0 level1 lfo1">'))
  assert.ok(isOfficeHtml('<b id="docs-internal-guid-1">'))
  assert.ok(!isOfficeHtml('<p class="wp-block">Also</p>'))
})

test("headings are found by Word's class or style", () => {
  assert.equal(headingLevel("", "MsoHeading2"), 2)
  assert.equal(headingLevel("", "MsoTitle"), 1)
  assert.equal(headingLevel('mso-style-name:"Heading 3"', ""), 3)
  assert.equal(headingLevel("mso-outline-level: 4", ""), 4)
  assert.equal(headingLevel("color: red", "MsoNormal"), null)
})

test("list paragraphs have a level", () => {
  assert.equal(listLevel("mso-list:l0 level2 lfo1"), 2)
  assert.equal(listLevel("margin: 0"), null)
  assert.ok(isListMarker("mso-list:Ignore"))
  assert.ok(!isListMarker("mso-list:l0 level1 lfo1"))
})

test("the first marker decides the kind of list and its start", () => {
  assert.deepEqual(listFor("·"), { tag: "ul", start: null })
  assert.deepEqual(listFor("1."), { tag: "ol", start: null })
  assert.deepEqual(listFor("(3)"), { tag: "ol", start: "3" })
  assert.deepEqual(listFor("iv)"), { tag: "ol", start: null })
})

test("styles become elements", () => {
  assert.deepEqual(marksFor("font-weight:700;font-style:italic", false), ["strong", "em"])
  assert.deepEqual(marksFor("text-decoration: underline line-through", false), ["s"])
  assert.deepEqual(marksFor("vertical-align:super", false), ["sup"])
  assert.deepEqual(marksFor("vertical-align:sub", false), ["sub"])
  assert.deepEqual(marksFor("font-weight:400", false), [])
})

test("headings need no bold", () => {
  assert.deepEqual(marksFor("font-weight:bold;font-style:italic", true), ["em"])
})

test("a style can cancel its element", () => {
  assert.ok(cancelsMark("b", "font-weight:normal"))
  assert.ok(cancelsMark("em", "font-style: normal"))
  assert.ok(!cancelsMark("b", "font-weight:700"))
  assert.ok(!cancelsMark("body", "font-weight:normal"))
})

test("numbered lists keep the letters of their style", () => {
  assert.equal(listType("list-style-type: lower-alpha;"), "a")
  assert.equal(listType("color: red; list-style: inside UPPER-ROMAN"), "I")
  assert.equal(listType("list-style-type: decimal"), null)
  assert.equal(listType(""), null)
})
