// What the “/” menu inserts: a name, words that find it besides, and the command of the editor that does it.
import { gettext } from "django-prose-editor/editor"

const ITEMS = [
  { name: gettext("Heading"), keywords: "h2 title section", command: "setHeading", options: { level: 2 } },
  { name: gettext("Subheading"), keywords: "h3 heading title", command: "setHeading", options: { level: 3 } },
  { name: gettext("Image"), keywords: "picture photo", command: "insertFigure" },
  { name: gettext("Gallery"), keywords: "images pictures photos", command: "insertGallery" },
  { name: gettext("Video"), keywords: "youtube vimeo film", command: "insertVideo" },
  { name: gettext("Callout"), keywords: "box note tip warning red flags", command: "editCallout" },
  { name: gettext("Question and answer"), keywords: "faq details accordion", command: "insertQuestion" },
  { name: gettext("Table"), keywords: "rows columns", command: "insertTableWithOptions" },
  { name: gettext("Product"), keywords: "shop affiliate comparison gift sponsor", command: "insertProduct" },
  { name: gettext("Exercise"), keywords: "stretch strength training", command: "insertExercise" },
  { name: gettext("Snippet"), keywords: "reuse text block", command: "insertSnippet" },
  { name: gettext("Button"), keywords: "link call to action", command: "insertButton" },
  { name: gettext("File"), keywords: "pdf handout download document", command: "insertFile" },
  { name: gettext("Citation"), keywords: "reference source study doi", command: "insertCitation" },
  { name: gettext("Turn typed references into citations"), keywords: "list", command: "convertTypedReferences" },
  { name: gettext("Bulleted list"), keywords: "ul bullets points", command: "toggleBulletList" },
  { name: gettext("Numbered list"), keywords: "ol steps numbers", command: "toggleOrderedList" },
  { name: gettext("Quote"), keywords: "blockquote citation", command: "toggleBlockquote" },
  { name: gettext("Dividing line"), keywords: "hr rule separator", command: "setHorizontalRule" },
]

// The items whose commands this editor has.
export const itemsFor = (editor) => ITEMS.filter(({ command }) => command in editor.commands)
